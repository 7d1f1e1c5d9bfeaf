"""What a build has to read: everything, or only the files that are new."""

import os
from pathlib import Path
from typing import Any

import pytest

from journey_clv.loads import plan_load, project_fingerprint

HEADER = "order_id,customer_id,ordered_at,amount\n"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    for table, text in {"orders": HEADER, "refunds": "refund_id\n"}.items():
        (folder / table).mkdir(parents=True)
        (folder / table / "1.csv").write_text(text)
    return folder


def plan(raw: Path, last: Any = None, **settings: Any) -> dict[str, Any]:
    project = raw.parent / "project"
    (project / "models").mkdir(parents=True, exist_ok=True)
    (project / "dbt_project.yml").touch()
    return plan_load(str(raw), str(project), settings, ["orders", "refunds"], last)


def finished(made: dict[str, Any]) -> dict[str, Any]:
    return {**made["state"], "is_complete": True}


def test_the_first_build_is_a_full_one(raw: Path):
    first = plan(raw)
    assert first["mode"] == "full"
    assert first["why"] == "there is no build to go on from"
    assert {table: len(paths) for table, paths in first["new_files"].items()} == {
        "orders": 1,
        "refunds": 1,
    }


def test_nothing_new_is_an_increment_of_nothing(raw: Path):
    again = plan(raw, finished(plan(raw)))
    assert (again["mode"], again["new_files"]) == ("increment", {})


def test_new_files_are_an_increment(raw: Path):
    last = finished(plan(raw))
    (raw / "orders" / "2.csv").write_text(HEADER)
    again = plan(raw, last)
    assert again["mode"] == "increment"
    assert again["new_files"] == {"orders": [(raw / "orders" / "2.csv").as_posix()]}


def test_a_build_that_did_not_end_is_not_built_upon(raw: Path):
    last = {**plan(raw)["state"], "is_complete": False}
    assert plan(raw, last)["why"] == "the last build did not come to its end"


def test_a_changed_file_is_a_reason(raw: Path):
    last = finished(plan(raw))
    (raw / "orders" / "1.csv").write_text(HEADER + "1,ann,2024-01-01,3\n")
    assert plan(raw, last)["why"].endswith("orders/1.csv has changed")


def test_a_file_written_again_is_a_reason_even_of_the_same_size(raw: Path):
    last = finished(plan(raw))
    os.utime(raw / "orders" / "1.csv", ns=(1, 1))
    assert plan(raw, last)["why"].endswith("orders/1.csv has changed")


def test_a_lost_file_is_a_reason(raw: Path):
    last = finished(plan(raw))
    (raw / "refunds" / "1.csv").unlink()
    assert plan(raw, last)["why"].endswith("refunds/1.csv is gone")


def test_another_setting_is_a_reason(raw: Path):
    last = finished(plan(raw, lapse_days=180))
    assert plan(raw, last, lapse_days=90)["why"] == "the settings have changed"


def test_a_changed_model_is_a_reason_and_its_notes_are_not(raw: Path):
    last = finished(plan(raw))
    models = raw.parent / "project" / "models"
    (models / "notes.md").write_text("notes")
    assert plan(raw, last)["mode"] == "increment"
    (models / "orders.sql").write_text("select 1")
    assert plan(raw, last)["why"] == "the project has changed"
    assert project_fingerprint(models.parent) != last["project"]
