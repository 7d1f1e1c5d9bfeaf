"""Benchmarks that no other test runs, on a small world: that they run."""

import pytest

from benchmarks import worlds


@pytest.mark.parametrize(("preset", "is_fitted"), [("shop", True), ("furniture", None)])
def test_worlds_are_predicted(monkeypatch, preset, is_fitted):
    monkeypatch.setattr(worlds, "CUSTOMERS", 400)
    customers, season = worlds.histories(worlds.live(preset, 1))
    ratio = worlds.predicted_to_happened(customers, worlds.fit(customers), season)
    assert ratio is None if is_fitted is None else 0.5 < ratio < 2
