"""The shipped tables: whole, consistent, and equal to the totals of their sources."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from simulator import terms
from simulator.scenario import tables as inputs
from simulator.scenario.tables import Tables

YEARS = (2024, 2030, 2035, 2040)
MATERIALS = ("lithium", "cobalt", "nickel", "copper")
CLOSED = (
    *("gallium", "germanium", "tungsten", "palladium", "tellurium", "antimony"),
    *("aluminium", "titanium", "manganese"),
)
"""Materials whose demand is made equal to their supply."""
ALL = (*MATERIALS, "graphite", "rare_earths", "platinum", *CLOSED)
KOZ = 0.0311034768  # t

# World totals as printed by the IEA, Critical Minerals Dataset 2025, kt.
WORLD = {
    ("lithium", "extraction"): (255.448, 471.189, 448.856, 417.791),
    ("lithium", "processing"): (241.612, 450.155, 461.196, 461.459),
    ("cobalt", "extraction"): (273.337, 320.649, 256.794, 214.264),
    ("cobalt", "processing"): (250.150, 325.187, 333.394, 333.016),
    ("nickel", "extraction"): (3861.0, 4490.87, 4470.17, 4537.97),
    ("nickel", "processing"): (3483.7, 4502.81, 4427.96, 4427.96),
    ("copper", "extraction"): (22794.0, 24271.0, 19794.0, 15836.0),
    ("copper", "processing"): (26944.0, 33666.0, 31913.0, 31143.0),
    ("graphite", "extraction"): (1847.24, 1990.93, 2164.22, 2263.60),
    ("rare_earths", "extraction"): (75.0988, 100.302, 108.677, 108.677),
    ("rare_earths", "processing"): (80.8051, 106.682, 114.501, 114.501),
}
# World demand 2024 and STEPS 2035, kt.
DEMAND = {
    ("lithium", "base", 2024): 205.000,
    ("cobalt", "base", 2024): 220.726,
    ("nickel", "base", 2024): 3371.09,
    ("copper", "base", 2024): 26717.2,
    ("lithium", "STEPS", 2035): 694.593,
    ("cobalt", "STEPS", 2035): 328.761,
    ("nickel", "STEPS", 2035): 5129.89,
    ("copper", "STEPS", 2035): 32634.5,
    ("lithium", "NZE", 2040): 1546.04,
    ("copper", "APS", 2030): 32620.3,
    ("rare_earths", "base", 2024): 90.9218,
    ("rare_earths", "STEPS", 2035): 140.120,
    ("rare_earths", "NZE", 2040): 172.422,
    ("platinum", "base", 2024): 8288 * KOZ / 1000,
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return inputs.load()


def test_every_table_is_valid() -> None:
    _, faults = inputs.read()
    assert [str(fault) for fault in faults] == []


@pytest.mark.parametrize("key", WORLD, ids="-".join)
def test_country_paths_add_up_to_the_world(tables: Tables, key: tuple[str, str]) -> None:
    material, stage = key
    for year, kt in zip(YEARS, WORLD[key], strict=True):
        rows = tables["capacity_paths"].where(material=material, stage=stage, year=year)
        assert math.fsum(row["tonnes"] for row in rows) == pytest.approx(kt * 1000, rel=1e-9)
    rows = tables["supply"].where(material=material, stage=stage)
    assert math.fsum(row["tonnes"] for row in rows) == pytest.approx(WORLD[key][0] * 1000, rel=1e-9)


@pytest.mark.parametrize("key", DEMAND, ids=lambda key: "-".join(map(str, key)))
def test_uses_add_up_to_total_demand(tables: Tables, key: tuple[str, str, int]) -> None:
    material, case, year = key
    rows = tables["demand"].where(material=material, demand_case=case, year=year)
    assert math.fsum(row["tonnes"] for row in rows) == pytest.approx(DEMAND[key] * 1000, rel=1e-9)


def test_every_case_has_the_same_uses_in_every_year(tables: Tables) -> None:
    uses: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for row in tables["demand"]:
        uses[row["material"], row["demand_case"], row["year"]].add(row["use"])
    for material in ALL:
        found = [names for key, names in uses.items() if key[0] == material]
        assert len(found) == 10
        assert all(names == found[0] for names in found)
        carried = {row["use"] for row in tables["uses"].where(material=material)}
        assert carried == found[0]


def test_supply_is_the_base_year_of_the_paths(tables: Tables) -> None:
    use = {row["process"]: row["base_utilisation"] for row in tables["processes"]}
    base = {
        (row["material"], row["stage"], row["iso3"], row["process"]): row["tonnes"]
        for row in tables["capacity_paths"].where(year=2024)
        if row["tonnes"]
    }
    supply = {
        (row["material"], row["stage"], row["iso3"], row["process"]): row["tonnes"]
        for row in tables["supply"]
    }
    assert supply.keys() == base.keys()
    for key, tonnes in supply.items():
        if key[:2] == ("graphite", "processing"):  # the path is capacity, of which a part is used
            assert tonnes == pytest.approx(base[key] * use[key[3]], rel=1e-5, abs=0.01), key
        else:
            assert tonnes == base[key], key


def test_named_countries_are_as_printed(tables: Tables) -> None:
    paths = tables["capacity_paths"]
    assert paths.one(material="cobalt", stage="extraction", iso3="COD", year=2024)["tonnes"] == 181796
    assert paths.one(material="lithium", stage="extraction", iso3="AUS", year=2035)["tonnes"] == 119695
    assert paths.one(material="copper", stage="processing", iso3="CHN", year=2024)["tonnes"] == 11860000
    assert paths.one(material="nickel", stage="processing", iso3="IDN", year=2030)["tonnes"] == 2037050


def test_no_country_is_negligible_and_none_unknown(tables: Tables) -> None:
    known = set(tables["regions"].column("iso3"))
    assert len(known) == len(tables["regions"])
    world: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in tables["supply"]:
        key = (row["material"], row["stage"], row["process"] * (row["material"] == "graphite"))
        world[key] += row["tonnes"]
    for row in tables["supply"]:
        assert row["iso3"] in known
        key = (row["material"], row["stage"], row["process"] * (row["material"] == "graphite"))
        assert row["tonnes"] >= 0.99e-4 * world[key]


def test_cobalt_follows_its_host_in_every_region(tables: Tables) -> None:
    region = {row["iso3"]: row["region"] for row in tables["regions"]}
    path = {(row["process"], row["iso3"], row["year"]): row["tonnes"] for row in tables["capacity_paths"]}
    host_of = {"mine_cobalt_from_copper": "mine_copper", "mine_cobalt_from_nickel": "mine_nickel"}
    cobalt: dict[tuple[str, str, int], float] = defaultdict(float)
    bound: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in tables["by_products"]:
        if row["process"] not in host_of:
            continue
        assert row["host"] == host_of[row["process"]]
        bound[row["process"], region[row["iso3"]], row["year"]] += (
            row["share"] * path[row["host"], row["iso3"], row["year"]]
        )
    for (process, iso3, year), tonnes in path.items():
        if process in host_of:
            cobalt[process, region[iso3], year] += tonnes
    assert cobalt.keys() == bound.keys()
    for key, tonnes in cobalt.items():
        assert bound[key] == pytest.approx(tonnes, rel=1e-9), key


def test_hosts_outside_the_world_carry_their_by_products(tables: Tables) -> None:
    region = {row["iso3"]: row["region"] for row in tables["regions"]}
    host: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in tables["host_series"]:
        host[row["host"], region[row["iso3"]], row["year"]] += row["quantity"]
    path = {(row["process"], row["iso3"], row["year"]): row["tonnes"] for row in tables["capacity_paths"]}
    outside = [row for row in tables["by_products"] if row["host"] in tables["host_series"].column("host")]
    assert {row["process"] for row in outside} == {"mine_gallium", "mine_germanium", "mine_tellurium"}
    for row in outside:
        tonnes = path[row["process"], row["iso3"], row["year"]]
        bound = row["share"] * host[row["host"], region[row["iso3"]], row["year"]]
        assert bound == pytest.approx(tonnes, rel=1e-6), row


def test_congo_cobalt_per_copper_falls(tables: Tables) -> None:
    shares = [
        tables["by_products"].one(process="mine_cobalt_from_copper", iso3="COD", year=year)["share"]
        for year in YEARS
    ]
    assert shares == pytest.approx([0.0632, 0.0557, 0.0545, 0.0499], abs=1e-4)


def test_shares_cover_their_groups(tables: Tables) -> None:
    products = tables["products"].column("product")
    for product in products:
        assert tables["regional_shares"].where(item=product, kind="use")
        assert tables["regional_shares"].where(item=product, kind="manufacturing")
        years = {row["year"] for row in tables["variant_shares"].where(product=product)}
        assert years == set(range(2010, 2041))
        assert len(tables["routing"].where(product=product)) == 4
        assert len(tables["uncollected_fates"].where(product=product)) == 4
    for name, stages in (
        ("size_classes", terms.FIRM_STAGES),
        ("lead_times", terms.FIRM_STAGES),
        ("labour", terms.FIRM_STAGES),
    ):
        assert set(tables[name].column("stage")) == set(stages)


def test_words_are_those_of_the_word_list(tables: Tables) -> None:
    assert set(tables["processes"].column("stage")) == set(terms.FIRM_STAGES)
    assert set(tables["processes"].column("loss_fate")) <= set(terms.FATES)
    assert set(tables["uncollected_fates"].column("fate")) <= set(terms.FATES)
    assert tuple(dict.fromkeys(sorted(tables["covers"].column("size"), key=terms.SIZES.index))) == terms.SIZES


def test_every_good_has_a_maker_and_every_input_is_a_good(tables: Tables) -> None:
    goods = {row["good"]: row for row in tables["goods"]}
    made = set(tables["processes"].column("output"))
    for name, row in goods.items():
        assert name in made or row["kind"] == "new_scrap", name
        if row["kind"] in ("end_of_life", "new_scrap"):
            assert goods[row["product"]]["unit"] == row["unit"]
    treated = {row["input"] for row in tables["process_inputs"] if str(row["process"]).startswith("recycle")}
    assert treated == {name for name, row in goods.items() if row["kind"] in ("end_of_life", "new_scrap")}


def test_recyclers_have_a_yield_for_all_that_is_in_what_they_treat(tables: Tables) -> None:
    goods = {row["good"]: row for row in tables["goods"]}
    maker = {row["output"]: row["process"] for row in tables["processes"] if row["output"]}
    taken: dict[str, set[str]] = defaultdict(set)
    for row in tables["process_inputs"]:
        taken[row["process"]].add(row["input"])
    for row in tables["process_inputs"]:
        if not str(row["process"]).startswith("recycle"):
            continue
        origin = goods[row["input"]]["product"]
        if goods[origin]["kind"] == "component":  # holds what its makers take of what its product holds
            contained = {goods[good]["material"] for good in taken[maker[origin]]}
        else:
            contained = {item["material"] for item in tables["content"].where(product=origin)}
        given = {item["material"] for item in tables["recycling_yields"].where(good=row["input"])}
        assert given == contained, row["input"]


def _carried(tables: Tables, product: str, material: str) -> float:
    """Tonnes of the base year's uses that a product carries."""
    return math.fsum(
        row["share"]
        * tables["demand"].one(use=row["use"], material=material, demand_case="base", year=2024)["tonnes"]
        for row in tables["uses"].where(product=product, material=material)
    )


