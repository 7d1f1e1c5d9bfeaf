"""What a benchmark says of one thing that it measured."""

from typing import Any


def row(
    name: str,
    ours: float,
    other: float | None,
    ratio: float | None,
    unit: str,
    measured: str,
) -> dict[str, Any]:
    """Return it as a row of `latest.json`.

    Args:
        name: of what was measured.
        ours: the figure of this project.
        other: that of the alternative, if there is one.
        ratio: of the two, as the text says.
        unit: of both figures.
        measured: how, against what, and the target.
    """
    return {
        "name": name,
        "ours": ours,
        "other": other,
        "ratio": ratio,
        "unit": unit,
        "measured": measured,
    }
