"""The marts of the journey against plain loops over the same facts.

Nothing here is read from the models: each mart is computed a second time, person by
person, from `fct_interactions` and `fct_stage_spells`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import PROJECT, Build, build, dbt
from statsmodels.stats.proportion import proportion_confint

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

RANK = ["awareness", "consideration", "purchase", "retention", "advocacy", "lapsed"]
SEGMENT_KINDS = ["all", "first_channel", "device"]
WINDOW_DAYS = 90
DEPTH, LEAST = 8, 5
DAY = pd.Timedelta(days=1)

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("journeys")
    simulate(Plan(load_scenario("shop"), 1500, 24, 11), folder, workers=1)
    built = build(folder / "raw", folder / "out")
    assert built.result.success, built.failed
    return built


def rows(world: Build, query: str) -> Rows:
    """The rows of a query, with None for what is missing."""
    frame = world.frame(query)
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


@pytest.fixture(scope="module")
def contacts(world: Build) -> Rows:
    return rows(
        world,
        "from fct_interactions order by customer_key, occurred_at, case stage_signal "
        "when 'checkout' then 1 when 'order' then 2 when 'detractor' then 3 "
        "when 'advocacy' then 4 else 0 end, touchpoint, channel",
    )


@pytest.fixture(scope="module")
def people(world: Build) -> dict[str, Rows]:
    """Everybody's spells, in order."""
    found: dict[str, Rows] = defaultdict(list)
    for spell in rows(world, "from fct_stage_spells order by spell_number"):
        found[spell["customer_key"]].append(spell)
    return found


@pytest.fixture(scope="module")
def moves(contacts: Rows, people: dict[str, Rows]) -> Rows:
    """Every spell, how it came out, and the segments that it is in."""
    at = defaultdict(list)
    for contact in contacts:
        at[contact["customer_key"], contact["occurred_at"]].append(contact)

    def first(column: str, spell: dict[str, Any], otherwise: str) -> str:
        here = at[spell["customer_key"], spell["entered_at"]]
        if not here:  # the clock
            return otherwise
        opener = min(here, key=lambda contact: contact["interaction_id"])
        return opener[column] or otherwise

    found = []
    for spells in people.values():
        first_channel = first("channel", spells[0], "unknown")
        for spell, after in zip(spells, [*spells[1:], None], strict=True):
            if after is None:
                outcome = "open"
            elif spell["stage"] == "lapsed":
                outcome = "converted"
            elif (
                after["stage"] == "lapsed"
                or after["cycle_number"] > spell["cycle_number"]
            ):
                outcome = "dropped"
            elif RANK.index(after["stage"]) > RANK.index(spell["stage"]):
                outcome = "converted"
            else:
                outcome = "dropped"
            found.append(
                spell
                | {
                    "outcome": outcome,
                    "next": after,
                    "days": after and (after["entered_at"] - spell["entered_at"]) / DAY,
                    "segments": {
                        "all": "all",
                        "first_channel": first_channel,
                        "device": first("device_type", spell, "none"),
                    },
                }
            )
    return found


def near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, abs=1e-9)


def rate(successes: int, trials: int) -> tuple[Any, Any, Any]:
    """The rate and its interval, by another implementation."""
    if trials == 0:
        return None, None, None
    lower, upper = proportion_confint(successes, trials, method="wilson")
    return near(successes / trials), near(lower), near(upper)


def middle(values: list[float]) -> Any:
    return near(median(values)) if values else None


def test_the_world_has_what_the_marts_are_of(contacts: Rows, moves: Rows):
    assert len(contacts) > 20_000
    assert {move["stage"] for move in moves} == set(RANK)
    assert {move["outcome"] for move in moves} == {"converted", "dropped", "open"}
    assert len({move["segments"]["first_channel"] for move in moves}) > 3
    assert len({move["segments"]["device"] for move in moves}) > 2


