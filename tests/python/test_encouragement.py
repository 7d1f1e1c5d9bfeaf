"""What experiments tell of touchpoints, against made truth and other libraries."""

import dataclasses
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build, build
from scipy import stats
from statsmodels.sandbox.regression.gmm import IV2SLS
from test_pain_points import compile_models, run_models, scenario
from test_pain_points import live as live_in
from test_touchpoint_value import earn

from journey_clv.effects import TYPES
from journey_clv.encouragement import effect_of_a_day, with_experiments
from journey_clv.simulate.plan import DAY_MS, Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import Experiment, Scenario
from journey_clv.simulate.world import PAID, World

EFFECT = -8.0
PAYMENTS = Experiment(
    hypothesis="A second provider fails less.",
    target="payment_failure",
    effect=-0.9,
    planned_share=0.5,
    true_share=0.5,
    from_day=60,
    days=580,
)
MODEL = "int_people_randomised"


def world(seed: int, people: int = 2000, moved: float = 0.6, variants: int = 2):
    """People in an experiment: who wants more meets and brings more.

    The last variant takes away the share `moved` of the days with it, those between in
    proportion. Amounts are skewed, and most people bring nothing.
    """
    rng = np.random.default_rng(seed)
    wants = rng.gamma(1.0, 1.0, people)
    variant = rng.integers(variants, size=people)
    rate = 0.6 * wants * (1 - moved * variant / (variants - 1))
    days = rng.poisson(rate).astype(float)
    brought = rng.poisson(0.5 * wants) * rng.gamma(2.0, 20.0, people)
    return brought + EFFECT * days, days, variant


def estimate(outcome: Any, days: Any, variant: Any, experiment: Any = None):
    rows = np.arange(len(outcome))
    within = np.zeros(len(outcome), np.int64) if experiment is None else experiment
    return effect_of_a_day(outcome, days, variant, within, rows)


def test_intervals_hold_the_truth_where_a_naive_comparison_is_wrong():
    effects, held, naive = [], [], []
    for seed in range(1000):
        outcome, days, variant = world(seed, variants=2 + seed % 2)
        found, first_stage_f = estimate(outcome, days, variant)
        assert first_stage_f > 10
        effects.append(found.effect)
        held.append(abs(found.effect - EFFECT) < found.half_width)
        naive.append(np.polyfit(days, outcome, 1)[0])
    # Beyond these, one in a thousand by chance.
    low, high = stats.binom(1000, 0.95).ppf([0.0005, 0.9995])
    assert low <= np.sum(held) <= high
    assert abs(np.mean(effects) - EFFECT) < 3 * stats.sem(effects)
    assert stats.sem(effects) < 0.03 * abs(EFFECT)
    # Those who meet it most bring more, although it makes them bring less.
    assert np.mean(naive) > 0


def test_where_there_is_no_effect_one_in_twenty_is_found():
    rejected = 0
    for seed in range(1000):
        outcome, days, variant = world(seed)
        found, _ = estimate(outcome - EFFECT * days, days, variant)
        rejected += found.p_value < 0.05
    low, high = stats.binom(1000, 0.05).ppf([0.0005, 0.9995])
    assert low <= rejected <= high


def test_of_two_variants_it_is_walds_ratio_and_welchs_t():
    outcome, days, variant = world(1)
    found, first_stage_f = estimate(outcome, days, variant)
    arms = [variant == 0, variant == 1]
    brought, met = ([values[arm].mean() for arm in arms] for values in (outcome, days))
    ratio = (brought[1] - brought[0]) / (met[1] - met[0])
    assert found.effect == pytest.approx(ratio)
    welch = stats.ttest_ind(days[arms[0]], days[arms[1]], equal_var=False)
    assert first_stage_f == pytest.approx(welch.statistic**2)
    # Which variant is called the control does not matter.
    other, _ = estimate(outcome, days, 1 - variant)
    assert other.effect == pytest.approx(found.effect)
    assert other.std_error == pytest.approx(found.std_error)


def two_experiments(seed: int):
    """The second has three variants, other people, and comes in a better time."""
    first, second = world(seed), world(seed + 10_000, 900, 0.9, 3)
    outcome = np.concatenate([first[0], second[0] + 500])
    days = np.concatenate([first[1], second[1] + 3])
    variant = np.concatenate([first[2], second[2] + 2])
    return outcome, days, variant, (variant > 1).astype(np.int64)


