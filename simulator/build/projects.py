"""Projects of a scenario as arrays: named ones, own ones, those made of reserves; sectors seeded for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.base_prices import BasePrices, costs_of
from simulator.errors import Fault, InputError, Place, listed, nearest
from simulator.scenario.schema_projects import ALL, Project
from simulator.terms import UNFC_CLASSES, UNFC_CODES
from simulator.world.projects import Pipeline, counted
from simulator.world.state import DAYS_PER_YEAR, MINUTES_PER_DAY, Floats, Ints, Kind

if TYPE_CHECKING:
    from simulator.build.plan import Plan
    from simulator.build.setting import Setting
    from simulator.scenario.tables import Tables
    from simulator.world.market import Market

EXTRACTION, PROCESSING = "extraction", "processing"
QUANTITIES = ("g1_t", "g2_t", "g3_t")
RESERVE_CLASSES = ("justified", "pending", "on_hold")


@dataclass(frozen=True)
class Item:
    """A project with everything stated or declared.

    Attributes
    ----------
    unfc : str
        Of `terms.UNFC_CLASSES`.
    quantity : float [t]
        Infinite where it is not known.
    capacity : float [unit/yr]
    permit, build, ramp : float [d]
    capital : float [USD] or None
        None: capacity times the cost of capacity.
    opens : date or None
    """

    name: str
    process: str
    region: str
    unfc: str
    quantity: float
    capacity: float
    break_even: float
    permit: float
    build: float
    ramp: float
    capital: float | None = None
    opens: date | None = None


# ---------------------------------------------------------------------- what a scenario says


def said_projects(setting: Setting) -> list[Project]:
    """Named and own projects of a scenario that its world can carry.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    list of Project
    """
    said = setting.scenario.projects
    if said is None:
        return []
    named = []
    for row in setting.tables["projects"]:
        chosen = row["name"] in said.use
        opens = date.fromisoformat(str(row["opens"])) if row["opens"] else None
        if said.use == (ALL,):
            chosen = _is_there(setting, str(row["process"])) and str(row["iso3"]) in setting.region_of
            chosen = chosen and (opens is None or opens >= setting.start)
        if not chosen:
            continue
        given = ("permit_days", "build_days", "capital_usd", *QUANTITIES)
        named.append(
            Project(
                name=row["name"], process=row["process"], region=setting.region_of[str(row["iso3"])],
                origin=row["origin"], e=row["e"], f=row["f"], capacity_per_year=row["capacity_per_year"],
                break_even=row["break_even"] or 1.0, opens=opens, **{key: row[key] for key in given},
            )
        )  # fmt: skip
    return [*named, *said.add]


def _is_there(setting: Setting, process: str) -> bool:
    """Whether a process works on a material of the world."""
    output = setting.tables["processes"].one(process=process)["output"]
    if output is None:
        return False
    return setting.tables["goods"].one(good=output)["material"] in setting.materials


def with_seeds(setting: Setting) -> Tables:
    """Tables with a trace of base-year output where only projects bring a process to a region.

    A mine or refinery of the model is a firm with buyers; where the base year has none, a declared trace of
    output stands for the firm that the project founds. It is taken from the other producers of the process,
    so that the world's output stays what the tables say.

    Parameters
    ----------
    setting : Setting
        With its tables and regions.

    Returns
    -------
    Tables
        The same object where nothing has to be seeded.
    """
    tables = setting.tables
    if setting.scenario.projects is None:
        return tables
    share = setting.value("project_seed_share")
    wanted: dict[tuple[str, str], float] = {}
    for project in said_projects(setting):
        rows = tables["supply"].where(process=project.process)
        there = {setting.region_of.get(str(row["iso3"])) for row in rows if row["tonnes"]}
        if rows and project.region not in there:
            key = (project.process, project.region)
            wanted[key] = wanted.get(key, 0.0) + share * project.capacity_per_year
    if not wanted:
        return tables
    supply = tables["supply"]
    rows, lines = [row | {} for row in supply.rows], list(supply.lines)
    for (process, region), tonnes in wanted.items():
        mine = [row for row in rows if row["process"] == process]
        whole = sum(float(row["tonnes"]) for row in mine)
        for row in mine:
            row["tonnes"] = float(row["tonnes"]) * (1 - tonnes / whole)
        iso3 = _country(setting, region)
        same = [row for row in mine if row["iso3"] == iso3]
        if same:  # listed without output
            same[0]["tonnes"] = tonnes
        else:
            rows.append({**mine[0], "iso3": iso3, "tonnes": tonnes})
            lines.append(0)
    return replace(tables, tables={**tables.tables, "supply": replace(supply, rows=rows, lines=lines)})


def _country(setting: Setting, region: str) -> str:
    """Country of a region that stands for a sector seeded in it: the one with the largest output of all."""
    inside = [iso3 for iso3, name in setting.region_of.items() if name == region]
    weight = {str(row["iso3"]): float(row["gdp_bn_usd"]) for row in setting.tables["country_weights"]}
    return max(inside, key=lambda iso3: (weight.get(iso3, 0.0), iso3))


# ---------------------------------------------------------------------- all projects of a world


def make_pipeline(plan: Plan, market: Market | None) -> Pipeline | None:
    """Projects of a world; None where the scenario says nothing of projects.

    Parameters
    ----------
    plan : Plan
    market : Market, optional

    Returns
    -------
    Pipeline or None
    """
    said = plan.scenario.projects
    if said is None:
        return None
    value = plan.closure.value
    items = [_stated(plan, project) for project in said_projects(plan.closure)]
    held, resting, more = _reserves(plan)
    items += more
    place = {(s.process, plan.closure.regions[s.region]): i for i, s in enumerate(plan.items)}
    sector = np.array([_sector(plan, place, item) for item in items], dtype=np.int64)
    minutes = {
        name: np.array([round(getattr(i, name) * MINUTES_PER_DAY) for i in items], dtype=np.int64)
        for name in ("build", "ramp")
    }
    start = plan.closure.start
    opens = [-1 if i.opens is None else (i.opens - start).days * MINUTES_PER_DAY for i in items]
    mines = np.array([_mined(plan, s.process) if s.stage == EXTRACTION else -1 for s in plan.items])
    return Pipeline(
        name=tuple(item.name for item in items),
        sector=sector,
        material=mines[sector],
        start_class=np.array([UNFC_CLASSES.index(item.unfc) for item in items], dtype=np.int64),
        quantity=np.array([item.quantity for item in items]),
        capacity=np.array([item.capacity for item in items]) / DAYS_PER_YEAR,
        break_even=np.array([item.break_even for item in items]),
        permit=_permits(plan, items),
        build=minutes["build"],
        ramp=minutes["ramp"],
        capital=_capital(plan, items, market),
        opens=np.array(opens, dtype=np.int64),
        reviews=max(1, round(value("project_reviews"))),
        permits=said.permits,
        finance=said.finance,
        finance_time=value("project_finance_days") * MINUTES_PER_DAY,
        rate=value("discount_rate"),
        horizon=value("invest_horizon_years"),
        loss=value("project_loss_share"),
        offtake=value("project_offtake_share"),
        depletion=said.depletion,
        mines=mines,
        held=held,
        resting=resting,
    )


def _stated(plan: Plan, said: Project) -> Item:
    """A project of a scenario, what it leaves out declared."""
    value = plan.closure.value
    is_mine = str(plan.closure.processes[said.process]["stage"]) == EXTRACTION
    permit = value("project_permit_days_extraction") if is_mine else value("project_permit_days_plant")
    build = value("project_build_days_extraction") if is_mine else value("project_build_days_plant")
    ramp = value("project_ramp_days")
    known = any(getattr(said, key) is not None for key in QUANTITIES)
    g1, g2, g3 = (float(getattr(said, key) or 0.0) for key in QUANTITIES)
    confidence = plan.scenario.projects.confidence if plan.scenario.projects else ""
    return Item(
        name=said.name,
        process=said.process,
        region=said.region,
        unfc=UNFC_CODES[said.viability, said.f],
        quantity=counted(g1, g2, g3, confidence) if known else np.inf,
        capacity=said.capacity_per_year,
        break_even=said.break_even,
        permit=permit if said.permit_days is None else said.permit_days,
        build=build if said.build_days is None else said.build_days,
        ramp=ramp if said.ramp_days is None else said.ramp_days,
        capital=said.capital_usd,
        opens=said.opens,
    )


def _sector(plan: Plan, place: dict[tuple[str, str], int], item: Item) -> int:
    """Sector that carries a project; an error with those that could."""
    found = place.get((item.process, item.region))
    if found is not None and plan.items[found].kind != Kind.BY_PRODUCT:
        return found
    regions = sorted(r for p, r in place if p == item.process)
    allowed = f"a region where firms do that and are bound to no host: {listed(regions, 20)}"
    where = Place(plan.scenario.name, path=f"projects {item.name}")
    found_text = f"no firm of {item.process} in {item.region}"
    raise InputError(
        [Fault(where, found_text, allowed, nearest(item.region, regions), rule="project_without_sector")]
    )


def _mined(plan: Plan, process: str) -> int:
    """Code of the material that a process mines."""
    return plan.closure.materials.index(plan.sectors.material_of[plan.chain.outputs[process][0]])


def _permits(plan: Plan, items: list[Item]) -> Ints:
    """Time (month, project) [min] that a permit takes, with what policies add."""
    days = np.tile(np.array([item.permit for item in items]), (plan.closure.n_months, 1))
    if plan.scenario.policies:
        from simulator.build.policy_rates import PolicyRates

        rates = PolicyRates(plan.closure)
        for column, item in enumerate(items):
            added = rates.delay(str(plan.closure.processes[item.process]["stage"]), item.region)
            if added is not None:
                days[:, column] = np.maximum(0.0, days[:, column] + added)
    return np.round(days * MINUTES_PER_DAY).astype(np.int64)


def _capital(plan: Plan, items: list[Item], market: Market | None) -> Floats:
    """Capital (project,) [USD]; of recyclers without a stated one what base-year sales say."""
    out = np.array([0.0 if item.capital is None else item.capital for item in items])
    unknown = [i for i, item in enumerate(items) if item.capital is None]
    if not unknown:
        return out
    price = BasePrices(plan).array() if market is None else market.price
    for i in unknown:
        item = items[i]
        made = plan.chain.outputs[item.process]
        if len(made) == 1:  # else what a tonne treated is worth hangs on what is in it
            per_sales = float(costs_of(plan, item.process)["capital_per_sales_yr"])
            region = plan.closure.regions.index(item.region)
            out[i] = per_sales * item.capacity * price[plan.good_code[made[0]], region]
    return out


# ---------------------------------------------------------------------- reserves


def _reserves(plan: Plan) -> tuple[Floats, Floats, list[Item]]:
    """Quantity of mines at work and what rests (region, material) [t]; projects of what is left."""
    closure, said = plan.closure, plan.scenario.projects
    value = closure.value
    known = np.full((len(closure.regions), len(closure.materials)), np.nan)
    proved = value("reserve_g1_share")
    for row in closure.tables["reserves"]:
        if row["material"] in closure.materials and row["iso3"] in closure.region_of:
            cell = (
                closure.regions.index(closure.region_of[str(row["iso3"])]),
                closure.materials.index(str(row["material"])),
            )
            tonnes = float(row["tonnes"])
            before = 0.0 if np.isnan(known[cell]) else known[cell]
            known[cell] = before + counted(
                proved * tonnes, (1 - proved) * tonnes, 0.0, said.confidence if said else ""
            )
    mined = np.zeros_like(known)
    for sector in plan.items:
        if sector.stage == EXTRACTION:
            mined[sector.region, _mined(plan, sector.process)] += sector.rate * DAYS_PER_YEAR
    if said is None or not said.reserves:
        return known, np.zeros_like(known), []
    held = np.minimum(known, mined * value("reserve_years_on_production"))
    rest = np.where(np.isnan(known), 0.0, known - held)
    items: list[Item] = []
    resting = np.zeros_like(rest)
    for region, material in zip(*np.nonzero(rest > 0), strict=True):
        found = _of_reserves(plan, int(region), int(material), float(rest[region, material]))
        items += found
        if not found:
            resting[region, material] = rest[region, material]
    return held, resting, items


def _of_reserves(plan: Plan, region: int, material: int, tonnes: float) -> list[Item]:
    """Projects made of the reserves of a material in a region; none where no mine works for itself."""
    closure = plan.closure
    value = closure.value
    name = closure.materials[material]
    mines = [
        s
        for s in plan.items
        if s.stage == EXTRACTION and s.region == region and s.kind == Kind.SOURCE
        if _mined(plan, s.process) == material
    ]
    if not mines:
        return []
    largest = max(mines, key=lambda s: s.rate)
    most = value("reserve_project_most") * largest.rate * DAYS_PER_YEAR
    justified = value("reserve_share_justified")
    pending = min(1 - justified, value("reserve_share_pending"))
    shares = dict(zip(RESERVE_CLASSES, (justified, pending, 1 - justified - pending), strict=True))
    price = {
        "justified": value("reserve_price_justified"),
        "pending": value("reserve_price_pending"),
        "on_hold": value("reserve_price_on_hold"),
    }
    spread = float(costs_of(plan, largest.process)["unit_cost_spread"])

    def dearer(unfc: str) -> float:
        """Factor of a project on the price of its class: no two deposits cost the same, none less."""
        rng = plan.closure.draws("project", closure.regions[region], name, unfc)
        return float(np.exp(spread * abs(rng.standard_normal())))

    return [
        Item(
            name=f"reserve_{closure.regions[region].lower()}_{name}_{unfc}",
            process=largest.process,
            region=closure.regions[region],
            unfc=unfc,
            quantity=share * tonnes,
            capacity=min(share * tonnes / value("reserve_project_years"), most),
            break_even=price[unfc] * dearer(unfc),
            permit=value("project_permit_days_extraction"),
            build=value("project_build_days_extraction"),
            ramp=value("project_ramp_days"),
        )
        for unfc, share in shares.items()
        if share > 0
    ]