def _calibration(tables: Tables, product: str, material: str, process_yield: float) -> float:
    """Tonnes of the uses over content times units."""
    wanted = _carried(tables, product, material)
    shares = {
        row["variant"]: row["share"] for row in tables["variant_shares"].where(product=product, year=2024)
    }
    latest: dict[str, float] = {}
    rows = tables["content"].where(product=product, material=material)
    for row in sorted(rows, key=lambda row: row["cohort_year"]):
        latest[row["variant"]] = row["kg_per_unit"]
    content = sum(shares.get(variant, 0.0) * kg for variant, kg in latest.items())
    units = tables["products"].one(product=product)["units_2024"]
    return wanted * 1000 / (content * units / process_yield)


def test_calibration_factors_stay_in_their_band(tables: Tables) -> None:
    low, high = tables.assumption("calibration_low"), tables.assumption("calibration_high")
    for product in ("ev_battery", "grid_battery"):
        for material in MATERIALS:
            for process_yield in (1.0, tables.assumption("cell_yield")):
                assert low <= _calibration(tables, product, material, process_yield) <= high
    assert low <= _calibration(tables, "ev_motor", "copper", 1.0) <= high
    magnet, whole = tables.assumption("magnet_yield"), 1.0
    for product, material, process_yield in (
        ("ev_battery", "graphite", tables.assumption("cell_yield")),
        ("grid_battery", "graphite", tables.assumption("cell_yield")),
        ("ev_motor", "rare_earths", magnet),
        ("wind_turbine", "rare_earths", magnet),
        ("wind_turbine", "copper", whole),
        ("wind_turbine", "nickel", whole),
        ("pv_module", "copper", whole),
        ("pv_module", "nickel", whole),
        ("pv_module", "tellurium", whole),
        ("autocatalyst", "platinum", whole),
        ("autocatalyst", "palladium", whole),
        ("electrolyser", "nickel", whole),
        ("electrolyser", "platinum", whole),
        ("smartphone", "cobalt", whole),
    ):
        assert low <= _calibration(tables, product, material, process_yield) <= high, (product, material)