def test_the_funnel_is_that_of_a_loop(world: Build, moves: Rows):
    [(as_of,)] = world.work("select as_of_at from intermediate.int_as_of")
    cells = defaultdict(list)
    for move in moves:
        month = move["entered_at"].to_period("M").to_timestamp()
        for kind in SEGMENT_KINDS:
            cells[month, move["stage"], kind, move["segments"][kind]].append(move)
    built = {
        (row["period_start_date"], row["stage"], row["segment_kind"], row["segment"]):
            row
        for row in rows(world, "from journey_funnel")
    }  # fmt: skip
    assert built.keys() == cells.keys()
    for key, cell in cells.items():
        row = built[key]
        outcomes = Counter(move["outcome"] for move in cell)
        converted = [move for move in cell if move["outcome"] == "converted"]
        dropped = [move for move in cell if move["outcome"] == "dropped"]
        observed = [
            move for move in cell if move["entered_at"] + WINDOW_DAYS * DAY <= as_of
        ]
        in_time = [
            move
            for move in observed
            if move["outcome"] == "converted" and move["days"] <= WINDOW_DAYS
        ]
        can_convert = key[1] != "advocacy"
        can_be_lost = key[1] != "lapsed"
        assert row["stage_rank"] == RANK.index(key[1]) + 1
        assert (
            row["n_entered"], row["n_converted"], row["n_dropped"], row["n_open"],
            row["n_observed"], row["n_converted_in_time"],
        ) == (
            len(cell), outcomes["converted"], outcomes["dropped"], outcomes["open"],
            len(observed), len(in_time),
        ), key  # fmt: skip
        for name, expected in [
            ("conversion_rate", rate(len(converted), can_convert * len(cell))),
            ("drop_rate", rate(len(dropped), can_be_lost * len(cell))),
            ("in_time_conversion_rate",
             rate(len(in_time), can_convert * len(observed))),
        ]:  # fmt: skip
            found = row[name], row[f"{name}_lower"], row[f"{name}_upper"]
            assert found == expected, (key, name)
        assert row["median_days_to_convert"] == middle([m["days"] for m in converted])
        assert row["median_days_to_drop"] == middle([m["days"] for m in dropped])


def test_the_transitions_are_those_of_a_loop(world: Build, moves: Rows):
    cells = defaultdict(list)
    for move in moves:
        to_stage = move["next"]["stage"] if move["next"] else "(still there)"
        for kind in SEGMENT_KINDS:
            segment = kind, move["segments"][kind]
            cells[*segment, move["stage"], to_stage].append(move)
            if move["spell_number"] == 1:
                cells[*segment, "(first contact)", move["stage"]].append(
                    move | {"days": None}
                )
    totals: Counter[tuple[str, ...]] = Counter()
    for key, cell in cells.items():
        totals[key[:3]] += len(cell)
    built = {
        (row["segment_kind"], row["segment"], row["from_stage"], row["to_stage"]): row
        for row in rows(world, "from stage_transitions")
    }
    assert built.keys() == cells.keys()
    for key, cell in cells.items():
        row = built[key]
        assert row["n_transitions"] == len(cell)
        assert row["n_people"] == len({move["customer_key"] for move in cell})
        assert row["n_from_stage"] == totals[key[:3]]
        assert (
            row["transition_rate"],
            row["transition_rate_lower"],
            row["transition_rate_upper"],
        ) == rate(len(cell), totals[key[:3]])
        days = [move["days"] for move in cell if move["days"] is not None]
        assert row["median_days"] == middle(days), key


def test_what_goes_into_a_stage_comes_out_of_it(world: Build):
    assert (
        world.marts(
            "with ends as (select segment, from_stage as stage, n_transitions as n "
            "from stage_transitions where segment_kind = 'all' union all "
            "select segment, to_stage, -n_transitions from stage_transitions "
            "where segment_kind = 'all') select stage from ends "
            "where stage not like '(%' group by stage having sum(n) <> 0"
        )
        == []
    )


