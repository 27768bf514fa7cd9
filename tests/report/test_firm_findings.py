"""Sentences on prices and enterprises: numbers are those of the data; of nothing, nothing is said."""

import numpy as np
import pytest

from simulator.report import firm_findings
from simulator.report.findings import findings
from simulator.report.sentences import counted, dollars, month_name, percent
from tests.report import fake

SHOCKS = ["liquidity", "structural"]


@pytest.fixture(scope="module")
def base():
    return fake.dataset("reference", title="Reference", economy=True)


@pytest.fixture(scope="module")
def outage():
    return fake.dataset("outage", title="No cobalt", outage="cobalt", economy=True)


def said(found, chart):
    return [f.text for f in found if f.chart == chart]


def world_price(ds, material):
    got = ds.trade.sum("region_from").rename(region_to="region").sel(good=f"refined_{material}")
    value = got * ds.price_base.sel(good=f"refined_{material}")
    return ((value * ds.price.sel(good=f"refined_{material}")).sum("region") / value.sum("region")).values


def test_highest_price_and_when(base):
    best = max(base.material.values, key=lambda m: world_price(base, m).max())
    price = world_price(base, best)
    month = month_name(str(base.time.values[price.argmax()].astype("datetime64[M]")))
    assert said(firm_findings.of_run(base, False), "prices") == [
        f"The highest price is that of {best}: {price.max():.3g} times that of the base year in {month}."
    ]


def test_price_against_the_baseline(base, outage):
    ratio = world_price(outage, "cobalt") / world_price(base, "cobalt")
    month = month_name(str(base.time.values[ratio.argmax()].astype("datetime64[M]")))
    (text,) = said(firm_findings.against(outage, base), "prices")
    assert text.startswith(f"“No cobalt”: the price of cobalt rises to {ratio.max():.3g} times that in ")
    assert f"“Reference” in {month}" in text
    (back,) = said(firm_findings.against(base, outage), "prices")
    assert "the price of cobalt falls to" in back


def test_enterprises_lost_by_size(base):
    (text,) = said(firm_findings.of_run(base, True), "failures")
    failed = base.failures.sel(cause=SHOCKS).sum(("time", "region", "stage", "cause"))
    start = base.n_firms[0] + base.failures[0].sum("cause") - base.births[0]
    start = start.sum(("region", "stage"))
    assert text.startswith(f"In “Reference”, {counted(float(failed.sum()))} enterprises fail")
    assert f"{percent(float(failed.sum() / start.sum()))} of those at the start" in text
    for size in base.size.values:
        assert f"{percent(float(failed.sel(size=size) / start.sel(size=size)))} of {size}" in text


def test_usual_turnover_is_no_finding(base):
    usual = base.copy(deep=True)
    usual["failures"].loc[{"cause": SHOCKS}] = 0.0
    assert said(firm_findings.of_run(usual, False), "failures") == []


def test_more_failures_than_the_baseline(base, outage):
    def lost(ds):
        return float(ds.failures.sel(cause=SHOCKS).sum())

    (text,) = said(firm_findings.against(outage, base), "failures")
    assert f"{counted(lost(outage) - lost(base))} more enterprises fail" in text
    (back,) = said(firm_findings.against(base, outage), "failures")
    assert f"{counted(lost(outage) - lost(base))} fewer enterprises fail" in back
    tones = [f.tone for a, b in ((outage, base), (base, outage)) for f in firm_findings.against(a, b)]
    assert tones == ["worse", "worse", "plain", "better"]


def test_what_a_programme_costs_and_changes(base):
    helped = fake.dataset("helped", title="Helped", programmes=True)
    (text,) = said(firm_findings.against(helped, base), "programmes")
    cost = float(helped.programme_cost.sum())
    reach = float(helped.programme_reach.sum(("region", "programme")).max())
    kept = float((base.failures - helped.failures).sel(cause=SHOCKS).sum())
    assert f"programmes cost {dollars(cost)}" in text
    assert f"reach up to {counted(reach)} enterprises at once; {counted(kept)} fewer fail" in text
    assert f"{dollars(cost / kept)} for each" in text


def test_a_programme_without_effect_is_told_as_such(base):
    idle = fake.dataset("idle", title="Idle", programmes=True)
    idle["failures"] = base["failures"]
    (text,) = said(firm_findings.against(idle, base), "programmes")
    assert text.endswith("no detectable change in the number that fail against “Reference”.")


def test_members_against_similar_firms_outside(base):
    allied = fake.dataset("allied", title="Allied", alliance=True)
    ally, match = (1 - (1 - h) ** 204 for h in (0.002, 0.003))
    (text,) = said(firm_findings.against(allied, base), "allies")
    assert f"{percent(ally)} of the alliance's members fail" in text
    assert f"against {percent(match)} of similar firms outside" in text
    for name in ("ally_failures", "ally_firms"):
        allied[name].loc[{"group": "match"}] = allied[name].sel(group="ally")
    (text,) = said(firm_findings.against(allied, base), "allies")
    assert "no detectable difference" in text


def test_members_are_told_of_an_alliance_that_starts_late_and_not_of_one_without_firms_like_them(base):
    allied = fake.dataset("allied", title="Allied", alliance=True)
    late = allied.copy(deep=True)
    for name in ("ally_failures", "ally_firms"):
        late[name][:12] = 0.0
    (text,) = said(firm_findings.against(late, base), "allies")
    assert f"{percent(1 - (1 - 0.002) ** 192)} of the alliance's members fail" in text
    allied["ally_firms"].loc[{"group": "match"}] = allied["ally_failures"].loc[{"group": "match"}] = 0.0
    assert not [f for f in firm_findings.against(allied, base) if f.chart == "allies"]


def test_nothing_is_said_where_nothing_is_or_moves(base):
    bare = fake.dataset("bare", title="Bare")
    assert firm_findings.of_run(bare, True) == []
    assert firm_findings.against(bare, base) == firm_findings.against(base, bare) == []
    assert firm_findings.against(base, base) == []
    flat = base.copy(deep=True)
    flat["price"] = xr_ones(flat["price"])
    flat["failures"] = 0 * flat["failures"]
    assert firm_findings.of_run(flat, True) == []


def xr_ones(array):
    return array.copy(data=np.where(np.isfinite(array), 1.0, np.nan))


def test_the_same_run_twice_claims_no_difference(base):
    twin = base.copy()
    twin.attrs = {**base.attrs, "scenario": "twin", "title": "Twin"}
    found = [f for f in findings([base, twin]) if "Twin" in f.text]
    assert len(found) == 1 and "no detectable change" in found[0].text


def test_money_and_heads_read_well():
    assert [dollars(v) for v in (3.21e9, 4.1e5, 12.0)] == ["3.21 billion USD", "410 thousand USD", "12 USD"]
    assert [counted(v) for v in (12345.6, 7.0, 987.6)] == ["12,300", "7", "988"]