def test_other_uses_are_what_no_product_carries(tables: Tables) -> None:
    battery_world = {"ev_battery", "grid_battery", "ev_motor", "electricity_network"}
    for material in ALL:
        units = tables["products"].one(product=f"other_{material}")["units_2024"]
        names = {row["product"] for row in tables["uses"].where(material=material)}
        if material in MATERIALS:  # units of a world without the newer products
            names -= battery_world
        else:
            names = {f"other_{material}"}
        carried = math.fsum(_carried(tables, name, material) for name in names)
        assert carried == pytest.approx(units, rel=1e-9), material
        kept = tables["content"].one(product=f"other_{material}")["kg_per_unit"] / 1000
        makers = [row["process"] for row in tables["processes"] if row["output"] == f"other_{material}"]
        makers += ["make_other_magnet"] if material == "rare_earths" else []
        yields = [tables["processes"].one(process=name)["process_yield"] for name in makers]
        assert kept == pytest.approx(math.prod(yields), rel=1e-12), material


def test_closed_materials_balance_by_construction(tables: Tables) -> None:
    for material in CLOSED:
        refined = tables["supply"].where(material=material, stage="processing")
        supply = math.fsum(row["tonnes"] for row in refined)
        rows = tables["demand"].where(material=material, demand_case="base")
        demand = math.fsum(row["tonnes"] for row in rows)
        assert all(row["basis"].startswith(("assumed", "derived")) for row in rows)
        if material == "germanium":  # makers' scrap comes back
            lost = 1 - tables.assumption("germanium_making_yield")
            lost *= tables.assumption("collection_new_scrap_share")
            demand *= 1 - lost * tables.assumption("germanium_scrap_yield")
        assert demand == pytest.approx(supply, rel=1e-6), material