def journeys(contacts: Rows, people: dict[str, Rows]) -> Iterator[dict[str, Any]]:
    """The path, the outcome and the revenue of each person's cycles."""
    cycles = defaultdict(list)
    for contact in contacts:
        cycles[contact["customer_key"], contact["cycle_number"]].append(contact)
    for (customer_key, cycle_number), cycle in cycles.items():
        orders = [one for one in cycle if one["stage_signal"] == "order"]
        path: list[str] = []
        for contact in cycle:
            if contact["direction"] == "inbound":
                path += [contact["touchpoint"]]
            if orders and contact is orders[0]:
                break
        last = people[customer_key][-1]
        if orders:
            outcome = "ordered"
        elif last["stage"] != "lapsed" and last["cycle_number"] == cycle_number:
            outcome = "open"
        else:
            outcome = "lapsed"
        yield {
            "path": [
                step
                for step, before in zip(path, [None, *path], strict=False)
                if step != before
            ],
            "outcome": outcome,
            "is_first": cycle_number == 1,
            "revenue": sum(one["revenue_amount"] or 0 for one in cycle),
        }


def test_the_paths_are_those_of_a_loop(
    world: Build, contacts: Rows, people: dict[str, Rows]
):
    began = defaultdict(list)
    for journey in journeys(contacts, people):
        steps = journey["path"]
        if len(steps) > DEPTH:
            steps = [*steps[:DEPTH], "(deeper)"]
        for length in range(len(steps) + 1):
            began[tuple(steps[:length])].append(
                journey | {"ends": length == len(steps)}
            )
    listed = defaultdict(list)
    for prefix, cell in began.items():
        parent = prefix[:-1]
        if parent and len(began[parent]) < LEAST:
            continue
        if not prefix or prefix[-1] == "(deeper)" or len(cell) >= LEAST:
            listed[prefix] = cell
        else:
            listed[*parent, "(other)"] += [one | {"ends": True} for one in cell]
    built = {
        tuple(row["path"].split(" > ")[1:]): row
        for row in rows(world, "from journey_paths")
    }
    assert built.keys() == listed.keys()
    for prefix, cell in listed.items():
        row = built[prefix]
        outcomes = Counter(journey["outcome"] for journey in cell)
        assert (
            row["step_number"], row["n_journeys"], row["n_first_journeys"],
            row["n_ordered"], row["n_lapsed"], row["n_open"], row["n_ended_here"],
        ) == (
            len(prefix), len(cell), sum(journey["is_first"] for journey in cell),
            outcomes["ordered"], outcomes["lapsed"], outcomes["open"],
            sum(journey["ends"] for journey in cell),
        ), prefix  # fmt: skip
        revenue = sum(float(journey["revenue"]) for journey in cell)
        assert float(row["revenue_amount"]) == pytest.approx(revenue, abs=1e-3)
        assert (
            row["order_rate"], row["order_rate_lower"], row["order_rate_upper"]
        ) == rate(outcomes["ordered"], len(cell))  # fmt: skip
    # Without a remainder, or without a path of some length, this would prove little.
    assert sum(prefix[-1:] == ("(other)",) for prefix in listed) > 5
    assert sum(prefix[-1:] == ("(deeper)",) for prefix in listed) > 0
    assert built[()]["n_first_journeys"] == len(people)


