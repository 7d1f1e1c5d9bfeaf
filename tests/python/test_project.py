"""The project as a whole: its contract, its docs and its rules for models."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import PROJECT, Build, dbt

ORDERS_ONLY = PROJECT / "tests" / "raw" / "orders_only"


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`dbt docs generate --static` after a build of three orders."""
    out = tmp_path_factory.mktemp("docs")
    assert dbt("build", raw=ORDERS_ONLY, out=out).result.success
    made = dbt("docs", "generate", "--static", raw=ORDERS_ONLY, out=out)
    assert made.result.success
    return made


@pytest.fixture(scope="module")
def manifest(docs: Build) -> dict[str, Any]:
    return json.loads((docs.out / "target" / "manifest.json").read_text())


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]


def _is_mart(model: dict[str, Any]) -> bool:
    return bool(model["fqn"][1] == "marts")


def test_yaml_has_no_misspelt_property(tmp_path, monkeypatch):
    # dbt checks its YAML against a schema for some adapters only; DuckDB is added here.
    from dbt.jsonschemas import jsonschemas

    monkeypatch.setattr(
        jsonschemas,
        "_JSONSCHEMA_SUPPORTED_ADAPTERS",
        {*jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS, "duckdb"},
    )
    parsed = dbt(
        "parse",
        "--no-partial-parse",
        "--warn-error-options",
        '{"error": ["Deprecations"]}',
        raw=ORDERS_ONLY,
        out=tmp_path,
    )
    assert parsed.result.success, parsed.result.exception


def test_the_static_docs_are_one_page_with_an_overview(docs: Build):
    page = (docs.out / "target" / "static_index.html").read_text()
    assert "journey_clv" in page
    assert "SQL reduces" in page


def test_every_model_and_every_built_column_is_described(docs: Build, manifest):
    catalog = json.loads((docs.out / "target" / "catalog.json").read_text())
    assert len(catalog["nodes"]) > 70
    bare = []
    for unique_id, built in catalog["nodes"].items():
        node = manifest["nodes"][unique_id]
        if not node["description"].strip():
            bare.append(node["name"])
        described = {
            name.lower()
            for name, column in node["columns"].items()
            if column["description"].strip()
        }
        bare += [
            f"{node['name']}.{name}"
            for name in built["columns"]
            if name.lower() not in described
        ]
    assert bare == []


def test_every_raw_column_is_described(manifest):
    bare = [
        f"{source['name']}.{name}"
        for source in manifest["sources"].values()
        for name, column in source["columns"].items()
        if not column["description"].strip()
    ]
    assert bare == []
    assert len(manifest["sources"]) == 23


def test_every_macro_says_what_it_is_for(manifest):
    # By the comment above it: dbt keeps no description of a macro without YAML.
    for path in (PROJECT / "macros").rglob("*.sql"):
        assert path.read_text().lstrip().startswith("{#-"), path.name


def test_every_mart_keeps_the_house_rules(manifest, models):
    tested: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            for parent in node["depends_on"]["nodes"]:
                tested.setdefault(parent, []).append(node["name"])
    marts = [model for model in models if _is_mart(model)]
    assert len(marts) >= 11
    for mart in marts:
        name = mart["name"]
        assert mart["config"]["contract"]["enforced"], name
        assert mart["config"]["access"] == "public", name
        assert mart["config"]["group"], name
        tests = tested[mart["unique_id"]]
        assert any(test.startswith("carries_no_pii") for test in tests), name
        if name != "quarantined_rows":  # raw rows have no key until they are accepted
            assert any(test.startswith("unique") for test in tests), name


def test_models_lie_beside_yaml_of_the_same_name_and_are_short(models):
    for model in models:
        path = PROJECT / model["original_file_path"]
        assert path.with_suffix(".yml").exists(), path
        text = path.read_text()
        assert len(text.splitlines()) <= 180, path
        assert "Grain:" in text, path


def test_python_models_are_thin(models):
    for model in models:
        if model["language"] == "python":
            path = PROJECT / model["original_file_path"]
            assert len(path.read_text().splitlines()) <= 60
            assert "python" in model["tags"]


def test_the_list_of_raw_tables_is_that_of_the_contract(manifest):
    macro = (PROJECT / "macros" / "raw" / "raw_tables.sql").read_text()
    listed = set(re.findall(r"'domain': '(\w+)', 'name': '(\w+)'", macro))
    declared = {
        (Path(source["original_file_path"]).parts[2], source["name"])
        for source in manifest["sources"].values()
    }
    assert listed == declared


def test_staging_has_the_columns_of_the_contract(docs: Build, manifest):
    # Each contract column is in its base model, hashed or measured where personal.
    with duckdb.connect(docs.out / "journey.duckdb") as connection:
        for source in manifest["sources"].values():
            domain = Path(source["original_file_path"]).parts[2]
            columns = {
                row[0]: row[1]
                for row in connection.sql(
                    f"describe staging.base_{domain}__{source['name']}"
                ).fetchall()
            }
            for name, column in source["columns"].items():
                meta = column["config"]["meta"]
                kind = meta.get("pii_kind")
                assert bool(kind) == bool(meta.get("pii")), name
                suffix = {"text": "_length", None: ""}.get(kind, "_hash")
                data_type = {"_length": "bigint", "_hash": "varchar"}.get(
                    suffix, column["data_type"]
                )
                assert columns[name + suffix].lower() == data_type, (
                    source["name"],
                    name,
                )


def test_groups_have_owners():
    groups = yaml.safe_load((PROJECT / "models" / "groups.yml").read_text())["groups"]
    assert {group["name"] for group in groups} == {
        "analytics_engineering",
        "marketing",
        "sales",
        "support",
    }
    assert all(group["owner"]["name"] for group in groups)


def test_layers_have_colours(models):
    assert all(model["config"].get("docs", {}).get("node_color") for model in models), [
        m["name"] for m in models if not m["config"].get("docs", {}).get("node_color")
    ]


def test_links_in_the_docs_lead_somewhere():
    for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith(("http", "mailto")):
                assert (page.parent / target).exists(), (page.name, target)


def test_the_analyses_run(docs: Build):
    analyses = sorted((docs.out / "target" / "compiled").rglob("analyses/*.sql"))
    assert len(analyses) == len(list((PROJECT / "analyses").glob("*.sql")))
    with duckdb.connect(docs.out / "journey.duckdb") as connection:
        for analysis in analyses:
            connection.sql(analysis.read_text()).fetchall()


def test_every_channel_is_known_by_its_own_name():
    rows = (PROJECT / "seeds" / "channel_names.csv").read_text().splitlines()[1:]
    known = dict(row.split(",") for row in rows)
    assert len(known) == len(rows)
    for channel in known.values():
        word = re.sub("[^a-z0-9]+", "_", channel.lower()).strip("_")
        assert known.get(word) == channel, word
    assert all(re.fullmatch("[a-z0-9_]+", word) for word in known)
