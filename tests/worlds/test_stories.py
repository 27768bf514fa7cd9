"""Scenarios of the two larger worlds: what falls, when, how deep, and what does not move."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.fixtures import worlds

ENERGY, TECHNOLOGY = "energy_transition", "technology_metals"
in_energy = pytest.mark.xdist_group("stories")  # a worker of their own: six runs of the largest world
in_technology = pytest.mark.xdist_group(TECHNOLOGY)
OTHERS = 0.01
"""Largest change of a month's supply of metals that a shock does not hit, through prices."""


def share(ds, material, part="met", whole="need"):
    """Share (time,) of the world: of sums, not the mean of shares."""
    part, whole = (ds[key].sel(material=material).sum("region") for key in (part, whole))
    return (part / whole).values


def fall(calm, hit, material):
    return share(worlds.battery(calm), material) - share(worlds.battery(hit), material)


def month(text):
    return int((np.datetime64(text) - np.datetime64("2024-01")).astype(int))


def yearly(ds, key, year, over=("time", "region"), **labels):
    return float(ds[key].sel(time=str(year), **labels).sum(over))


def lost(calm, hit, product, start, end):
    """Part of a product's deliveries of some years that a shock takes."""
    got = [
        float(worlds.battery(n)["delivered"].sel(product=product, time=slice(start, end)).sum())
        for n in (calm, hit)
    ]
    return 1 - got[1] / got[0]


def made_ratio(calm, hit, process, region, when):
    made = [
        float(worlds.battery(n)["production"].sel(process=process, region=region, time=when).sum())
        for n in (calm, hit)
    ]
    return made[1] / made[0]


# ------------------------------------------------------------------ outages

OUTAGES = [
    pytest.param(ENERGY, "rare_earth_processing_outage_2027", "rare_earths", (0.25, 0.5), 9, marks=in_energy),
    pytest.param(ENERGY, "graphite_outage_2027", "graphite", (0.3, 0.55), 9, marks=in_energy),
    pytest.param(TECHNOLOGY, "gallium_germanium_outage", "gallium", (0.45, 0.7), 12, marks=in_technology),
    pytest.param(TECHNOLOGY, "gallium_germanium_outage", "germanium", (0.2, 0.6), 12, marks=in_technology),
]


@pytest.mark.parametrize(("calm", "hit", "material", "depth", "months"), OUTAGES)
def test_an_outage_is_felt_when_stocks_are_used_up_and_ends_after_it(calm, hit, material, depth, months):
    """Nothing before; a beginning within months; the worst before capacity is back; over two years later."""
    down = fall(calm, hit, material)
    begin, end = month("2027-01"), month("2027-01") + months
    assert np.abs(down[:begin]).max() == 0
    start = int(np.flatnonzero(down > 0.01)[0])
    assert begin <= start <= begin + 6
    window = down[: begin + 48]
    assert start < int(window.argmax()) <= end + 6
    assert depth[0] < window.max() < depth[1]
    assert np.abs(down[begin + 36 : begin + 48]).max() < 0.05


@pytest.mark.parametrize(("calm", "hit", "material", "depth", "months"), OUTAGES)
def test_what_was_not_made_is_never_less_than_what_was_lost(calm, hit, material, depth, months):
    """Users lose no more than refineries failed to make, new scrap of makers who stood still included."""
    a, b = worlds.battery(calm), worlds.battery(hit)
    lost_content = [float(ds["content_delivered"].sel(material=material).sum()) for ds in (a, b)]
    chain, goods = worlds.battery_built(calm).plan.chain, f"refined_{material}"
    makers = [p for p in chain.processes if chain.outputs[p] == [goods]]
    made = [float(ds["production"].sel(process=makers).sum()) for ds in (a, b)]
    scrap = [float(ds["recovered"].sel(material=material).sum()) for ds in (a, b)]
    missing = made[0] - made[1] + scrap[0] - scrap[1]
    assert 0 < lost_content[0] - lost_content[1] < 1.02 * missing


@in_energy
def test_rare_earths_hit_motors_and_turbines_only():
    """Magnets go into motors, turbines and the remainder; batteries and catalysts do not hold them."""
    calm, hit = ENERGY, "rare_earth_processing_outage_2027"
    for product in ("ev_motor", "wind_turbine", "other_rare_earths"):
        assert lost(calm, hit, product, "2027-01", "2028-06") > 0.04, product
    for product in ("ev_battery", "grid_battery", "autocatalyst", "smartphone", "other_platinum"):
        assert abs(lost(calm, hit, product, "2027-01", "2028-06")) < 0.005, product
    assert made_ratio(calm, hit, "refine_rare_earths", "CHN", "2027-05") == pytest.approx(0.5, rel=0.05)


@in_energy
def test_graphite_hits_batteries_only():
    """Grid batteries a little less than those of vehicles."""
    calm, hit = ENERGY, "graphite_outage_2027"
    for product, least in (("ev_battery", 0.1), ("grid_battery", 0.05)):
        assert lost(calm, hit, product, "2027-01", "2028-06") > least, product
    for product in ("ev_motor", "wind_turbine", "autocatalyst", "smartphone"):
        assert abs(lost(calm, hit, product, "2027-01", "2028-06")) < 0.005, product
    for process in ("make_synthetic_graphite", "refine_graphite_natural"):
        assert made_ratio(calm, hit, process, "CHN", "2027-05") < 0.75, process