def test_it_is_two_stage_least_squares_with_a_level_per_experiment():
    outcome, days, variant, experiment = two_experiments(3)
    levels = np.equal(experiment[:, None], [0, 1]).astype(float)
    instruments = np.equal(variant[:, None], np.arange(5)).astype(float)
    fit = IV2SLS(outcome, np.column_stack([days, levels]), instruments).fit()
    found, _ = estimate(outcome, days, variant, experiment)
    assert found.effect == pytest.approx(fit.params[0])
    # White's variance, by the projected design as the textbooks write it.
    design = np.column_stack([days, levels])
    projected = instruments @ np.linalg.lstsq(instruments, design, rcond=None)[0]
    bread = np.linalg.inv(projected.T @ projected)
    residual = outcome - design @ fit.params
    meat = (projected * residual[:, None]).T @ (projected * residual[:, None])
    n = len(outcome)
    variance = n / (n - 5) * (bread @ meat @ bread)[0, 0]
    assert found.std_error == pytest.approx(np.sqrt(variance))


def test_its_error_is_that_of_the_bootstrap_of_people():
    # Each person is in both experiments, and rows of one go together.
    rng = np.random.default_rng(5)
    n = 1500
    own = rng.gamma(1.0, 1.0, n)
    variant = rng.integers(2, size=(2, n))
    days = rng.poisson(0.8 * own * (1 - 0.7 * variant)).astype(float)
    outcome = 30 * own + EFFECT * days + rng.normal(0, 5, (2, n))
    experiment = np.repeat([[0], [1]], n, axis=1)
    people = np.tile(np.arange(n), (2, 1))

    def of(who: Any) -> Any:
        return effect_of_a_day(
            outcome[:, who].ravel(),
            days[:, who].ravel(),
            (variant + 2 * experiment)[:, who].ravel(),
            experiment[:, who].ravel(),
            people.ravel(),
        )[0]

    drawn = [of(rng.integers(n, size=n)).effect for _ in range(1000)]
    assert of(np.arange(n)).std_error == pytest.approx(np.std(drawn), rel=0.08)


def frame(seed: int, touchpoint: str = "payment_failed", **changes: Any) -> Any:
    outcome, days, variant = world(seed, **changes)
    return pd.DataFrame(
        {
            "experiment_id": f"{touchpoint} {seed}",
            "touchpoint": touchpoint,
            "customer_key": [f"{seed} {number}" for number in range(len(days))],
            "variant": np.array(["a", "b", "c"], dtype=object)[variant],
            "n_days_met": days.astype(np.int64),
            "margin_amount": outcome,
        }
    )


ASSOCIATED = pd.DataFrame(
    [
        {"stage": stage, "touchpoint": touchpoint, "n_compared": 50, "n_supported": 40,
         "n_people": 30, "n_likes": 900, "mean_value": 20.0, "mean_value_without": 10.0,
         "effect": 10.0, "p_value": p_value, "adjusted_p_value": 0.5, "e_value": 2.0}
        for stage, touchpoint, p_value in (
            ("purchase", "payment_failed", 0.02),
            ("any", "payment_failed", 0.01),
            ("any", "chat_started", 0.04),
        )
    ]
).reindex(columns=list(TYPES)).astype(TYPES)  # fmt: skip


def test_the_row_of_all_stages_is_that_of_the_experiment():
    people = pd.concat([frame(1), frame(2, "message_sent")])
    found = with_experiments(ASSOCIATED, people, min_people=30)
    found = found.set_index(["stage", "touchpoint"])
    assert found.is_randomised.to_dict() == {
        ("purchase", "payment_failed"): False,
        ("any", "payment_failed"): True,
        ("any", "chat_started"): False,
        # What nobody acts in has no other row.
        ("any", "message_sent"): True,
    }
    row = found.loc["any", "payment_failed"]
    assert row.effect < 0 < found.loc["purchase", "payment_failed"].effect
    assert row.effect_lower < EFFECT < row.effect_upper
    assert row[["n_compared", "n_supported", "n_people", "n_likes"]].tolist() == [
        2000, 2000, 2000, 0,
    ]  # fmt: skip
    assert row[["mean_value_without", "e_value", "interval_e_value"]].isna().all()
    # The p-value of the association is gone. What experiments ask and what was merely
    # looked at are adjusted each by themselves.
    assert row.p_value > 0.2
    for _, family in found.groupby("is_randomised"):
        assert len(family) == 2
        adjusted = stats.false_discovery_control(family.p_value)
        assert family.adjusted_p_value.to_numpy() == pytest.approx(adjusted)


def test_a_weak_experiment_tells_nothing():
    found = with_experiments(ASSOCIATED, frame(1, moved=0.02), min_people=30)
    row = found.set_index(["stage", "touchpoint"]).loc["any", "payment_failed"]
    assert 0 <= row.first_stage_f < 10
    assert not row.is_randomised
    assert row[["effect", "e_value", "n_likes"]].tolist() == [10, 2, 900]
    assert with_experiments(
        ASSOCIATED.iloc[:0], frame(1, moved=0.02), min_people=30
    ).effect.isna().tolist() == [True]