def test_graphite_closes_as_mined_and_as_refined(tables: Tables) -> None:
    mined = math.fsum(row["tonnes"] for row in tables["supply"].where(process="mine_graphite"))
    natural = math.fsum(row["tonnes"] for row in tables["supply"].where(process="refine_graphite_natural"))
    synthetic = math.fsum(row["tonnes"] for row in tables["supply"].where(process="make_synthetic_graphite"))
    assert natural / (natural + synthetic) == pytest.approx(tables.assumption("natural_graphite_share"))
    anode = sum(_carried(tables, product, "graphite") for product in ("ev_battery", "grid_battery"))
    assert natural + synthetic == pytest.approx(anode, rel=1e-9) == pytest.approx(1_002_510, rel=1e-9)
    flake = natural / tables.assumption("natural_graphite_yield")
    assert mined == pytest.approx(flake + _carried(tables, "other_graphite", "graphite"), rel=1e-9)
    feed = tables.assumption("graphite_battery_grade_per_feed")
    for year, refined in zip(YEARS, (1875.25, 4427.10, 4468.28, 4490.06), strict=True):
        rows = tables["capacity_paths"].where(material="graphite", stage="processing", year=year)
        assert math.fsum(row["tonnes"] for row in rows) == pytest.approx(refined * 1000 * feed, rel=1e-6)
    for path in (row for row in tables["capacity_paths"] if row["process"] == "refine_graphite_natural"):
        assert path["tonnes"] >= 0


