"""Essential products: served first if the rule says so; what they lack is a result of its own."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.world.trade import allocate
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

SHORT = (
    "period.end=2028-01-01",
    "rules.spot=false",
    "rules.switching=false",
    "rules.overtime=false",
    worlds.outage(where={"process": "refine_copper"}, start="2025-01-01", duration_days=365, severity=0.6),
)


@pytest.mark.parametrize("product", ["device", "other_copper"])
def test_essential_products_lack_less_and_refiners_make_the_same(product):
    stated = f'essential=["{product}"]'
    off = worlds.paper("stationary", *SHORT, stated)
    on = worlds.paper("stationary", *SHORT, stated, "rules.allocation=essential")
    assert float(on["unmet_essential"].sum()) < float(off["unmet_essential"].sum())
    assert float(on["availability_essential"].min()) >= float(off["availability_essential"].min())
    refined = [ds["production"].sel(process="refine_copper").sum("time").values for ds in (off, on)]
    np.testing.assert_allclose(refined[1], refined[0], rtol=1e-9)


def test_the_rule_moves_a_shortage_and_makes_none():
    """What a supplier sends in all is the same by every rule: the smaller of its stock and its backlog."""
    rng = np.random.default_rng(1)
    supplier, backlog = rng.integers(0, 5, 40), rng.random(40)
    stock = rng.random(5) * 5
    sent = allocate(stock, backlog, supplier)
    first = allocate(stock, backlog, supplier, "essential", (rng.random(40) < 0.3).astype(float))
    totals = [np.bincount(supplier, s, minlength=5) for s in (sent, first)]
    np.testing.assert_allclose(totals[1], totals[0], rtol=1e-12)


def test_to_name_products_changes_no_other_result():
    plain = worlds.paper("stationary", *SHORT)
    named = worlds.paper("stationary", *SHORT, 'essential=["device"]')
    assert set(named.data_vars) - set(plain.data_vars) == {
        "demanded_essential", "unmet_essential", "availability_essential",
    }  # fmt: skip
    for key in plain.data_vars:
        assert np.array_equal(named[key].values, plain[key].values, equal_nan=True), key


def test_each_material_has_its_own_part_of_what_essential_products_ask_for():
    ds = worlds.paper("stationary", *SHORT, 'essential=["device"]')
    everything = worlds.paper(
        "stationary", *SHORT, f"essential={[str(p) for p in ds['product'].values]}".replace("'", '"')
    )
    for whole, named in (
        ("content_demanded", "demanded_essential"),
        ("availability_final", "availability_essential"),
    ):
        np.testing.assert_allclose(everything[named], everything[whole], rtol=1e-12)
    assert (ds["demanded_essential"] <= ds["content_demanded"] * (1 + 1e-12)).all()
    served = ds["availability_essential"] * ds["demanded_essential"]
    assert (served <= ds["content_delivered"] * (1 + 1e-9)).all()


def test_the_indicator_counts_the_named_products_only():
    ds = worlds.paper("stationary", *SHORT, 'essential=["device"]')
    none = worlds.paper("stationary", *SHORT, "essential=[]", "rules.allocation=essential")
    assert float(ds["demanded_essential"].sum()) < float(ds["content_demanded"].sum())
    assert float(none["unmet_essential"].sum()) == 0
    assert float(none["availability_essential"].min()) == 1
