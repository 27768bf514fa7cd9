"""Laws 6 and 7 on whole runs: size of the world, number of firms, length of a review, length of an outage."""

from __future__ import annotations

import numpy as np
import pytest

import simulator.run as room
from simulator.build import network
from simulator.scenario import load
from simulator.terms import VARIABLES
from simulator.world.relations import Relations
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

QUANTITIES = {
    "supply": "tonnes",
    "capacity_paths": "tonnes",
    "demand": "tonnes",
    "products": "units_2024",
    "sales_history": "units",
}
MANY = tuple(
    f"world.agents.{stage}={n}" for stage, n in zip(worlds.STAGES, (12, 12, 8, 20, 12, 12), strict=True)
)
MONTH = 43_830  # min


@pytest.fixture(scope="module")
def larger(tmp_path_factory):
    """Tables of the paper world, a thousand times as large."""

    def change(table, rows):
        for row in rows:
            if table in QUANTITIES:
                row[QUANTITIES[table]] = repr(1000 * float(row[QUANTITIES[table]]))
        return rows

    return worlds.copied(tmp_path_factory.mktemp("larger"), change)


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """Tables of the paper world in which firms of all sizes keep the same cover."""

    def change(table, rows):
        for row in rows:
            if table == "covers":
                row |= {"input_cover_days": "30", "output_cover_days": "10"}
        return rows

    return worlds.copied(tmp_path_factory.mktemp("flat"), change)


def run(tables, name, *sets):
    return room.run(load(worlds.PAPER / f"{name}.yaml", tables=tables, sets=sets), tables)


@pytest.mark.parametrize("name", ["outage", "recovery"])
def test_a_thousand_times_the_quantities_are_a_thousand_times_the_masses(larger, name):
    once, more = worlds.paper(name), run(larger, name)
    for key, values in once.drop_vars(APART).data_vars.items():
        wanted = values.values * (1 if key in SHARES else 1000)
        scale = np.nanmax(np.abs(wanted), initial=0.0)
        np.testing.assert_allclose(more[key].values, wanted, rtol=1e-9, atol=1e-9 * scale, err_msg=str(key))


BY_AREA = [name for name in VARIABLES if name.endswith("_by_area")]
SHARES = {
    *("process_material", "good_material", "restriction_material"),
    "availability",
    "availability_base_need",
    "availability_final",
    "cover",
    *(name.removesuffix("_by_area") for name in BY_AREA),
    *BY_AREA,
    *("membership", "country_hhi", "country_top", "country_risk_global", "country_risk_eu"),
    *("country_instability", "substitution_index", "crma_target", "crma_year", "crma_value", "crma_output"),
    *("hhi", "largest_share", "import_reliance", "supply_risk", "geopolrisk"),
}
APART = ("mass_residual", "stage_largest", "largest_firm_share")
"""The first is rounding; a larger world has more enterprises, not larger ones."""
TOTALS = ("flow", "production", "trade", "delivered", "recovered", "supply_origin")


@pytest.mark.parametrize("which", ["paper", "flat"])
def test_more_firms_leave_the_steady_state_as_it_is(which, flat):
    """Exact, whatever the structure of sizes: a sector's flows come from tables, not from its firms."""
    tables = flat if which == "flat" else worlds.paper_tables()
    few, many = run(tables, "stationary"), run(tables, "stationary", *MANY)
    assert many.attrs["n_agents"] > few.attrs["n_agents"] + 50
    for key in TOTALS:
        scale = float(np.abs(few[key]).max())
        np.testing.assert_allclose(many[key].values, few[key].values, rtol=0, atol=1e-9 * scale, err_msg=key)


@pytest.fixture
def complete_network(monkeypatch):
    """Every firm buys from all firms of its suppliers' sectors in proportion: firms of a sector are alike."""

    def draw(rng, need, buyer_sector, output, supplier_sector, table, extra, *, good):
        supplier, buyer = np.divmod(np.arange(len(output) * len(need)), len(need))
        kept = np.asarray(table)[supplier_sector[supplier], buyer_sector[buyer]] > 0
        return supplier[kept], buyer[kept]

    def fit(supplier, buyer, need, buyer_sector, output, supplier_sector, table, *, good):
        weight = output / np.bincount(supplier_sector, output)[supplier_sector]
        part = need / np.bincount(buyer_sector, need)[buyer_sector]
        flow = (
            np.asarray(table)[supplier_sector[supplier], buyer_sector[buyer]] * weight[supplier] * part[buyer]
        )
        return Relations(supplier, buyer, flow, 0)

    def transport(suppliers, output, wanted):
        buyers = np.flatnonzero(wanted > 0)
        share = output[suppliers] / output[suppliers].sum()
        i, j = np.divmod(np.arange(len(suppliers) * len(buyers)), len(buyers))
        return suppliers[i], buyers[j], share[i] * wanted[buyers][j]

    monkeypatch.setattr(network, "draw_relations", draw)
    monkeypatch.setattr(network, "fit_relations", fit)
    monkeypatch.setattr(network, "_transport", transport)