def test_platinum_is_that_of_one_council(tables: Tables) -> None:
    total = {
        stage: math.fsum(row["tonnes"] for row in tables["supply"].where(material="platinum", stage=stage))
        for stage in ("extraction", "processing")
    }
    uses = tables["demand"].where(material="platinum", demand_case="base")
    demand = math.fsum(row["tonnes"] for row in uses)
    assert total["extraction"] == pytest.approx(5683 * KOZ, rel=1e-6)
    assert total["processing"] == pytest.approx(7293 * KOZ, rel=1e-6)
    assert demand - total["processing"] == pytest.approx(995 * KOZ, rel=1e-5)


def test_magnet_scrap_covers_the_gap_of_rare_earths(tables: Tables) -> None:
    got = tables.assumption("collection_new_scrap_share") * tables.assumption("magnet_scrap_recycling_yield")
    clean = _carried(tables, "ev_motor", "rare_earths") + _carried(tables, "wind_turbine", "rare_earths")
    other = _carried(tables, "other_rare_earths", "rare_earths")
    lost = clean * (1 - tables.assumption("magnet_yield"))
    lost += other * (1 - tables.assumption("other_magnet_yield"))
    primary = clean + other - lost * got
    mined = math.fsum(row["tonnes"] for row in tables["supply"].where(process="mine_rare_earths"))
    assert 0.95 < primary / mined <= 1
    assert lost * got > clean + other - WORLD["rare_earths", "processing"][0] * 1000


def test_lfp_share_is_as_declared(tables: Tables) -> None:
    shares = tables["variant_shares"].where(product="ev_battery", variant="LFP")
    by_year = {row["year"]: row["share"] for row in shares}
    assert all(by_year[year] == tables.assumption("lfp_share_2024") for year in range(2024, 2041))
    assert all(np.diff([by_year[year] for year in range(2020, 2025)]) > 0)