@pytest.mark.parametrize("of_one_variant", [True, False])
def test_without_two_variants_of_some_size_nothing_is_compared(of_one_variant: bool):
    people = frame(1)
    if of_one_variant:
        people = people[people.variant == "a"]
    else:
        people = people.groupby("variant").head(29)
    found = with_experiments(ASSOCIATED, people, min_people=30)
    assert (
        found[list(TYPES)]
        .drop(columns="adjusted_p_value")
        .equals(ASSOCIATED.drop(columns="adjusted_p_value"))
    )
    assert found.first_stage_f.isna().all()
    assert not found.is_randomised.any()


def test_who_was_in_several_variants_is_counted_and_left_out():
    people = frame(1)
    crossed = people.assign(variant=people.variant.where(people.index >= 100))
    found, without = (
        with_experiments(ASSOCIATED.iloc[:0], rows, min_people=30).iloc[0]
        for rows in (crossed, crossed.iloc[100:])
    )
    assert (found.n_compared, found.n_supported, found.n_people) == (2000, 1900, 1900)
    assert found.effect == without.effect


def test_the_order_of_the_rows_changes_nothing_and_none_is_no_trouble():
    people = pd.concat([frame(1), frame(2), frame(3, "message_sent")])
    shuffled = people.sample(frac=1, random_state=1)
    found, again = (
        with_experiments(ASSOCIATED, rows, min_people=30) for rows in (people, shuffled)
    )
    pd.testing.assert_frame_equal(found, again, check_exact=True)
    nothing = with_experiments(ASSOCIATED.iloc[:0], people.iloc[:0], min_people=30)
    assert not len(nothing)
    assert nothing.dtypes.is_randomised == np.bool_


# In simulated shops


def shop(failure: float = 0.4, **changes: Any) -> Scenario:
    """A shop with an experiment on payments, which fail often and drive people away.

    Nobody is invited, so that the same people come whatever the variants do.
    """
    troubled = scenario(
        {
            "journey": {"payment_failure": failure},
            "causes": {"payment_failure_dropout": 0.5},
            "voice": {"referral": 0.0},
            "truth": {"horizons_days": [1]},
        }
    )
    experiment = dataclasses.replace(PAYMENTS, **changes)
    return dataclasses.replace(troubled, experiments={"payments": experiment})


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return compile_models((MODEL,), tmp_path_factory.mktemp("compiled"))


def lived(compiled: dict[str, str], seed: int, **changes: Any) -> pd.DataFrame:
    """The people of the experiment in a world, in the order of their keys."""
    with duckdb.connect() as connection:
        live_in(connection, shop(**changes), seed, 2500)
        earn(connection)
        run_models(connection, compiled, (MODEL,))
        return connection.sql(f"from {MODEL} order by customer_key").df()


@pytest.fixture(scope="module")
def worlds(compiled: dict[str, str]) -> pd.DataFrame:
    """What is estimated in several worlds, and what is true.

    Each is lived again with everybody treated, and with nobody: the differences are
    what the treatment does to the days with the touchpoint, and to the margin.
    """
    found = []
    for seed in range(1, 9):
        people = lived(compiled, seed)
        treated = lived(compiled, seed, true_share=1.0)
        untreated = lived(compiled, seed, effect=0.0)
        assert people.customer_key.equals(treated.customer_key)
        assert people.customer_key.equals(untreated.customer_key)
        moved = treated.n_days_met.sum() - untreated.n_days_met.sum()
        brought = treated.margin_amount.sum() - untreated.margin_amount.sum()
        row = with_experiments(ASSOCIATED.iloc[:0], people, min_people=30).iloc[0]
        met = people.n_days_met > 0
        by_meeting = people.margin_amount.groupby(met).mean()
        naive = by_meeting[True] - by_meeting[False]
        found.append(row.to_dict() | {"truth": brought / moved, "naive": naive})
    return pd.DataFrame(found)


def test_a_shop_tells_what_a_failed_payment_costs(worlds: pd.DataFrame):
    assert worlds.is_randomised.all()
    assert (worlds.first_stage_f > 100).all()
    held = worlds.truth.between(worlds.effect_lower, worlds.effect_upper)
    assert held.sum() >= 6
    error = np.sqrt((worlds.std_error**2).sum()) / len(worlds)
    assert abs((worlds.effect - worlds.truth).mean()) < 3 * error
    assert error < 0.15 * abs(worlds.truth.mean())
    assert (worlds.effect_upper < 0).sum() >= 4
    # Who tries to pay brings more than who does not, whatever comes of it.
    assert (worlds.naive > 0).all()


