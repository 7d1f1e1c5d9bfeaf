"""Who is who: against a plain union-find, and against a world whose truth is known."""

import itertools
import random
from collections import defaultdict
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import Build, build, dbt
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

IDENTITY = (
    "--select", "+int_identifiers_resolved",
    "--resource-type", "model",
    "--resource-type", "seed",
)  # fmt: skip
MAX_IDENTITY_CLUSTER = 3

Edge = tuple[Hashable, Hashable]


def components(edges: Iterable[Edge]) -> dict[Hashable, set[Hashable]]:
    """The component of every node, by joining sets."""
    found: dict[Hashable, set[Hashable]] = {}
    for one, other in edges:
        joined = found.get(one, {one}) | found.get(other, {other})
        for node in joined:
            found[node] = joined
    return found


@pytest.fixture(
    scope="module", params=["connected_components", "default__connected_components"]
)
def components_sql(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The macro's query on the table `edges`: DuckDB's way, and the other engines'."""
    folder = tmp_path_factory.mktemp("macro")
    (folder / "raw").mkdir()
    (folder / "raw" / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n"
    )
    compiled = dbt(
        "compile",
        "--inline",
        f"{{{{ journey_clv.{request.param}('edges') }}}}",
        raw=folder / "raw",
        out=folder / "out",
    )
    assert compiled.result.success, compiled.result.exception
    return str(compiled.result.result.results[0].node.compiled_code)


def resolve(query: str, edges: list[tuple[str, str]]) -> dict[str, str]:
    with duckdb.connect() as connection:
        connection.register(
            "edges", pd.DataFrame(edges, columns=["node", "other_node"], dtype="str")
        )
        rows = connection.sql(query).fetchall()
    roots = dict(rows)
    assert len(roots) == len(rows), "a node is listed twice"
    return roots


def roots(edges: list[tuple[str, str]]) -> dict[str, str]:
    return {
        str(node): min(map(str, component))
        for node, component in components(edges).items()
    }


node_names = st.integers(0, 12).map(str)


@settings(max_examples=100, deadline=None)
@given(edges=st.lists(st.tuples(node_names, node_names), max_size=30))
def test_components_are_those_of_a_union_find(
    components_sql: str, edges: list[tuple[str, str]]
):
    assert resolve(components_sql, edges) == roots(edges)


def test_components_of_thousands_of_graphs_at_once(components_sql: str):
    # Trees, rings, cliques and crumbs, of names that say nothing about their order.
    draw = random.Random(5)
    edges = []
    for graph in range(5000):
        n_nodes = draw.randint(2, 12)
        names = [f"{draw.getrandbits(32):08x}-{graph}" for _ in range(n_nodes)]
        edges += [
            (draw.choice(names), draw.choice(names))
            for _ in range(draw.randint(1, 2 * n_nodes))
        ]
    assert resolve(components_sql, edges) == roots(edges)


@pytest.mark.parametrize("order", ["rising", "falling", "random"])
def test_components_of_long_chains(components_sql: str, order: str):
    draw = random.Random(6)
    edges = []
    for chain in range(20):
        nodes = [f"{chain:02}-{number:03}" for number in range(200)]
        if order == "random":
            draw.shuffle(nodes)
        links = list(itertools.pairwise(nodes))
        edges += links if order != "falling" else [(b, a) for a, b in links[::-1]]
    assert resolve(components_sql, edges) == roots(edges)


def test_no_edges_no_components(components_sql: str):
    assert resolve(components_sql, []) == {}


# The models, from raw files to keys


def parts(keys: Iterable[tuple[Hashable, Hashable]]) -> set[frozenset[Hashable]]:
    """What has one key, as sets."""
    found = defaultdict(set)
    for member, key in keys:
        found[key].add(member)
    return {frozenset(part) for part in found.values()}


def test_people_are_the_components_of_what_the_raw_files_tie(tmp_path: Path):
    draw = random.Random(7)
    contacts, visits = [], []
    for group in range(800):
        customers = [f"c{group}-{n}" for n in range(draw.randint(1, 8))]
        # No address is any other group's. Some customers have none.
        emails = [*(f"m{group}-{n}@mail.example" for n in range(5)), "", ""]
        phones = [*(f"+1555{group:05}{n}" for n in range(4)), "", "", ""]
        devices = [f"d{group}-{n}" for n in range(6)]
        contacts += [
            (customer, draw.choice(emails), draw.choice(phones))
            for customer in customers
        ]
        visits += [
            (draw.choice([*customers, ""]), draw.choice(devices))
            for _ in range(draw.randint(0, 30))
        ]

    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n")
    pd.DataFrame(contacts, columns=["customer_id", "email", "phone"]).to_csv(
        raw / "customers.csv", index=False
    )
    pd.DataFrame(visits, columns=["customer_id", "anonymous_id"]).assign(
        event_id=range(len(visits)),
        occurred_at="2024-05-01 10:00:00",
        event_name="page_view",
    ).to_csv(raw / "web_events.csv", index=False)
    made = build(
        raw, tmp_path / "out", *IDENTITY, max_identity_cluster=MAX_IDENTITY_CLUSTER
    )
    assert made.result.success, made.failed

    customers_of = defaultdict(set)
    for customer, email, phone in contacts:
        customers_of["email", email].add(customer)
        customers_of["phone", phone].add(customer)
    for customer, device in visits:
        customers_of["anonymous_id", device] |= {customer} - {""}
    customers_of = {
        identifier: customers
        for identifier, customers in customers_of.items()
        if identifier[1] != ""
    }
    shared = {
        identifier
        for identifier, customers in customers_of.items()
        if len(customers) > MAX_IDENTITY_CLUSTER
    }
    edges: list[Edge] = [
        (("customer_id", customer), identifier)
        for identifier, customers in customers_of.items()
        for customer in customers
        if identifier not in shared
    ]
    alone = [("customer_id", customer) for customer, _, _ in contacts]
    expected = components([*edges, *((one, one) for one in [*alone, *customers_of])])

    resolved = made.work(
        "select kind, identifier, customer_key, is_shared "
        "from intermediate.int_identifiers_resolved"
    )
    assert len(shared) > 50
    assert sum(is_shared for *_, is_shared in resolved) == len(shared)
    # Addresses are hashed: they are compared by what they join.
    assert parts(
        ((kind, identifier), key)
        for kind, identifier, key, _ in resolved
        if kind in ("customer_id", "anonymous_id")
    ) == {
        frozenset(part)
        for component in expected.values()
        if (part := {one for one in component if one[0] not in ("email", "phone")})
    }


# The truth of the simulator


class World:
    """The default shop with its default dirt, and who is who in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        simulate(Plan(load_scenario("shop"), 1500, 24, seed), folder, workers=1)
        self.truth = folder / "truth"
        self.build: Build = build(folder / "raw", folder / "out", *IDENTITY)

    def pairs(self) -> dict[str, Any]:
        """Count pairs of identifiers: said to be one person's, and truly so.

        Of the identifiers of people who were not erased: every customer number that the
        raw rows name, and every device that they name together with one. Without the
        devices that two people share: those are nobody's.
        """
        ((said, true, right, merged, merged_by_shared),) = self.build.work(
            f"""
            with

            truth as (
                select person_id, kind, identifier, is_shared
                from '{self.truth}/identities/*.parquet'
                where kind in ('customer_id', 'anonymous_id') and erased_at is null
            ),

            units as (
                select truth.person_id, resolved.customer_key
                from truth
                inner join intermediate.int_identifiers_resolved as resolved
                    on truth.kind = resolved.kind
                    and truth.identifier = resolved.identifier
                where
                    not truth.is_shared
                    and (
                        truth.kind = 'customer_id'
                        or truth.identifier in (
                            select identifier from intermediate.int_identity_edges
                            where kind = 'anonymous_id'
                        )
                    )
            ),

            keys as (
                select
                    customer_key,
                    count(*) as n,
                    count(distinct person_id) as n_people
                from units group by customer_key
            ),

            people as (
                select count(*) as n from units group by person_id
            ),

            people_of_keys as (
                select count(*) as n from units group by person_id, customer_key
            ),

            -- Keys on which a device lies that two people share in truth.
            with_shared as (
                select resolved.customer_key
                from intermediate.int_identifiers_resolved as resolved
                inner join truth
                    on resolved.kind = truth.kind
                    and resolved.identifier = truth.identifier and truth.is_shared
            )

            select
                (select sum(n * (n - 1) / 2) from keys),
                (select sum(n * (n - 1) / 2) from people),
                (select sum(n * (n - 1) / 2) from people_of_keys),
                (select count(*) from keys where n_people > 1),
                (select count(*) from keys where n_people > 1
                    and customer_key in (from with_shared))
            """
        )
        return {
            "n": true,
            "precision": right / said,
            "recall": right / true,
            "merged": merged,
            "merged_by_a_shared_device": merged_by_shared,
        }


@pytest.fixture(scope="module", params=[1, 2])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    return World(tmp_path_factory.mktemp("identity"), request.param)


def test_people_are_found_in_a_world_whose_truth_is_known(shop: World):
    assert shop.build.result.success, shop.build.failed
    pairs = shop.pairs()
    assert pairs["n"] > 1500, pairs
    assert pairs["precision"] >= 0.98, pairs
    assert pairs["recall"] >= 0.95, pairs


def test_two_people_are_one_only_where_they_share_a_device(shop: World):
    pairs = shop.pairs()
    assert pairs["merged"] == pairs["merged_by_a_shared_device"], pairs