@in_energy
def test_batteries_that_are_not_made_leave_their_other_metals():
    """Cells wait for graphite: what they would have taken of lithium in 2027 is not short."""
    hit = worlds.battery("graphite_outage_2027")
    taken = [
        yearly(ds, "supply_origin", 2027, ("time", "region", "origin"), material="lithium")
        for ds in (worlds.battery(ENERGY), hit)
    ]
    assert taken[1] < 0.95 * taken[0]
    assert share(hit, "lithium")[month("2027-03") : month("2028-06")].min() > 0.999


@in_technology
def test_a_shock_to_two_metals_leaves_the_others_alone():
    """Bit for bit at fixed prices; with prices, products that hold both kinds move others a little."""
    others = ("tungsten", "palladium", "tellurium", "antimony")
    names = (TECHNOLOGY, "gallium_germanium_outage")
    calm, hit = (worlds.battery(name, *worlds.FIXED_PRICES)["met"] for name in names)
    for material in others:
        np.testing.assert_array_equal(calm.sel(material=material), hit.sel(material=material))
    calm, hit = (worlds.battery(name)["met"].sum("region") for name in names)
    for material in others:
        apart = np.abs(hit / calm - 1).sel(material=material)
        assert float(apart.max()) < OTHERS, material
    for material, part in (("gallium", 0.333), ("germanium", 0.333)):
        ratio = made_ratio(TECHNOLOGY, "gallium_germanium_outage", f"refine_{material}", "CHN", "2027-06")
        assert ratio == pytest.approx(part, abs=0.06), material


@in_technology
def test_germanium_is_hurt_less_than_gallium():
    """China refines 99 % of gallium; a third of germanium is makers' scrap, which no outage stops."""
    gallium, germanium = (
        fall(TECHNOLOGY, "gallium_germanium_outage", m).max() for m in ("gallium", "germanium")
    )
    assert germanium < gallium


# ------------------------------------------------------------------ demand cases


@in_energy
def test_more_ambition_asks_for_more_and_is_shorter():
    """STEPS < APS < NZE in lithium asked for, and in what users miss of copper, lithium and nickel."""
    runs = [worlds.battery(name) for name in (ENERGY, "demand_aps", "demand_nze")]
    asked = [yearly(ds, "content_demanded", 2035, material="lithium") for ds in runs]
    assert asked[0] < asked[1] < asked[2]
    for material in ("copper", "lithium", "nickel"):
        short = [
            yearly(ds, "content_demanded", 2035, material=material)
            - yearly(ds, "content_delivered", 2035, material=material)
            for ds in runs
        ]
        assert short[0] < short[1] < short[2], material


@in_energy
def test_cases_part_after_the_base_year():
    runs = [worlds.battery(name) for name in (ENERGY, "demand_aps", "demand_nze")]
    first = [yearly(ds, "demand", 2024, product="ev_battery") for ds in runs]
    assert first[1] == pytest.approx(first[0]) == pytest.approx(first[2])
    fossil = [yearly(ds, "demand", 2035, product="autocatalyst") for ds in runs]
    assert fossil[0] > fossil[1] > fossil[2]
    assert fossil[2] < 0.5 * fossil[0]


@in_energy
def test_nobody_is_short_of_platinum_when_catalysts_vanish():
    ds = worlds.battery("demand_nze")
    assert share(ds, "platinum")[month("2035-01") :].min() > 0.999


# ------------------------------------------------------------------ recovery


@in_energy
@pytest.mark.parametrize("material", ["lithium", "cobalt", "nickel", "copper", "rare_earths", "platinum"])
def test_high_recovery_gives_more_old_scrap_and_more_recycled_content(material):
    calm, more = worlds.battery(ENERGY), worlds.battery("high_recovery_energy_transition")
    old = [
        yearly(ds, "recovered", 2040, ("time", "region", "product"), material=material, origin="old_scrap")
        for ds in (calm, more)
    ]
    assert old[1] > 1.02 * old[0]
    content = [
        float(ds["recycled_content"].sel(material=material, time="2040").mean()) for ds in (calm, more)
    ]
    assert content[1] > content[0]
    assert content[1] < 1


@in_energy
def test_graphite_is_not_recovered():
    for name in (ENERGY, "high_recovery_energy_transition"):
        assert float(worlds.battery(name)["recovered"].sel(material="graphite").sum()) == 0


@in_energy
def test_recovery_comes_late():
    """It takes a product's life: little before 2030, most at the end."""
    calm, more = worlds.battery(ENERGY), worlds.battery("high_recovery_energy_transition")
    extra = (
        (more["recovered"] - calm["recovered"]).sel(material="lithium").sum(("region", "product", "origin"))
    )
    by_year = extra.groupby("time.year").sum()
    assert float(by_year.sel(year=slice(2024, 2029)).sum()) < 0.1 * float(by_year.sum())
    assert float(by_year.sel(year=2040)) == float(by_year.max())