def test_the_mixes_are_those_of_a_loop(
    world: Build, contacts: Rows, people: dict[str, Rows]
):
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    n_orders: Counter[str] = Counter()
    revenue: dict[str, float] = defaultdict(float)
    for contact in contacts:
        who = contact["customer_key"]
        if contact["direction"] == "inbound":
            used["channel", who].add(contact["channel"] or "unknown")
            if contact["device_type"]:
                used["device", who].add(contact["device_type"])
        if contact["stage_signal"] == "order":
            used["place", who].add(contact["place"] or "unknown")
            n_orders[who] += 1
        revenue[who] += float(contact["revenue_amount"] or 0)
    sets = defaultdict(list)
    for kind in ("channel", "device", "place"):
        for who in people:
            sets[kind, " + ".join(sorted(used[kind, who])) or "(none)"].append(who)
    cells = defaultdict(list)
    for (kind, mix), members in sets.items():
        is_kept = len(members) >= 5 or mix == "(none)"
        cells[kind, mix if is_kept else "(other)"] += members
    assert len(cells["channel", "(other)"]) > 5
    built = {
        (row["mix_kind"], row["mix"]): row
        for row in rows(world, "from omnichannel_mix")
    }
    assert built.keys() == cells.keys()
    all_orders, all_revenue = sum(n_orders.values()), sum(revenue.values())
    for key, members in cells.items():
        row = built[key]
        orders = sum(n_orders[who] for who in members)
        brought = sum(revenue[who] for who in members)
        customers = sum(n_orders[who] > 0 for who in members)
        assert (row["n_people"], row["n_customers"], row["n_orders"]) == (
            len(members),
            customers,
            orders,
        ), key
        assert float(row["revenue_amount"]) == pytest.approx(brought, abs=1e-3)
        assert row["people_share"] == near(len(members) / len(people))
        assert row["order_share"] == near(orders / all_orders)
        assert row["revenue_share"] == near(brought / all_revenue)
        assert (
            row["customer_rate"], row["customer_rate_lower"], row["customer_rate_upper"]
        ) == rate(customers, len(members))  # fmt: skip


def test_the_stage_facts_are_those_of_a_loop(
    world: Build, contacts: Rows, people: dict[str, Rows]
):
    here: dict[tuple[str, int, str], Rows] = defaultdict(list)
    orders: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for contact in contacts:
        cycle = contact["customer_key"], contact["cycle_number"]
        here[*cycle, contact["stage"]].append(contact)
        if contact["stage_signal"] == "order":
            orders[cycle].append(contact["occurred_at"])
    stays: dict[tuple[str, int, str], Rows] = defaultdict(list)
    for who, spells in people.items():
        for spell in spells:
            stays[who, spell["cycle_number"], spell["stage"]].append(spell)
    abandoned = Counter(
        (who, spell["cycle_number"])
        for who, spells in people.items()
        for spell in spells
        if (spell["stage"], spell["exit_stage"]) == ("purchase", "consideration")
    )
    nps = dict(
        world.work(
            "select response_id, score from staging.stg_service__survey_responses "
            "where lower(survey_type) = 'nps' and score is not null"
        )
    )

    def expected(who: str, cycle: int, stage: str) -> dict[str, Any]:
        mine = here[who, cycle, stage]
        inbound = [contact for contact in mine if contact["direction"] == "inbound"]
        signals = Counter(contact["stage_signal"] for contact in mine)
        # By what the raw rows say, not by the touchpoints that the SQL names.
        words = Counter(contact["event_name"] for contact in mine)
        opened = {c["interaction_id"] for c in mine if c["source"] == "support_tickets"}
        answers = [
            nps[number]
            for contact in mine
            if contact["source"] == "survey_responses"
            and (number := contact["interaction_id"].split(":", 1)[1]) in nps
        ]
        revenue = sum(float(contact["revenue_amount"] or 0) for contact in mine)
        bought = sorted(orders[who, cycle])
        common = {"n_contacts": len(mine)}
        return (
            common
            | {
                "awareness": {
                    "n_outbound": len(mine) - len(inbound),
                    "n_channels": len({c["channel"] for c in mine} - {None}),
                },
                "consideration": {
                    "n_carts": sum(c["touchpoint"] == "cart_added" for c in mine),
                    "n_abandoned_checkouts": abandoned[who, cycle],
                    "n_channels": len({c["channel"] for c in inbound} - {None}),
                },
                "purchase": {
                    "n_orders": signals["order"],
                    "n_abandoned_checkouts": abandoned[who, cycle],
                    "revenue_amount": near(revenue),
                },
                "retention": {
                    "n_repeat_orders": signals["order"],
                    "days_to_repeat": (
                        near((bought[1] - bought[0]) / DAY) if len(bought) > 1 else None
                    ),
                    "n_tickets": sum(number.count(":") == 1 for number in opened),
                    "revenue_amount": near(revenue),
                },
                "advocacy": {
                    "n_referrals": words["referral_made"],
                    "n_reviews": sum(c["source"] == "reviews" for c in mine),
                    "last_nps_score": near(float(answers[-1])) if answers else None,
                    "n_orders": signals["order"],
                    "revenue_amount": near(revenue),
                },
            }[stage]
        )

    for stage in RANK[:5]:
        built = {
            (row["customer_key"], row["cycle_number"], stage): row
            for row in rows(world, f"from fct_{stage}")
        }
        due = {key for key in stays if key[2] == stage}
        assert len(due) > 20
        assert built.keys() == due, stage
        for key in due:
            row, wanted = built[key], expected(*key)
            found = {
                name: float(row[name]) if isinstance(row[name], Decimal) else row[name]
                for name in wanted
            }
            assert found == wanted, key


