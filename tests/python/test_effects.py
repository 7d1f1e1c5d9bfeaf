"""Effects of touchpoints against statsmodels, the jackknife, and simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.treatment.treatment_effects import TreatmentEffect

from journey_clv.effects import e_value, effect_on_exposed, touchpoint_effects

# Of those who meet it, the touchpoint drives off three tenths of what would come.
KEPT = 0.7
SETTINGS = {"both": "ab", "outcome only": "bc", "propensity only": "ac"}


def world(seed: int, people: int = 400):
    """Moments of people, 3 each: who is active meets more, and brings more."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), 3)
    active, value = rng.normal(size=(2, people))[:, person] * 0.7 + 0.7 * rng.normal(
        size=(2, len(person))
    )
    exposed = rng.random(len(person)) < special.expit(0.7 * active + 0.5 * value - 1.5)
    own = rng.gamma(4, 0.25, people)[person]
    mean = np.exp(2 + 0.4 * active + 0.3 * value) * np.where(exposed, KEPT, 1.0)
    # Half of them bring nothing.
    bought = rng.random(len(person)) < 0.5
    outcome = mean * own * bought * 2 * rng.gamma(3, 1 / 3, len(person))
    right = np.column_stack([np.ones(len(person)), active, value])
    without = exposed * mean / KEPT
    return outcome, exposed, right, person, without.sum() / exposed.sum()


TRUTH = (KEPT - 1) * np.mean([world(seed, 20_000)[4] for seed in range(20)])


@pytest.mark.parametrize(
    ("propensity", "outcome_regression"),
    [("right", "right"), ("wrong", "right"), ("right", "wrong"), ("wrong", "wrong")],
)
def test_one_of_the_two_models_is_enough(propensity: str, outcome_regression: str):
    columns = {"right": [0, 1, 2], "wrong": [0, 1]}
    effects, held = [], []
    for seed in range(400):
        outcome, exposed, design, person, _ = world(1000 + seed)
        found = effect_on_exposed(
            outcome,
            exposed,
            design[:, columns[propensity]],
            design[:, columns[outcome_regression]],
            person,
        )
        effects.append(found.effect)
        held.append(abs(found.effect - TRUTH) < found.half_width)
    error = stats.sem(effects)
    if "right" in (propensity, outcome_regression):
        assert abs(np.mean(effects) - TRUTH) < 3 * error
        assert error < 0.03 * abs(TRUTH)
        # 95 of 100; beyond these, one in a thousand by chance.
        assert 0.91 < np.mean(held) < 0.985
    else:
        assert abs(np.mean(effects) - TRUTH) > 10 * error
        assert np.mean(held) < 0.9


def test_where_there_is_no_effect_one_in_twenty_is_found():
    rejected = 0
    for seed in range(400):
        outcome, exposed, design, person, _ = world(5000 + seed)
        outcome = np.where(exposed, outcome / KEPT, outcome)
        found = effect_on_exposed(outcome, exposed, design, design, person)
        rejected += found.p_value < 0.05
    assert 0.015 < rejected / 400 < 0.09


def test_it_is_what_statsmodels_weighting_says_where_nothing_is_regressed():
    outcome, exposed, design, _, _ = world(1)
    rows = np.arange(len(outcome))
    found = effect_on_exposed(
        outcome, exposed, design, design[:, :1], rows, penalty=0.0
    )
    treatment = exposed.astype(float)
    logit = sm.Logit(treatment, design).fit(disp=0, tol=1e-12)
    weighted = TreatmentEffect(sm.OLS(outcome, design), treatment, logit)
    expected = weighted.ipw(effect_group=1)
    assert found.effect == pytest.approx(expected.effect[0], rel=1e-6)
    assert found.std_error == pytest.approx(expected.results_gmm.bse[0], rel=0.002)


def test_it_is_the_formula_on_the_fits_of_statsmodels():
    outcome, exposed, design, person, _ = world(2)
    found = effect_on_exposed(outcome, exposed, design, design, person, penalty=0.0)
    e = sm.Logit(exposed.astype(float), design).fit(disp=0).predict()
    fit = sm.GLM(outcome[~exposed], design[~exposed], family=sm.families.Poisson())
    residual = outcome - fit.fit(tol=1e-12).predict(design)
    weights = (e / (1 - e))[~exposed]
    expected = residual[exposed].mean() - np.average(
        residual[~exposed], weights=weights
    )
    assert found.effect == pytest.approx(expected, rel=1e-5)
    assert found.mean_exposed == pytest.approx(outcome[exposed].mean())


def test_the_error_is_that_of_leaving_each_person_out():
    outcome, exposed, design, person, _ = world(3, people=500)
    found = effect_on_exposed(outcome, exposed, design, design, person)
    without = []
    for left_out in range(500):
        kept = person != left_out
        without.append(
            effect_on_exposed(
                outcome[kept], exposed[kept], design[kept], design[kept], person[kept]
            ).effect
        )
    jackknife = np.sqrt(499 / 500 * np.sum((without - np.mean(without)) ** 2))
    assert found.std_error == pytest.approx(jackknife, rel=0.03)


def test_e_values_are_those_of_the_paper():
    # VanderWeele and Ding (2017): a risk ratio of 3.9 has an E-value of 7.26.
    assert e_value(np.log(3.9) / 0.91, 1.0) == pytest.approx(7.26, abs=0.005)
    assert e_value(-2 * np.log(3.9) / 0.91, 2.0) == pytest.approx(7.26, abs=0.005)
    assert e_value(0.0, 3.0) == 1.0


