"""The pipeline against a world whose truth is known."""

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from conftest import Build, build

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

SERVICE_COSTS = {"ticket_opened": 6.5, "ticket_delivery": 8}

NOBODY_ERASED = (
    "person_id not in (select person_id from "
    "'{truth}/identities/*.parquet' where erased_at is not null)"
)


class World:
    """A simulated folder and the build on it."""

    def __init__(self, folder: Path, scenario: str, customers: int, seed: int) -> None:
        plan = Plan(load_scenario(scenario), customers, 24, seed)
        simulate(plan, folder, workers=1)
        self.folder = folder
        self.build: Build = build(
            folder / "raw", folder / "out", service_costs=SERVICE_COSTS
        )

    def truth(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.sql(
                query.format(truth=self.folder / "truth", raw=self.folder / "raw")
            ).fetchall()


@pytest.fixture(scope="module", params=[1, 2])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("shop")
    return World(folder, "shop", 1500, request.param)


def test_the_shop_builds_with_every_table(shop: World):
    assert shop.build.result.success, shop.build.failed
    assert shop.build.marts(
        "select count(*) from row_reconciliation where n_raw = 0"
    ) == [(0,)]


def test_quarantine_finds_what_is_malformed_and_nothing_else(shop: World):
    # Rows of erased people are gone before anybody looks at them, but for the few
    # that nothing links to them any more; those may be found or not.
    planted = (
        "select table_name, reason, row_id from '{truth}/malformed_rows/*.parquet'"
    )
    everywhere = shop.truth(planted)
    among_the_kept = shop.truth(f"{planted} where {NOBODY_ERASED}")
    found = shop.build.marts(
        "select table_name, rejection_reason, raw_row ->> 'order_id' "
        "from quarantined_rows"
    )
    assert len(among_the_kept) > 400

    def by_reason(rows: list[tuple[Any, ...]]) -> Counter[tuple[str, str]]:
        return Counter((table, reason) for table, reason, _ in rows)

    def orders(rows: list[tuple[Any, ...]]) -> Counter[tuple[str, str]]:
        # By name too, where the row still has one.
        return Counter(
            (reason, row_id)
            for table, reason, row_id in rows
            if table == "orders" and reason != "missing_order_id"
        )

    for view in (by_reason, orders):
        assert view(among_the_kept) <= view(found) <= view(everywhere)


def test_orders_are_those_of_the_truth(shop: World):
    # All of those whose row is whole and whose customer is not erased, and what they
    # brought, to the cent where no rate of exchange comes in.
    true_orders = dict(
        shop.truth(
            "select order_id, net_revenue from '{truth}/orders/*.parquet' "
            "where not is_cancelled and order_id not in (select row_id from "
            "'{truth}/malformed_rows/*.parquet' where table_name = 'orders' "
            f"and row_id is not null) and {NOBODY_ERASED}"
        )
    )
    built = shop.build.marts(
        "select order_id, order_currency, net_revenue_amount + refunded_amount "
        "from fct_orders where is_purchase"
    )
    kept = {order_id for order_id, *_ in built}
    assert len(true_orders) > 1000
    assert true_orders.keys() - kept == set()
    # A malformed row can have a whole copy.
    assert len(kept - true_orders.keys()) <= 0.01 * len(kept)
    dollars = [
        (true_orders[order_id], float(amount))
        for order_id, currency, amount in built
        if currency == "USD" and order_id in true_orders
    ]
    assert len(dollars) > 500
    assert np.allclose(*np.transpose(dollars), atol=0.005)


@pytest.fixture(scope="module")
def matching(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that is exactly Pareto/NBD and Gamma-Gamma."""
    return World(tmp_path_factory.mktemp("matching"), "buy_till_you_die", 4000, 3)


def test_the_fits_recover_the_world_that_they_describe(matching: World):
    assert matching.build.result.success, matching.build.failed
    people = load_scenario("buy_till_you_die").people
    fits = matching.build.frame("from btyd_parameters").set_index(
        ["model", "parameter"]
    )
    for name, truth in [
        ("r", people.purchase_shape),
        ("alpha", people.purchase_scale_days),
        ("s", people.dropout_shape),
        ("beta", people.dropout_scale_days),
    ]:
        fit = fits.loc[("pareto_nbd", name)]
        # Four standard errors, on the scale of the logarithm.
        error = fit.std_error / fit.estimate
        assert abs(np.log(fit.estimate / truth)) < 4 * error, name


def test_expected_orders_are_unbiased_in_the_world_that_fits(matching: World):
    # The year after the as-of time has been lived: count what was ordered in it.
    happened = dict(
        matching.truth(
            "select identities.identifier, future.n_orders "
            "from '{truth}/future/*.parquet' as future "
            "inner join '{truth}/identities/*.parquet' as identities "
            "on future.person_id = identities.person_id "
            "and identities.kind = 'customer_id' where future.horizon_days = 365"
        )
    )
    predicted = dict(
        matching.build.marts(
            "select customers.customer_id, clv.predicted_orders from clv_customers "
            "as clv inner join dim_customers as customers using (customer_key)"
        )
    )
    errors = np.array([happened[who] - n for who, n in predicted.items()])
    assert len(errors) > 1000
    # Spread over customers, and the uncertainty of the fit, a few per cent.
    total = sum(predicted.values())
    assert abs(errors.sum()) < 4 * np.hypot(np.sqrt((errors**2).sum()), 0.02 * total)


def test_what_service_cost_is_off_the_margin(shop: World):
    # Against a count of the staged tickets, which never went through contacts.
    plain, about_delivery = SERVICE_COSTS.values()
    [(n_plain, n_about_delivery)] = shop.build.work(
        """
        select
            count(*) filter (not tickets.is_about_delivery),
            count(*) filter (tickets.is_about_delivery)
        from intermediate.int_tickets_described as tickets
        inner join intermediate.int_customer_ids_resolved as resolved
            using (customer_id)
        inner join (
            select customer_key, min(ordered_at) as first_ordered_at
            from marts.fct_orders
            where is_purchase
            group by customer_key
        ) as firsts using (customer_key)
        where tickets.opened_at >= firsts.first_ordered_at
        """
    )
    assert min(n_plain, n_about_delivery) > 0
    expected = float(plain * n_plain + about_delivery * n_about_delivery)
    [(cost, margin, before)] = shop.build.marts(
        "select sum(historic_service_cost_amount), sum(historic_margin_amount), "
        "(select sum(margin_amount) from fct_orders where is_purchase) "
        "from clv_customers"
    )
    assert float(cost) == pytest.approx(expected)
    assert float(margin) == pytest.approx(float(before) - expected)
    # What is to come is valued at the margin that is left.
    [(rate, left)] = shop.build.marts(
        "select sum(predicted_margin_amount) / sum(predicted_net_revenue_amount), "
        "sum(historic_margin_amount) / sum(historic_net_revenue_amount) "
        "from clv_customers"
    )
    assert float(rate) == pytest.approx(float(left), rel=1e-4)