def test_the_handovers_are_those_of_a_loop(world: Build, contacts: Rows):
    cells = defaultdict(list)
    before: dict[tuple[str, int], dict[str, Any]] = {}
    for contact in contacts:
        if contact["direction"] == "inbound":
            cycle = contact["customer_key"], contact["cycle_number"]
            contact = contact | {"channel": contact["channel"] or "unknown"}
            if cycle in before and before[cycle]["channel"] != contact["channel"]:
                pair = before[cycle]["channel"], contact["channel"]
                cells[pair].append((before[cycle], contact))
            before[cycle] = contact
    totals: Counter[str] = Counter()
    for (left, _), cell in cells.items():
        totals[left] += len(cell)
    built = {
        (row["from_channel"], row["to_channel"]): row
        for row in rows(world, "from channel_handovers")
    }
    assert len(cells) > 10
    assert built.keys() == cells.keys()
    for key, cell in cells.items():
        row = built[key]
        hours = [
            (later["occurred_at"] - earlier["occurred_at"]) / pd.Timedelta(hours=1)
            for earlier, later in cell
        ]
        assert row["n_handovers"] == len(cell)
        assert row["n_people"] == len({later["customer_key"] for _, later in cell})
        assert row["median_hours"] == middle(hours)
        assert (
            row["handover_rate"], row["handover_rate_lower"], row["handover_rate_upper"]
        ) == rate(len(cell), totals[key[0]])  # fmt: skip


def test_heat_maps_hold_every_click_and_only_pages(world: Build):
    events = world.work(
        "select count(*) filter (element_id is not null), count(*) from "
        "staging.stg_web__web_events where click_x is not null and page_url is not null"
    )
    assert (
        world.marts(
            "select sum(n_clicks) filter (kind = 'element'), "
            "sum(n_clicks) filter (kind = 'cell') from heatmap_cells"
        )
        == events
    )
    pages = world.marts("select distinct page from heatmap_cells")
    assert ("shop.example/cart",) in pages
    assert not [page for (page,) in pages if "?" in page or "//" in page]
    # The deeper, the fewer.
    assert (
        world.marts(
            "from (select n_reached > lag(n_reached) over (partition by page, "
            "device_type order by scroll_percent) as more from heatmap_cells "
            "where kind = 'scroll') where more"
        )
        == []
    )
    # Nobody clicks in the first column or at the top: the simulator's buttons are
    # lower and further right.
    assert world.marts(
        "select min(grid_column) > 0, max(grid_column) < 20, min(grid_row) > 0 "
        "from heatmap_cells where kind = 'cell'"
    ) == [(True, True, True)]