def test_numbers_that_stand_twice_agree(tables: Tables) -> None:
    split = tables["uses"].one(use="ev", material="copper", product="ev_battery")["share"]
    assert split == tables.assumption("ev_copper_battery_share")
    assert tables["processes"].one(process="make_ev_cell")["process_yield"] == tables.assumption("cell_yield")
    motor = tables["content"].one(product="ev_motor", material="copper")["kg_per_unit"]
    assert motor == tables.assumption("ev_motor_copper_kg")
    for process, name in (
        ("make_ev_magnet", "magnet_yield"),
        ("make_wind_magnet", "magnet_yield"),
        ("make_other_magnet", "other_magnet_yield"),
        ("make_other_germanium", "germanium_making_yield"),
        ("refine_graphite_natural", "natural_graphite_yield"),
    ):
        assert tables["processes"].one(process=process)["process_yield"] == tables.assumption(name)
    for row in tables["recycling_yields"].where(process="recycle_magnet"):
        assert row["yield"] == tables.assumption("magnet_scrap_recycling_yield")
    phones = tables["uses"].one(product="smartphone")["share"]
    assert phones == tables.assumption("smartphone_cobalt_share")
    assert phones + tables["uses"].one(use="other", product="other_cobalt")["share"] == 1.0
    for material in ALL:
        rate = tables["collection_rates"].one(product=f"other_{material}")["rate"]
        share = tables["recycling_yields"].one(good=f"eol_other_{material}")["yield"]
        assert rate * share == pytest.approx(tables.assumption(f"eol_rr_other_{material}"), rel=1e-12)


def test_sales_history_ends_at_the_units_of_the_base_year(tables: Tables) -> None:
    for row in tables["products"]:
        history = {
            item["year"]: item["units"] for item in tables["sales_history"].where(product=row["product"])
        }
        assert max(history) == 2024
        assert history[2024] == row["units_2024"]
        assert sorted(history) == list(range(min(history), 2025))
        if row["unit"] == "t":
            assert 2024 - min(history) >= 2.45 * row["lifetime_mean_yr"]


def test_costs_leave_room_for_a_margin_at_every_process(tables: Tables) -> None:
    most = tables.assumption("unit_cost_max")
    stages = {row["process"]: row["stage"] for row in tables["processes"]}
    for stage in terms.FIRM_STAGES:
        assert tables["costs"].one(stage=stage, process="*")
    for row in tables["costs"]:
        assert row["input_share"] < row["unit_cost"] < most, row["process"]
        assert row["process"] == "*" or stages[row["process"]] == row["stage"]
        if row["stage"] in ("extraction", "collection"):
            assert row["input_share"] == 0
        assert row["basis"].startswith("assumed")
        assert row["note"]


def test_elasticities_have_a_row_for_every_material(tables: Tables) -> None:
    assert {row["kind"] for row in tables["elasticities"].where(material="*")} == {"supply", "demand"}
    for row in tables["elasticities"]:
        assert row["value"] < 0 if row["kind"] == "demand" else row["value"] > 0
    supply = {row["material"]: row["value"] for row in tables["elasticities"].where(kind="supply")}
    assert supply["lithium"] > supply["nickel"] > supply["copper"] > supply["cobalt"]


def test_every_number_has_unit_and_story(tables: Tables) -> None:
    for name in tables:
        table = tables[name]
        for column in table.schema.columns:
            assert column.text
            if column.kind in ("number", "integer"):
                assert column.unit, f"{name}.{column.name}"
        names = {column.name for column in table.schema.columns}
        assert {"source", "year", "basis"} <= names, name
        assert table.schema.key, name


def test_files_are_tidy(repository: Path) -> None:
    folder = repository / "inputs"
    named = {
        resource["path"] for resource in json.loads((folder / "datapackage.json").read_text())["resources"]
    }
    assert {path.name for path in folder.glob("*.csv")} == named
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_500_000
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("*.csv"):
        text = path.read_bytes()
        assert b"\r" not in text and text.endswith(b"\n")
        assert b"/shared" not in text and b".csv" not in text
        assert f"`{path.name}`" in readme, path.name
    for line in inputs.load().attributions:
        assert line in readme


def test_transit_names_every_region_itself(tables: Tables) -> None:
    regions = set(tables["regions"].column("region"))
    for region in regions:
        assert tables["transit"].one(region_from=region, region_to=region)["days"] > 0
    assert tables["transit"].one(region_from="*", region_to="*")["days"] == 35
    assert tables["transit"].one(region_from="CAF", region_to="CHN")["days"] == pytest.approx(68, abs=1)