def frames(seed: int = 1, people: int = 300):
    """The same worlds as the models hand them over; half a stage meets a chat."""
    outcome, exposed, design, person, _ = world(seed, people)
    numbers = np.arange(len(outcome)) + 7
    moments = pd.DataFrame(
        {
            "moment_number": numbers,
            "customer_key": [f"p{key:04}" for key in person],
            "compared_with": "day",
            "is_sampled_like": ~exposed,
            "margin_amount": outcome,
            "stage_before": np.where(person % 2, "purchase", "retention"),
            "entry_channel": np.where(person % 3, "Email", "Direct"),
            "day_number": 19000 + numbers % 300,
            "tenure_days": np.round(np.exp(4 + design[:, 1])),
            "recency_days": np.where(
                person % 5, np.round(np.exp(design[:, 2])), np.nan
            ),
            "n_recent_visits": 2,
            "n_orders": 1,
            "order_amount": 40 + 9 * design[:, 1],
            "order_recency_days": 30.0,
        }
    )
    chats = pd.DataFrame(
        {"stage": "any", "touchpoint": "chat", "moment_number": numbers[exposed]}
    )
    of_purchase = chats[(moments.stage_before == "purchase")[exposed].to_numpy()]
    touched = pd.concat([chats, of_purchase.assign(stage="purchase")])
    return moments, touched


def test_a_row_per_stage_and_touchpoint():
    moments, touched = frames()
    rare = pd.DataFrame(
        {"stage": "any", "touchpoint": "rare", "moment_number": [9, 12, 16]}
    )
    found = touchpoint_effects(
        moments.sample(frac=1, random_state=1),
        pd.concat([touched, rare]).sample(frac=1, random_state=2),
        min_exposures=30,
    )
    assert list(zip(found.touchpoint, found.stage, strict=True)) == [
        ("chat", "any"), ("chat", "purchase"), ("rare", "any"),
    ]  # fmt: skip
    chat = found[found.touchpoint == "chat"]
    assert chat.n_compared.to_list() == touched.groupby("stage").size().to_list()
    difference = chat.mean_value - chat.mean_value_without
    assert chat.effect.to_numpy() == pytest.approx(difference.to_numpy())
    assert chat.effect.between(chat.effect_lower, chat.effect_upper).all()
    assert (chat.interval_e_value <= chat.e_value).all()
    # The smaller of two p-values is doubled, but not beyond the other.
    smaller, larger = np.sort(chat.p_value)
    assert chat.adjusted_p_value.min() == pytest.approx(min(2 * smaller, larger))
    assert found.iloc[2][["effect", "p_value", "e_value"]].isna().all()
    assert found.iloc[2].n_compared == 3


def test_who_met_it_does_not_stand_for_those_who_did_not():
    moments, touched = frames()
    likes = moments[moments.is_sampled_like]
    met = likes.moment_number.iloc[::4]
    also = pd.DataFrame({"stage": None, "touchpoint": "chat", "moment_number": met})
    found = touchpoint_effects(moments, pd.concat([touched, also]), min_exposures=30)
    rest = moments[~moments.moment_number.isin(met)]
    alone = touchpoint_effects(rest, touched, min_exposures=30)
    assert (found.n_likes == alone.n_likes).all()
    # All but the mean order of the whole sample, by which features are measured.
    assert found.effect.to_numpy() == pytest.approx(alone.effect.to_numpy(), rel=0.01)


def test_those_whose_like_almost_all_met_it_are_left_out():
    moments, touched = frames()
    chats = touched[touched.stage == "any"]
    alone = touchpoint_effects(moments, chats, min_exposures=30)
    # A hundred newcomers who all met it, and three who did not.
    new = moments.iloc[[0] * 103].assign(
        moment_number=5000 + np.arange(103),
        customer_key=[f"new{number}" for number in range(103)],
        tenure_days=0,
        is_sampled_like=np.arange(103) >= 100,
        margin_amount=1e5,
    )
    met = new.moment_number[~new.is_sampled_like].to_frame()
    found = touchpoint_effects(
        pd.concat([moments, new]),
        pd.concat([chats, met.assign(stage="any", touchpoint="chat")]),
        min_exposures=30,
    )
    [before], [row] = alone.itertuples(), found.itertuples()
    assert row.n_compared == before.n_compared + 100
    assert row.n_supported == pytest.approx(before.n_supported, rel=0.02)
    assert row.effect == pytest.approx(before.effect, abs=0.3 * before.std_error)


def test_no_moments_are_no_rows():
    moments, touched = frames()
    found = touchpoint_effects(moments.iloc[:0], touched.iloc[:0], min_exposures=30)
    assert found.empty
    assert found.dtypes["effect"] == np.float64
    assert found.dtypes["n_likes"] == np.int64


def test_who_brought_nothing_is_compared_with_nobody():
    moments, touched = frames()
    moments["margin_amount"] = 0.0
    found = touchpoint_effects(moments, touched, min_exposures=30)
    assert found.effect.isna().all()
    assert (found.n_supported > 30).all()


def test_an_effect_beyond_all_that_was_seen_is_none():
    # Six in a hundred brought anything: curves through these can say anything.
    dropped = 0
    for seed in range(12):
        moments, touched = frames(seed, people=60)
        is_bought = np.random.default_rng(seed).uniform(size=len(moments)) < 0.06
        moments["margin_amount"] *= is_bought
        found = touchpoint_effects(moments, touched, min_exposures=5)
        width = np.ptp(moments.margin_amount)
        assert not (found.effect.abs() > width).any()
        assert np.isfinite(found.e_value.dropna()).all()
        dropped += found.effect.isna().sum()
    assert 0 < dropped < 12