@pytest.mark.parametrize("name", ["outage", "growth"])
def test_splitting_firms_into_equal_parts_leaves_sector_totals(name, flat, complete_network):
    """Firms with the same cover and suppliers in proportion are parts of one firm: nothing may change."""
    still = "parameters.new_partners_per_year=0"
    few, many = run(flat, name, still), run(flat, name, *MANY, still)
    for key in TOTALS:
        scale = float(np.abs(few[key]).max())
        np.testing.assert_allclose(many[key].values, few[key].values, rtol=0, atol=1e-8 * scale, err_msg=key)


def test_splitting_firms_with_few_suppliers_changes_an_outage_a_little(flat):
    """With few suppliers drawn for each firm an outage hits some harder than others.

    Months may differ by a quarter of a flow, ten years by these bounds; more suppliers bring totals nearer.
    """
    few = run(flat, "outage")
    sparse = run(flat, "outage", *MANY)
    known = [
        f"parameters.{key}" for key in ("suppliers_base=3", "suppliers_market_access=6", "market_access=1")
    ]
    dense = run(flat, "outage", *MANY, *known)

    def off(ds):
        total = few["content_delivered"].sum("time")
        return float((np.abs(ds["content_delivered"].sum("time") - total)).max() / total.max())

    assert off(sparse) < 0.005
    assert off(dense) < 0.002
    assert off(dense) < off(sparse)


@pytest.mark.parametrize("start", ["2025-01-01", "2025-02-11", "2025-03-28"])
@pytest.mark.parametrize("parts", [1, 2, 6])
def test_ten_days_without_a_mine_cost_ten_capacity_days(start, parts):
    """Where capacity binds: the mine of the North works at capacity and cannot catch up."""
    often = f"world.review_days.extraction={MONTH / parts / 1440!r}"
    words = {"where": {"process": "mine_copper", "region": "NORTH"}, "start": start, "duration_days": 10}
    settings = ("stationary", "period.end=2025-07-01", often)
    calm, hit = worlds.paper(*settings), worlds.paper(*settings, worlds.outage(**words))
    lost = (calm["production"] - hit["production"]).sel(process="mine_copper", region="NORTH").values
    capacity = 80 / 365.25
    assert lost.sum() == pytest.approx(10 * capacity, rel=1e-9)
    assert (lost > 1e-6 * capacity).sum() <= 2  # nowhere but around the outage


@pytest.mark.parametrize("recovery", [{"shape": "linear", "days": 60}, {"shape": "exponential", "days": 20}])
def test_a_recovery_costs_its_integral(recovery):
    words = {
        "where": {"process": "mine_copper", "region": "NORTH"},
        "start": "2025-01-10",
        "duration_days": 10,
    }
    ds = worlds.paper(
        "stationary", "period.end=2025-05-01", worlds.outage(**words, severity=0.5, recovery=recovery)
    )
    made = ds["production"].sel(process="mine_copper", region="NORTH").values
    days = len(made) * MONTH / 1440
    lost = days * 80 / 365.25 - made.sum()
    tail, after = recovery["days"], days - (375 + 10)  # 10 January 2025 is day 375
    tail *= 0.5 if recovery["shape"] == "linear" else 1 - np.exp(-after / tail)
    assert lost == pytest.approx(0.5 * (10 + tail) * 80 / 365.25, rel=1e-9)


def reviewed(name, parts):
    days = MONTH / parts / 1440
    stages = [stage for stage in worlds.STAGES if stage != "collection"]
    return worlds.paper(name, *(f"world.review_days.{stage}={days!r}" for stage in stages))


def test_shorter_reviews_leave_the_steady_state_delivered():
    for parts in (2, 6, 18):
        np.testing.assert_allclose(
            reviewed("stationary", parts)["delivered"].values,
            worlds.paper("stationary")["delivered"].values,
            rtol=1e-9,
        )


def test_shorter_reviews_change_totals_by_less_and_less():
    """Ten years of deliveries against those with reviews of 1.7 days."""
    finest = reviewed("outage", 18)["content_delivered"].sum("time")
    off = [
        float(
            np.abs(reviewed("outage", parts)["content_delivered"].sum("time") - finest).max() / finest.max()
        )
        for parts in (1, 2, 6)
    ]
    assert off[0] > off[1] > off[2]
    assert off[0] < 0.02
    assert off[2] < 0.005


ALIKE = tuple(f"world.review_days.{stage}={MONTH / 2 / 1440!r}" for stage in worlds.STAGES)


@pytest.mark.parametrize(
    ("sets", "first_year", "later"),
    [
        (ALIKE, 0.03, 0.005),
        (ALIKE[:1], 0.04, 1e-9),  # mines look twice as often as those who order from them
        (ALIKE[1:2], 0.05, 0.03),  # refiners do
    ],
)
def test_other_reviews_keep_annual_flows(sets, first_year, later):
    """The start is that of equal reviews: pipelines of another rhythm fill in the first year.

    Where reviews differ along the chain, orders and goods come in lumps, and flows to traders and between
    regions stay up to the stated bound off base; final users get all they ask for.
    """
    ds, calm = (worlds.paper("stationary", *given) for given in (sets, ()))
    wanted, found = (x["flow"].values.reshape(10, 12, *x["flow"].shape[1:]).sum(axis=1) for x in (calm, ds))
    off = np.abs(found - wanted).max(axis=(1, 2)) / wanted.max()
    assert off[0] < first_year
    assert off[1:].max() < later
    np.testing.assert_allclose(ds["delivered"], calm["delivered"], rtol=1e-9)