def test_people_are_those_of_the_log(compiled: dict[str, str]):
    seed, horizon = 3, 90
    plan = Plan(shop(days=650), 2500, 24, seed)
    world = World(plan, 0, plan.base_days)
    world.run()
    exposures, visits = world.log.table("exposures"), world.log.table("visits")

    def day(rows: Any) -> Any:
        return (rows["ms"] - plan.start_ms) // DAY_MS

    first = dict(zip(exposures["person"], day(exposures), strict=True))
    failed = visits["payment"] != PAID
    met = set(zip(visits["person"][failed], day(visits)[failed], strict=True))
    expected = {
        person: sum((person, begun + later) in met for later in range(horizon))
        for person, begun in first.items()
        if begun + horizon <= plan.base_days
    }
    found = lived(compiled, seed, days=650)
    assert 0 < len(expected) < len(first)
    assert sorted(found.n_days_met) == sorted(expected.values())
    assert found.n_days_met.max() > 1


def test_nothing_after_the_as_of_day_matters(compiled: dict[str, str]):
    with duckdb.connect() as connection:
        live_in(connection, shop(), 3, 1000)
        earn(connection)
        connection.execute(
            "create or replace table int_as_of as select as_of_at - interval 200 day "
            "as as_of_at from int_as_of"
        )
        run_models(connection, compiled, (MODEL,))
        before = connection.sql(f"from {MODEL} order by customer_key").fetchall()
        # From then on everybody is seen in the other variant, fails to pay and buys.
        for table, time, change in (
            (
                "stg_experiments__experiment_exposures",
                "exposed_at",
                "if(variant = 'control', 'treatment', 'control') as variant",
            ),
            ("fct_interactions", "occurred_at", "'payment_failed' as touchpoint"),
            ("int_revenue_events", "occurred_at", "1000 as margin_amount"),
        ):
            connection.execute(
                f"insert into {table} select * replace ({change}, "
                f"(select as_of_at from int_as_of) + interval 1 second as {time}) "
                f"from {table}"
            )
        run_models(connection, compiled, (MODEL,))
        after = connection.sql(f"from {MODEL} order by customer_key").fetchall()
    assert len(before) > 300
    assert before == after


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """What leads to `touchpoint_value`, of a shop with all its dirt.

    Beside its experiment are one of a touchpoint that nobody knows, and one with a
    single variant.
    """
    folder = tmp_path_factory.mktemp("shop")
    simulate(Plan(shop(failure=0.6), 2500, 24, 6), folder, workers=1)
    for table, query in (
        (
            "experiments",
            "select 'odd' as experiment_id, 'payments_failing' as touchpoint "
            "union all select 'single', 'chat_started'",
        ),
        (
            "experiment_exposures",
            "select 'single' as experiment_id, 'a' as variant, "
            "'2022-05-01T00:00:00Z' as exposed_at, 'somebody' as customer_id",
        ),
    ):
        path = folder / "raw" / table / "more.parquet"
        duckdb.sql(query).write_parquet(str(path))
    return build(
        folder / "raw", folder / "out", "--indirect-selection", "cautious",
        "--select", "+touchpoint_value",
        "warn_unknown_touchpoints", "warn_experiments_without_variants",
    )  # fmt: skip


def test_the_mart_calls_it_a_cause(built: Build, compiled: dict[str, str]):
    assert built.result.success, built.failed
    rows = built.work(
        "select stage, evidence, is_significant, reading, n_compared, n_people, "
        "effect_lower_amount, effect_amount, effect_upper_amount, e_value "
        "from marts.touchpoint_value where touchpoint = 'payment_failed'"
    )
    [row] = [row for row in rows if row[0] == "any"]
    assert row[1] == "experiment"
    assert {other[1] for other in rows if other != row} <= {"association", "none"}
    assert "association" in {other[1] for other in rows}
    assert row[2]
    assert "gave it out by lot. People bring less for it" in row[3]
    assert 1500 < row[5] <= row[4]
    assert row[9] is None
    # True is what holds in the world without dirt, whose margin rate is near this one.
    treated = lived(compiled, 6, failure=0.6, true_share=1.0)
    untreated = lived(compiled, 6, failure=0.6, effect=0.0)
    moved = treated.n_days_met.sum() - untreated.n_days_met.sum()
    brought = treated.margin_amount.sum() - untreated.margin_amount.sum()
    assert row[6] < brought / moved < row[8]


def test_experiments_that_cannot_tell_are_named(built: Build):
    assert built.result.result is not None
    warned = {
        run.node.name: run.failures
        for run in built.result.result.results
        if run.status == "warn"
    }
    assert warned["warn_unknown_touchpoints"] == 1
    assert warned["warn_experiments_without_variants"] == 1
    assert built.work(
        "select evidence from marts.touchpoint_value "
        "where touchpoint = 'payments_failing' or evidence = 'experiment'"
    ) == [("experiment",)]