@in_energy
def test_high_recovery_helps_users_of_every_short_material():
    calm, more = worlds.battery(ENERGY), worlds.battery("high_recovery_energy_transition")
    for material in ("lithium", "cobalt", "nickel", "copper", "rare_earths"):
        got = [
            float(ds["content_delivered"].sel(material=material, time=slice("2031", "2040")).sum())
            for ds in (calm, more)
        ]
        assert got[1] > got[0], material


@in_energy
def test_recovery_softens_the_rare_earth_shock_a_little():
    """In 2027 there are few magnets to take apart."""
    alone = "rare_earth_processing_outage_2027"
    both = worlds.battery("high_recovery_rare_earth_processing_outage_2027")
    lost_alone = share(worlds.battery(alone), "rare_earths")[month("2027-01") : month("2029-01")].min()
    lost_both = share(both, "rare_earths")[month("2027-01") : month("2029-01")].min()
    assert lost_alone <= lost_both + 0.005
    assert lost_both - lost_alone < 0.1


@in_technology
@pytest.mark.parametrize(
    "material", ["gallium", "germanium", "tungsten", "palladium", "tellurium", "antimony"]
)
def test_high_recovery_of_technology_metals_replaces_mining(material):
    """Nothing is short: with more scrap less is refined from ore."""
    calm, more = worlds.battery(TECHNOLOGY), worlds.battery("high_recovery_technology_metals")
    old = [
        yearly(ds, "recovered", 2040, ("time", "region", "product"), material=material, origin="old_scrap")
        for ds in (calm, more)
    ]
    assert old[1] > old[0]
    refined = [yearly(ds, "production", 2040, process=f"refine_{material}") for ds in (calm, more)]
    assert refined[1] < refined[0]


# ------------------------------------------------------------------ what must hold in all of them

EVERY = [
    *(
        pytest.param(name, marks=in_energy)
        for name in (ENERGY, "demand_aps", "demand_nze", "graphite_outage_2027")
    ),
    pytest.param("rare_earth_processing_outage_2027", marks=in_energy),
    pytest.param("high_recovery_energy_transition", marks=in_energy),
    pytest.param(TECHNOLOGY, marks=in_technology),
    pytest.param("gallium_germanium_outage", marks=in_technology),
    pytest.param("high_recovery_technology_metals", marks=in_technology),
]


def in_products(ds):
    """Content of deliveries on the books and as it went into use (time, material) [t], since the start."""
    given = ds["flow"].isel(
        link=np.flatnonzero(
            (ds["target"] == "use").values & ds["source"].isin(["component", "manufacturing"]).values
        )
    )
    return ds["content_delivered"].sum("region"), given.sum("link").cumsum("time")


@pytest.mark.parametrize("name", EVERY)
def test_products_hold_what_was_put_into_them(name):
    """Content on the books of deliveries, less what makers saved, is the content that went into use.

    Within 8 %: `intensity` is a mean over what a region's makers make, by the amounts of the base year; where
    products save unlike and grow unlike (graphite: batteries grow, electrodes do not) it is a little off.
    """
    ds = worlds.battery(name)
    counted, flown = in_products(ds)
    saved = ds["need"].sum("region") / (ds["need"] / ds["intensity"]).sum("region")
    expected = (counted * saved.fillna(1.0)).cumsum("time")
    assert float((np.abs(expected - flown) / flown).max()) < 0.08
    assert float((flown / counted.cumsum("time")).max()) < 1.03  # nobody puts in more than the recipe


NO_SAVING = ("rules.thrifting=false", "rules.variants=false")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(ENERGY, marks=in_energy),
        pytest.param("gallium_germanium_outage", marks=in_technology),
    ],
)
def test_without_saving_products_hold_the_recipe(name):
    """Makers keep to the recipes of the data: content on the books is what went into use, within 3 %."""
    counted, flown = in_products(worlds.battery(name, *NO_SAVING))
    assert float((np.abs(counted.cumsum("time") - flown) / flown).max()) < 0.03


@pytest.mark.parametrize("name", EVERY)
def test_no_stock_runs_away(name):
    """What firms hold stays within about a year of what they hand on; it is not a sink."""
    ds = worlds.battery(name)
    last = ds.sel(time="2040")
    for material in ds["material"].values:
        held = last["stock"].sel(
            material=material, node=["extraction", "processing", "component", "manufacturing"]
        )
        handed = float(worlds.link(last, ["component", "manufacturing"], "use").sel(material=material).sum())
        assert float(held.isel(time=-1).sum()) < 1.25 * handed, material


@pytest.mark.parametrize("name", EVERY)
def test_no_region_starves(name):
    """A shortage is shared: no region gets less than half of the world's share in a year."""
    ds = worlds.battery(name)
    need, met = (ds[key].groupby("time.year").sum() for key in ("need", "met"))
    world = met.sum("region") / need.sum("region")
    local = (met / need).where(need > 1e-6 * need.sum("region"))
    assert float((local / world).min()) > 0.5, json.dumps(
        {str(m): float((local / world).sel(material=m).min()) for m in ds["material"].values}
    )
