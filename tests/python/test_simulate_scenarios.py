"""Scenarios are checked on load; the command says in a line what is wrong."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from journey_clv.simulate.cli import simulate
from journey_clv.simulate.scenario import (
    Channel,
    ScenarioError,
    load_scenario,
    presets,
)

app = typer.Typer()
app.command()(simulate)


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> str:
        path = tmp_path / "mine.yml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def test_the_presets_load():
    assert presets() == ["buy_till_you_die", "fashion", "furniture", "grocer", "shop"]
    for name in presets():
        assert load_scenario(name).name == name


def test_a_scenario_states_what_differs(written):
    mine = load_scenario(
        written("based_on: grocer\ndirt: {bots: 0.5}\nchannels: {affiliate: null}\n")
    )
    grocer = load_scenario("grocer")
    assert mine.name == "mine"
    assert mine.dirt.bots == 0.5
    assert mine.dirt.duplicates == grocer.dirt.duplicates
    assert mine.people == grocer.people
    assert list(mine.channels) == [c for c in grocer.channels if c != "affiliate"]


def test_one_channel_is_only_present():
    present = load_scenario("shop").channels["brand_search"]
    assert isinstance(present, Channel)
    assert present.is_paid
    assert present.lift == present.arrival_incrementality == 0
    assert present.entry_weight > 0


def test_two_experiments_work_one_does_not_and_one_is_split_badly():
    experiments = load_scenario("shop").experiments.values()
    sound = [one for one in experiments if one.planned_share == one.true_share]
    assert sorted(one.effect > 0 for one in sound) == [False, True, True]
    assert len(experiments) == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("journey: {lat: 0.1}", "mine.yml: there is no key journey.lat; there are: "),
        ("weather: {}", "mine.yml: there is no key weather; there are: "),
        (
            "journey: {late: often}",
            "mine.yml: journey.late must be a number, not often.",
        ),
        (
            "journey: {late: 1.5}",
            "mine.yml: journey.late must be from 0 to 1, not 1.5.",
        ),
        ("journey: {late: true}", "mine.yml: journey.late must be a number, not True."),
        (
            "journey: {late: .nan}",
            "mine.yml: journey.late must be from 0 to 1, not nan.",
        ),
        (
            "journey: {products: 8.5}",
            "journey.products must be a whole number, not 8.5.",
        ),
        ("people: {purchase_shape: 0}", "people.purchase_shape must be at least 0.01"),
        ("journey: 3", "mine.yml: journey must be a mapping, not 3."),
        ("journey: {late: null}", "mine.yml: the key journey.late is missing."),
        ("calendar: {start_date: soon}", "calendar.start_date must be a date such as"),
        (
            "calendar: {hour_weights: [1, 2]}",
            "calendar.hour_weights must be 24 numbers",
        ),
        ("calendar: {hour_weights: 1}", "calendar.hour_weights must be a list, not 1."),
        ("truth: {horizons_days: [30, x]}", "truth.horizons_days[1] must be a whole"),
        ("truth: {horizons_days: []}", "truth.horizons_days must not be empty."),
        ("people: {countries: {XX: 1}}", "people.countries.XX must be one of US, GB"),
        ("people: {correlations: {spend/luck: 0.1}}", "people.correlations.spend/luck"),
        (
            "people: {correlations: {purchase_rate/dropout_rate: 0.99,"
            " purchase_rate/satisfaction: 0.99}}",
            "people.correlations contradict each other",
        ),
        ("experiments: {green_button: {target: luck}}", "must be one of checkout"),
        ("experiments: {green_button: {effect: 4}}", "experiments.green_button.effect"),
        (
            "journey: {payment_failure: 0.3}\n"
            "experiments: {green_button: {target: payment_failure, effect: 4}}",
            "green_button.effect must leave journey.payment_failure at 1 at most.",
        ),
        ("channels: {tv: {arrivals: 1}}", "the key channels.tv.is_paid is missing."),
        ("channels: {direct: {touch_rate: 0.9}}", "channels must have touch rates of"),
        ("journey: {price_from: 500}", "journey.price_to must be above price_from."),
        ("based_on: nothing", "mine.yml: based_on must be one of buy_till_you_die,"),
        ("- a", "mine.yml must be a mapping of keys to values."),
        ("a: [", "mine.yml cannot be read: "),
    ],
)
def test_what_is_wrong_is_named_in_a_sentence(written, text, sentence):
    with pytest.raises(ScenarioError, match=re.escape(sentence)) as error:
        load_scenario(written(text))
    assert str(error.value).startswith("mine.yml")
    assert "\n" not in str(error.value)


def test_an_unknown_scenario_is_answered_with_the_known_ones():
    with pytest.raises(
        ScenarioError, match="No scenario is called shoe; there are: buy"
    ):
        load_scenario("shoe")
    with pytest.raises(ScenarioError, match=r"There is no scenario file shoe\.yml\."):
        load_scenario("shoe.yml")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--scenario", "shoe"], "No scenario is called shoe; there are: "),
        (["--customers", 0], "customers must be 1 or more, not 0."),
        (["--months", 0], "months must be 1 or more, not 0."),
        (["--months", 12 * 70], "A world lies between 1970 and 2090."),
        (["--append-days", 3], "holds no simulated world"),
        (["--append-days", 3, "--seed", 2], "--append-days goes with --out alone"),
    ],
)
def test_the_command_refuses_in_a_line(tmp_path, arguments, line):
    result = run("--out", tmp_path / "world", *arguments)
    assert result.exit_code != 0
    assert line in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert not (tmp_path / "world").exists()


def test_the_command_writes_appends_and_leaves_other_folders_alone(tmp_path, written):
    scenario = written("truth: {horizons_days: [7]}")
    world = tmp_path / "world"
    base = ["--out", world, "--customers", 40, "--months", 1, "--scenario", scenario]
    result = run(*base)
    assert result.exit_code == 0, result.stderr
    assert "interactions of 40 people" in result.stdout
    assert (world / "raw" / "orders" / "until-2022-02-01-part-00000.parquet").is_file()

    again = run(*base)
    assert again.exit_code == 1
    assert "is there already: name another folder, or --force" in again.stderr

    appended = run("--out", world, "--append-days", 5)
    assert appended.exit_code == 0, appended.stderr
    assert "up to 2022-02-06" in appended.stdout
    assert (world / "raw" / "orders" / "until-2022-02-06-part-00000.parquet").is_file()
    assert run("--out", world, "--append-days", 0).exit_code == 1

    assert run(*base, "--force").exit_code == 0
    assert (world / "truth.old" / "simulation.yml").is_file()
    assert run(*base, "--force").exit_code == 1
