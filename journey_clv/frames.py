"""The one difference between the engines that Python models see."""

from typing import Any

import pandas as pd


def to_pandas(relation: Any) -> pd.DataFrame:
    """Return what `dbt.ref` gave as a frame: DuckDB's relation or Spark's frame."""
    frame: pd.DataFrame = (
        relation.df() if hasattr(relation, "df") else relation.toPandas()
    )
    return frame