@pytest.fixture(scope="module")
def compiled(world: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("analyses")
    raw = world.out.parent / "raw"
    made = dbt("compile", "--select", "resource_type:analysis", raw=raw, out=out)
    assert made.result.success
    return out / "target" / "compiled"


def answer(compiled: Path, name: str, connection: duckdb.DuckDBPyConnection) -> Any:
    [path] = compiled.rglob(f"analyses/{name}.sql")
    return connection.sql(path.read_text()).df()


def answer_of(world: Build, compiled: Path, name: str) -> Any:
    with duckdb.connect(world.out / "journey.duckdb") as connection:
        return answer(compiled, name, connection)


def answer_on(compiled: Path, name: str, tables: dict[str, str]) -> Rows:
    """What an analysis says of a few rows, each table of them given as a query."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as journey")
        for table, query in tables.items():
            schema = table.split(".")[0]
            connection.execute(f"create schema if not exists journey.{schema}")
            connection.execute(f"create table journey.{table} as {query}")
        return answer(compiled, name, connection).to_dict("records")


ANALYSES = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))
# Nobody clicks in rage in the simulator's worlds.
EMPTY = {"clicks_in_vain"}


@pytest.mark.parametrize("name", ANALYSES)
def test_the_analyses_have_answers(world: Build, compiled: Path, name: str):
    found = answer_of(world, compiled, name)
    assert bool(len(found)) == (name not in EMPTY)
    for column in found:
        if column.endswith(("_share", "_rate")):
            assert found[column].dropna().between(0, 1).all(), column


def test_every_analysis_begins_with_its_question():
    for name in ANALYSES:
        path = PROJECT / "analyses" / f"{name}.sql"
        first, *comment = path.read_text().splitlines()
        assert first == "{#-", name
        assert "?" in " ".join(comment).split(".")[0], name


def test_the_step_matrix_is_of_shares(world: Build, compiled: Path):
    matrix = answer_of(world, compiled, "step_matrix")
    totals = matrix.groupby("step_number").journey_share.sum()
    assert list(totals) == pytest.approx([1] * len(totals))


def test_the_friction_before_a_lapse_is_that_of_a_loop(
    world: Build, compiled: Path, contacts: Rows, people: dict[str, Rows]
):
    cycles = defaultdict(list)
    for contact in contacts:
        cycles[contact["customer_key"], contact["cycle_number"]].append(contact)
    sizes: Counter[bool] = Counter()
    met: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    n_after_the_last = 0
    for who, spells in people.items():
        for spell in spells:
            has_lapsed = spell["exit_stage"] == "lapsed"
            if spell["stage"] not in ("retention", "advocacy") or not (
                has_lapsed or spell["exited_at"] is None
            ):
                continue
            until_then = [
                contact
                for contact in cycles[who, spell["cycle_number"]]
                if not has_lapsed or contact["occurred_at"] < spell["exited_at"]
            ]
            last_at = max(
                contact["occurred_at"]
                for contact in until_then
                if contact["direction"] == "inbound"
            )
            sizes[has_lapsed] += 1
            met[has_lapsed].update({
                contact["touchpoint"]
                for contact in until_then
                if contact["friction_weight"] > 0
                and contact["occurred_at"] >= last_at - 60 * DAY
            })  # fmt: skip
            n_after_the_last += has_lapsed and any(
                contact["touchpoint"] == "ticket_overdue"
                and contact["occurred_at"] > last_at
                for contact in until_then
            )
    assert n_after_the_last
    found = answer_of(world, compiled, "friction_before_a_lapse")
    assert {row.touchpoint: (row.n_lapsed, row.n_staying) for row in found.itertuples()
    } == {
        touchpoint: (met[True][touchpoint], met[False][touchpoint])
        for touchpoint in met[True] | met[False]
    }  # fmt: skip
    for row in found.itertuples():
        assert row.lapsed_share == near(row.n_lapsed / sizes[True])
        assert row.staying_share == near(row.n_staying / sizes[False])


def test_prospects_who_did_nothing_leave_too(
    world: Build, compiled: Path, contacts: Rows, people: dict[str, Rows]
):
    done = defaultdict(list)
    customers = set()
    for contact in contacts:
        if contact["direction"] == "inbound":
            done[contact["customer_key"]].append(contact)
        if contact["stage_signal"] == "order":
            customers.add(contact["customer_key"])
    expected: Counter[tuple[str, str]] = Counter()
    for who in people.keys() - customers:
        for spell in people[who]:
            if spell["exit_stage"] == "lapsed":
                _, _, last = max(
                    (
                        (one["occurred_at"], one["interaction_id"], one["touchpoint"])
                        for one in done[who]
                        if one["occurred_at"] < spell["exited_at"]
                    ),
                    default=(None, None, "(nothing)"),
                )
                expected[spell["stage"], last] += 1
    assert expected["awareness", "(nothing)"]
    found = answer_of(world, compiled, "where_prospects_leave")
    assert expected == {
        (row.left_from_stage, row.last_touchpoint): row.n_departures
        for row in found.itertuples()
    }
    assert list(found.departure_share) == pytest.approx(
        list(found.n_departures / expected.total())
    )


def test_clicks_in_vain_are_those_in_rage(compiled: Path):
    cells = """
        select page, device_type, kind, element_id, 2 as n_people, 9 as n_clicks,
            n_rage_clicks, n_rage_clicks / 9 as rage_click_rate,
            0 as rage_click_rate_lower, 1 as rage_click_rate_upper, scroll_percent,
            reach_rate
        from (values
            ('cart', 'mobile', 'element', 'buy', 3, null, null),
            ('cart', 'mobile', 'element', 'help', 0, null, null),
            ('cart', 'mobile', 'cell', null, 3, null, null),
            ('cart', 'mobile', 'scroll', null, null, 50, 0.25)
        ) as cells (
            page, device_type, kind, element_id, n_rage_clicks, scroll_percent,
            reach_rate
        )
    """
    [row] = answer_on(compiled, "clicks_in_vain", {"marts.heatmap_cells": cells})
    assert (row["element_id"], row["n_rage_clicks"]) == ("buy", 3)
    assert row["half_reach_rate"] == 0.25


def test_money_back_brings_nobody_back(compiled: Path):
    """Ann had a mail, and then her money back; Bob only had a ticket closed."""
    tables = {
        "marts.fct_stage_spells": """
            select unnest(['ann', 'bob']) as customer_key, 2 as cycle_number,
                timestamp '2024-01-10 12:00:00' as entered_at
        """,
        "marts.fct_interactions": """
            from (values
                ('ann', 'a', 'message_sent', 'outbound', timestamp '2024-01-08'),
                ('ann', 'b', 'refund_paid', 'outbound', timestamp '2024-01-09'),
                ('ann', 'c', 'page_viewed', 'inbound', timestamp '2024-01-10 12:00:00'),
                ('bob', 'd', 'ticket_resolved', 'outbound', timestamp '2024-01-09'),
                ('bob', 'e', 'page_viewed', 'inbound', timestamp '2024-01-10 12:00:00')
            ) as contacts (
                customer_key, interaction_id, touchpoint, direction, occurred_at
            )
        """,
        "intermediate.int_journeys_pathed": """
            select unnest(['ann', 'bob']) as customer_key, 2 as cycle_number,
                'ordered' as outcome
        """,
    }
    found = answer_on(compiled, "what_brings_people_back", tables)
    assert {(row["came_back_by"], row["last_reached_by"]) for row in found} == {
        ("page_viewed", "message_sent"),
        ("page_viewed", "(nothing)"),
    }
