"""From labels to arrays: the calibrated world that a member runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import Fault, InputError, Place
from simulator.run.chain import build_chain
from simulator.run.closure import Closure
from simulator.run.courses import Courses
from simulator.run.network import Agents, Network, SlotList, draw_agents, lay_slots
from simulator.run.sectors import Sectors
from simulator.terms import FIRM_STAGES, NODES, SIZES
from simulator.world.disruptions import UptimeCurve
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Blueprint,
    Cohorts,
    Firms,
    Floats,
    Ints,
    Kind,
    Labels,
    Outages,
    Paths,
    Process,
    Relations,
    Role,
    Rules,
    Slots,
    UseStage,
)

if TYPE_CHECKING:
    from simulator.scenario.schema import Outage, Scenario
    from simulator.scenario.tables import Tables

NODE = {name: code for code, name in enumerate(NODES)}
FATE_ORDER = ("landfill", "export_used", "informal", "unknown")


@dataclass(frozen=True)
class Built:
    """A world ready to run and what its making showed.

    Attributes
    ----------
    blueprint : Blueprint
    closure : Closure
    sectors : Sectors
    n_added : int
        Relations added so that the network fits.
    """

    blueprint: Blueprint
    closure: Closure
    sectors: Sectors
    n_added: int


def build(scenario: Scenario, tables: Tables) -> Built:
    """Calibrate the base year and lay out the world.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Returns
    -------
    Built

    Raises
    ------
    InputError
        When the tables do not carry the world.
    """
    return _Builder(scenario, tables).build()


class _Builder:
    def __init__(self, scenario: Scenario, tables: Tables) -> None:
        self.scenario, self.tables = scenario, tables
        self.closure = Closure(scenario, tables)
        self.courses = Courses(self.closure)
        self.chain = build_chain(self.closure)
        self.sectors = Sectors(self.closure, self.courses, self.chain)
        self.items = self.sectors.items
        self.processes = [*self.chain.processes, *self.chain.products, *(f"hold_{m}" for m in self.closure.materials)]
        self.goods = self.chain.goods
        self.stage_code = {stage: i for i, stage in enumerate(FIRM_STAGES)}

    def build(self) -> Built:
        agents, batch = self._agents()
        slot_list = lay_slots(self.sectors, agents, batch)
        network = Network(self.closure, self.sectors, agents, slot_list)
        relations = network.relations(self.goods)
        slots, mix = self._slots(agents, slot_list, relations)
        firms = self._firms(agents, batch)
        paths = self._paths(firms)
        blueprint = self._blueprint(firms, slots, relations, paths, mix, slot_list)
        return Built(blueprint, self.closure, self.sectors, network.n_added)

    # ------------------------------------------------------------------ firms

    def _rhythm(self, process: str, stage: str) -> tuple[int, int]:
        """Review period and phase [min] of a process."""
        given = self.scenario.world.review_days
        spec = given.get(process) or given.get(stage)
        row = self.closure.processes.get(process)
        if spec is not None:
            return round(spec.days * MINUTES_PER_DAY), round(spec.phase_days * MINUTES_PER_DAY)
        if row is not None and row["review_days"]:
            return round(float(row["review_days"]) * MINUTES_PER_DAY), 0
        return MINUTES_PER_MONTH, 0

    def _tier(self, index: int) -> int:
        item = self.items[index]
        if item.kind == Kind.USER:
            return self.chain.user_tier
        if item.kind == Kind.HOLDER:
            refiner = next(p for p in self.chain.processes if set(self.chain.outputs[p]) & set(item.takes) and self.chain.kind[p] == Kind.CONVERT)
            return self.chain.tier[refiner]
        return self.chain.tier[item.process]

    def _agents(self) -> tuple[Agents, Ints]:
        """Agents laid out by tier, kind, rhythm, process and region, and the batch of each."""
        code = {name: i for i, name in enumerate(self.processes)}

        def key(index: int) -> tuple[int, ...]:
            item = self.items[index]
            return (self._tier(index), int(item.kind), *self._rhythm(item.process, item.stage), code[item.process], item.region)

        order = sorted(range(len(self.items)), key=key)
        agents = draw_agents(self.closure, self.sectors, order)
        keys = [key(i)[:4] for i in agents.sector]
        batch = np.cumsum([0, *(int(a != b) for a, b in zip(keys[1:], keys[:-1], strict=True))])
        return agents, batch

    def _firms(self, agents: Agents, batch: Ints) -> Firms:
        items, closure = self.items, self.closure
        mine = [items[i] for i in agents.sector]
        rows = [closure.processes.get(item.process) for item in mine]
        utilisation = np.array([float(row["base_utilisation"]) if row else 1.0 for row in rows])
        overtime = np.array([float(row["overtime"]) if row else 0.0 for row in rows])
        cover = [closure.tables["covers"].one(size=size) for size in SIZES]
        cover_in = np.array([float(row["input_cover_days"]) for row in cover] + [0.0])[agents.size]
        cover_out = np.array([float(row["output_cover_days"]) for row in cover] + [0.0])[agents.size]
        rhythm = np.array([self._rhythm(item.process, item.stage) for item in mine])
        enterprises, persons = self._people(agents)
        code = {name: i for i, name in enumerate(self.processes)}
        return Firms(
            process=np.array([code[item.process] for item in mine]),
            region=np.array([item.region for item in mine]),
            stage=np.array([self.stage_code.get(item.stage, -1) for item in mine]),
            size=agents.size,
            sector=agents.sector,
            kind=np.array([int(item.kind) for item in mine]),
            tier=np.array([self._tier(i) for i in agents.sector]),
            review=rhythm[:, 0],
            phase=rhythm[:, 1],
            base_rate=agents.rate,
            capacity=agents.rate / utilisation,
            overtime=overtime,
            utilisation=utilisation,
            cover_in=cover_in,
            cover_out=cover_out,
            enterprises=enterprises,
            persons=persons,
            name=tuple(f"{closure.regions[x.region]}-{x.process}-{n:02d}" for x, n in zip(mine, agents.number, strict=True)),
        )

    def _people(self, agents: Agents) -> tuple[Floats, Floats]:
        """Enterprises that each agent stands for and persons who work in them.

        Persons = value of the material in the output x value-added share / productivity of the size class: work
        on the material itself, not on the rest of the product.
        """
        closure = self.closure
        price = np.array([float(closure.tables["materials"].one(material=m)["price_usd_per_t"]) for m in closure.materials])
        enterprises, persons = np.zeros(len(agents.sector)), np.zeros(len(agents.sector))
        per_person = np.array([float(closure.tables["productivity"].one(size=s)["value_added_usd_per_person"]) for s in SIZES])
        for i in range(len(agents.sector)):
            item = self.items[agents.sector[i]]
            if item.stage not in self.stage_code:
                continue
            share = float(closure.tables["labour"].one(stage=item.stage)["value_added_share"])
            value = self._value(item, price) * agents.rate[i] / item.rate * DAYS_PER_YEAR
            size = agents.size[i]
            persons[i] = value * share / per_person[size]
            row = closure.tables["size_classes"].one(stage=item.stage, size=SIZES[size])
            enterprises[i] = persons[i] / float(row["persons_per_enterprise"])
        return enterprises, persons

    def _value(self, item: object, price: Floats) -> float:
        """Value [USD/d] of the material in a sector's output."""
        total = 0.0
        for good, flow in item.gives.items():  # type: ignore[attr-defined]
            total += flow * float(self._content(good) @ price)
        return total

    def _content(self, good: str) -> Floats:
        """Content (material,) [t/unit] of a good in the base year."""
        closure = self.closure
        row = closure.tables["goods"].one(good=good)
        out = np.zeros(len(closure.materials))
        if row["kind"] in ("ore", "refined"):
            out[closure.materials.index(str(row["material"]))] = 1.0
        elif row["kind"] == "end_of_life":
            return self.sectors.eol_content[str(row["product"])]
        else:
            name = str(row["product"]) if row["kind"] == "new_scrap" else good
            item = next(p for p in closure.products.values() if name in (p.name, p.component))
            out[:] = [item.content.get(m, 0.0) for m in closure.materials]
        return out

    # ------------------------------------------------------------------ slots

    def _slots(self, agents: Agents, slots: SlotList, relations: Relations) -> tuple[Slots, Floats]:
        closure = self.closure
        firm, good = np.array(slots.firm), np.array(slots.good)
        role = np.array(slots.role)
        items = [self.items[agents.sector[i]] for i in firm]
        material = np.array([closure.materials.index(self.sectors.material_of[g]) if g in self.sectors.material_of else -1 for g in good])
        self.recipes: dict[tuple[str, str], int] = {}
        self.treatments: dict[tuple[str, str, int], int] = {}
        recipe, treatment = np.full(len(firm), -1), np.full(len(firm), -1)
        for i, item in enumerate(items):
            if role[i] != Role.INPUT:
                continue
            if item.kind == Kind.CONVERT:
                recipe[i] = self.recipes.setdefault((item.process, good[i]), len(self.recipes))
            elif item.kind == Kind.RECYCLE:
                treatment[i] = self.treatments.setdefault((item.process, good[i], item.region), len(self.treatments))
        base = np.bincount(relations.source, relations.flow, minlength=len(firm))
        is_input = role == Role.INPUT
        base[is_input] = np.bincount(relations.target, relations.flow, minlength=len(firm))[is_input]
        self._code = {name: i for i, name in enumerate(self.goods)}
        agents.rate[firm[role == Role.OUTPUT]] = np.where(
            np.isin([int(item.kind) for item in items], (Kind.CONVERT, Kind.BY_PRODUCT))[role == Role.OUTPUT],
            base[role == Role.OUTPUT], agents.rate[firm[role == Role.OUTPUT]],
        )  # fmt: skip
        array = Slots(
            firm=firm,
            good=np.array([self._code[g] for g in good]),
            role=role,
            recipe=recipe,
            treatment=treatment,
            material=material,
            node=np.array([NODE[item.stage] for item in items]),
            base=base,
        )
        return array, self._origins(agents, array, relations, good)

    def _origins(self, agents: Agents, slots: Slots, relations: Relations, good: Ints) -> Floats:
        """Content by origin (slot, material, origin) [t/unit] in the base year, passed down tier by tier."""
        n = len(slots)
        kind = np.array([int(self.items[i].kind) for i in agents.sector])[slots.firm]
        tier = np.array([self._tier(i) for i in agents.sector])[slots.firm]
        contents = {g: self._content(g) for g in set(good)}
        base = np.array([contents[g] for g in good])
        mix = np.zeros((n, base.shape[1], 3))
        mix[:, :, 0] = base
        mix[kind == Kind.COLLECT] = mix[kind == Kind.COLLECT][:, :, [1, 0, 2]]
        self._recycled_origins(mix, agents, slots, kind, good, base)
        flow = np.bincount(relations.target, relations.flow, minlength=n)
        for level in range(int(tier.max()) + 1):
            taking = (slots.role == Role.INPUT) & np.isin(kind, (Kind.CONVERT, Kind.USER, Kind.HOLDER)) & (tier == level)
            edges = np.flatnonzero(taking[relations.target] & (relations.flow > 0))
            inflow = np.zeros_like(mix)
            np.add.at(inflow, relations.target[edges], relations.flow[edges, None, None] * mix[relations.source[edges]])
            got = taking & (flow > 0)
            mix[got] = inflow[got] / flow[got, None, None]
            if (got & (kind == Kind.CONVERT)).any():
                self._make_origins(mix, agents, slots, got & (kind == Kind.CONVERT), flow)
        return mix

    def _make_origins(self, mix: Floats, agents: Agents, slots: Slots, got: Ints, flow: Floats) -> None:
        """Output and scrap of converting firms carry the mix of their inputs."""
        taken = np.zeros((len(agents.sector), *mix.shape[1:]))
        np.add.at(taken, slots.firm[got], flow[got, None, None] * mix[got])
        fed = np.unique(slots.firm[got])
        good = np.array([float(self.closure.processes[self.items[i].process]["process_yield"] or 0.0) for i in agents.sector[fed]])
        for i, name in enumerate(agents.sector[fed]):
            if good[i] == 0.0:
                good[i] = self.sectors.refining_yield[self.sectors.material_of[next(iter(self.items[name].gives))]]
        per_unit = np.zeros_like(taken)
        per_unit[fed] = taken[fed] * good[:, None, None] / agents.rate[fed, None, None]
        outputs = (slots.role != Role.INPUT) & np.isin(slots.firm, fed)
        mix[outputs] = per_unit[slots.firm[outputs]]

    def _recycled_origins(self, mix: Floats, agents: Agents, slots: Slots, kind: Ints, good: Ints, base: Floats) -> None:
        """Recyclers' output: old scrap from products, new scrap from makers."""
        closure = self.closure
        feeds: dict[int, list[int]] = {}
        for i in np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.INPUT)):
            feeds.setdefault(int(slots.firm[i]), []).append(int(i))
        for i in np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.OUTPUT)):
            m = slots.material[i]
            process = self.items[agents.sector[slots.firm[i]]].process
            got = np.zeros(3)
            for k in feeds[int(slots.firm[i])]:
                share = closure.recycling_yield(process, str(good[k]), closure.materials[m])
                got[2 if good[k].startswith("scrap_") else 1] += slots.base[k] * base[k, m] * share
            mix[i] = 0.0
            mix[i, m] = got / got.sum()

    # ------------------------------------------------------------------ paths

    def _paths(self, firms: Firms) -> Paths:
        closure, courses, sectors = self.closure, self.courses, self.sectors
        n, m, r = closure.n_months, len(closure.materials), len(closure.regions)
        products = closure.products
        users = [item for item in self.items if item.kind == Kind.USER]
        holders = [item for item in self.items if item.kind == Kind.HOLDER]
        demand = np.zeros((n, len(users)))
        for j, item in enumerate(users):
            wanted = courses.units(item.process) / products[item.process].units * courses.factor(item.process)[:, item.region]
            demand[:, j] = item.rate * wanted + sectors.displaced[item.process][item.region]
        recipe = np.zeros((n, len(self.recipes)))
        for (process, good), row in self.recipes.items():
            recipe[:, row] = self._recipe(process, good)
        treatment = np.zeros((n, max(1, len(self.treatments)), m))
        for (process, good, region), row in self.treatments.items():
            treatment[:, row] = courses.recovery_yield(process, good, closure.regions[region])
        scrap = np.ones((n, len(self.goods), r))
        for good in self.goods:
            if good.startswith("scrap_"):
                scrap[:, self._code[good]] = courses.new_scrap(good)
        return Paths(
            capacity=self._stack([item.capacity for item in self.items]),
            demand=demand,
            stock_change=self._stock_change(holders),
            recipe=recipe,
            normal=self._stack([item.normal for item in self.items]),
            host_share=self._stack([item.host_share for item in self.items]),
            collection=np.stack([sectors.collection_path[p] for p in products], axis=1),
            routing=np.stack([sectors.routing_path[p] for p in products], axis=1),
            recovery_yield=treatment,
            new_scrap=scrap,
        )

    def _stack(self, courses: list[Floats]) -> Floats:
        return np.stack([np.broadcast_to(course, (self.closure.n_months,)) for course in courses], axis=1)

    def _stock_change(self, holders: list) -> Floats:  # type: ignore[type-arg]
        """Purchases (month, holder) [t/d]: held to the declared end, falling to nothing over its last year."""
        rate = np.array([item.rate for item in holders])
        left = np.ones(self.closure.n_months)
        if self.scenario.rules.stock_change == "until_end":
            end = self.closure.value("stock_change_end_year")
            left = np.clip(end - self.closure.years, 0.0, 1.0)
        return left[:, None] * rate

    def _recipe(self, process: str, good: str) -> Floats:
        """Input per unit of good output (month,)."""
        closure = self.closure
        material = self.sectors.material_of.get(good)
        row = closure.tables["process_inputs"].one(process=process, input=good)
        if closure.processes[process]["stage"] == "processing" and material:
            return np.full(closure.n_months, float(row["amount"]) / self.sectors.refining_yield[material])  # type: ignore[arg-type]
        product = self.sectors.product_of(process)
        loss = float(closure.processes[process]["process_yield"])
        if material is None:
            return np.full(closure.n_months, float(row["amount"]) / loss)  # type: ignore[arg-type]
        item = closure.products[product]
        # the base year's content times the course of content; flat in the base year to the last bit
        content = self.courses.content(product, material)
        return np.asarray(item.gross[material] * (content / content[0]))

    # ------------------------------------------------------------------ use

    def _use(self) -> UseStage:
        closure, sectors = self.closure, self.sectors
        products, r, m = closure.products, len(closure.regions), len(closure.materials)
        cohorts, reused = [], []
        hibernation = np.array([float(closure.tables["products"].one(product=p)["hibernation_mean_yr"]) for p in products])
        pool, pool_mass = np.zeros((len(products), r)), np.zeros((len(products), r, m))
        frozen_units, frozen_mass = np.zeros_like(pool), np.zeros_like(pool_mass)
        for i, (name, item) in enumerate(products.items()):
            share = sectors.use_share[name]
            cohorts.append(self._cohorts(name, share))
            is_reused = sectors.routing_path[name][:, :, :2].any()
            reused.append(self._empty_cohorts(name) if is_reused else None)
            units, tonnes = closure.end_of_life[name]
            frozen_units[i] = sectors.eol_units[name]
            frozen_mass[i] = sectors.eol_units[name][:, None] * sectors.eol_content[name]
            if self.scenario.end_of_life == "frozen":
                first, mass = units / MONTHS_PER_YEAR, {k: t / MONTHS_PER_YEAR for k, t in tonnes.items()}
            else:
                all_units, all_tonnes = self.courses.retired(name)
                first, mass = float(all_units[0]), {k: float(t[0]) for k, t in all_tonnes.items()}
            wait = hibernation[i] * MONTHS_PER_YEAR
            pool[i] = first * wait * share
            for k, t in mass.items():
                pool_mass[i, :, closure.materials.index(k)] = t * wait * share
        fates = np.zeros((len(products), len(FATE_ORDER)))
        for i, name in enumerate(products):
            for row in closure.tables["uncollected_fates"].where(product=name):
                fates[i, FATE_ORDER.index(str(row["fate"]))] = float(row["share"])  # type: ignore[arg-type]
        displacement = [float(closure.tables["displacement"].one(product=p)["share"]) for p in products]  # type: ignore[arg-type]
        return UseStage(
            tuple(cohorts), tuple(reused), hibernation, pool, pool_mass, frozen_units, frozen_mass,
            fates / fates.sum(axis=1, keepdims=True), np.array(displacement),
        )  # fmt: skip

    def _cohorts(self, name: str, share: Floats) -> Cohorts:
        """Products in use at the start, by region and month of entry."""
        closure = self.closure
        item = closure.products[name]
        years, past = closure.past_sales(name)
        n = len(past) * MONTHS_PER_YEAR
        table = closure.survival(name, n + closure.n_months)
        entered = np.repeat(past / MONTHS_PER_YEAR, MONTHS_PER_YEAR) * item.stock_factor
        units = entered * table[:n][::-1]
        content = np.stack([np.repeat(closure.past_content(name, m), MONTHS_PER_YEAR) for m in item.materials], axis=-1)
        codes = np.array([closure.materials.index(m) for m in item.materials])
        by_region = np.broadcast_to(content, (len(share), *content.shape))
        return Cohorts(share[:, None] * units, by_region, codes, table)

    def _empty_cohorts(self, name: str) -> Cohorts:
        """Reused units: none at the start, with their own life."""
        closure = self.closure
        item = closure.products[name]
        r = len(closure.regions)
        codes = np.array([closure.materials.index(m) for m in item.materials])
        table = closure.survival(name, closure.n_months, closure.value("reuse_lifetime_factor"))
        return Cohorts(np.zeros((r, 0)), np.zeros((r, 0, len(codes))), codes, table)

    # ------------------------------------------------------------------ the whole

    def _blueprint(
        self, firms: Firms, slots: Slots, relations: Relations, paths: Paths, mix: Floats, slot_list: SlotList
    ) -> Blueprint:
        closure = self.closure
        kind = firms.kind[slots.firm]
        products = list(closure.products)
        code = {name: i for i, name in enumerate(self.processes)}
        user_slot = np.flatnonzero(kind == Kind.USER)
        order = np.array([products.index(self.processes[firms.process[f]]) * len(closure.regions) + firms.region[f] for f in slots.firm[user_slot]])
        user_slot = user_slot[np.argsort(order)]
        user_product = np.array([products.index(self.processes[p]) for p in firms.process[slots.firm[user_slot]]])
        user_rank = {self.items.index(item): i for i, item in enumerate(x for x in self.items if x.kind == Kind.USER)}
        column = np.array([user_rank[s] for s in firms.sector[slots.firm[user_slot]]])
        holder_slot = np.flatnonzero(kind == Kind.HOLDER)
        holder_rank = {self.items.index(item): i for i, item in enumerate(x for x in self.items if x.kind == Kind.HOLDER)}
        holder_column = np.array([holder_rank[s] for s in firms.sector[slots.firm[holder_slot]]], dtype=np.int64)
        collector_slot = np.flatnonzero((kind == Kind.COLLECT) & (slots.role == Role.OUTPUT))
        collector_firm = slots.firm[collector_slot]
        good_rows = {str(row["good"]): row for row in closure.tables["goods"]}
        good_product = np.array([self._product_code(good_rows[g], products) for g in self.goods])
        collector_product = good_product[slots.good[collector_slot]]
        to_outside = np.isin(firms.kind[slots.firm[relations.target]], (Kind.USER, Kind.HOLDER))
        scrap_rows = np.array([good.startswith("scrap_") for (_, good, _) in self.treatments] or [False])
        essential = {str(r["product"]): bool(r["is_essential"]) for r in closure.tables["products"]}
        return Blueprint(
            n_materials=len(closure.materials), n_regions=len(closure.regions), n_goods=len(self.goods),
            n_sectors=len(self.items), n_months=closure.n_months, firms=firms, slots=slots, relations=relations,
            processes=self._process_arrays(),
            paths=Paths(**{**vars(paths), "demand": paths.demand[:, column], "stock_change": paths.stock_change[:, holder_column]}),
            use=self._use(), rules=self._rules(), outages=self._outages(firms),
            origin_mix=mix,
            host_sector=np.array([item.host for item in self.items]),
            user_firm=slots.firm[user_slot], user_product=user_product, user_region=firms.region[slots.firm[user_slot]],
            user_slot=user_slot,
            user_displaced=np.array([self.sectors.displaced[products[p]][r] for p, r in zip(user_product, firms.region[slots.firm[user_slot]], strict=True)]),
            holder_slot=holder_slot,
            outside_orders=np.flatnonzero(to_outside & (relations.flow > 0)),
            collector_firm=collector_firm, collector_slot=collector_slot,
            collector_cell=collector_product * len(closure.regions) + firms.region[collector_firm],
            first_tier_slot=np.flatnonzero((kind == Kind.CONVERT) & (slots.role == Role.INPUT) & np.isin(slots.good, self._refined())),
            refined_good=self._refined(), good_product=good_product,
            essential=np.array([essential.get(g, False) for g in self.goods]),
            treatment_is_scrap=scrap_rows,
            stage_node=np.array([NODE[stage] for stage in FIRM_STAGES]),
            product_content=self._product_content(), start=closure.start, labels=self._labels(code),
        )  # fmt: skip

    def _refined(self) -> Ints:
        return np.array([self._code[self.sectors.refined[m]] for m in self.closure.materials])

    def _product_code(self, row: dict, products: list[str]) -> int:  # type: ignore[type-arg]
        name = row["product"]
        for i, p in enumerate(products):
            if name in (p, self.closure.products[p].component):
                return i
        return -1

    def _product_content(self) -> Floats:
        closure = self.closure
        out = np.zeros((closure.n_months, len(closure.products), len(closure.materials)))
        for i, (name, item) in enumerate(closure.products.items()):
            for m in item.materials:
                content = self.courses.content(name, m)
                out[:, i, closure.materials.index(m)] = item.content[m] * content / content[0]
        return out

    def _process_arrays(self) -> Process:
        closure = self.closure
        n = len(self.processes)
        good, scrap, node, host = np.ones(n), np.zeros(n), np.zeros(n, dtype=np.int64), np.full(n, -1)
        for i, name in enumerate(self.processes):
            row = closure.processes.get(name)
            if row is None:
                continue
            stated = row["process_yield"]
            if stated is None:
                material = self.sectors.material_of.get(str(row["output"]))
                stated = self.sectors.refining_yield[material] if material else 1.0  # recyclers: by material
            good[i], scrap[i] = float(stated), float(row["new_scrap_share"])
            node[i] = NODE[str(row["loss_fate"])]
            if name in self.chain.host:
                host[i] = self.processes.index(self.chain.host[name])
        return Process(good, scrap, node, host)

    def _rules(self) -> Rules:
        value, rules = self.closure.value, self.scenario.rules
        return Rules(
            tau_level=value("tau_level_days"), tau_trend=value("tau_trend_days"), tau_damping=value("tau_damping_days"),
            tau_order=value("tau_order_days"), switching=value("switching_per_month"),
            switching_floor=value("switching_floor"), spot_reserve=value("spot_reserve"), patience=value("patience_days"),
            stock_cap=value("supply_stock_cap"), release=value("stock_release_days"), allocation=rules.allocation,
            has_spot=rules.spot, has_switching=rules.switching, has_overtime=rules.overtime, has_trend=rules.trend,
            end_of_life_frozen=self.scenario.end_of_life == "frozen",
        )  # fmt: skip

    def _outages(self, firms: Firms) -> Outages:
        curves, exposure = [], []
        for event in self.scenario.disruptions:
            start = round((event.start - self.scenario.period.start).days * MINUTES_PER_DAY)
            curves.append(
                UptimeCurve(
                    start=start, end=start + round(event.lasts_days * MINUTES_PER_DAY), severity=event.severity,
                    shape=event.recovery.shape, recovery=round(event.recovery.days * MINUTES_PER_DAY),
                )
            )  # fmt: skip
            exposure.append(self._exposed(event, firms) * event.where.share)
        return Outages(np.array(exposure).reshape(len(curves), len(firms)), tuple(curves))

    def _exposed(self, event: Outage, firms: Firms) -> Floats:
        """Firms (firm,) that fit every key of a filter: 1, else 0."""
        where, closure = event.where, self.closure
        fits = firms.size >= 0
        if where.stage:
            fits &= np.isin(firms.stage, [self.stage_code[s] for s in where.stage if s in self.stage_code])
        if where.process:
            fits &= np.isin(firms.process, [i for i, p in enumerate(self.processes) if p in where.process])
        if where.region:
            fits &= np.isin(firms.region, [i for i, r in enumerate(closure.regions) if r in where.region])
        if where.material:
            fits &= np.array([bool(set(where.material) & self._materials_of(self.processes[p])) for p in firms.process])
        if where.size:
            fits &= np.isin(firms.size, [SIZES.index(s) for s in where.size])
        if not fits.any():
            raise InputError([Fault(Place(self.scenario.name, path=f"disruptions {event.name}.where"), "no firm fits", "a filter that some firm fits", rule="where_empty")])
        return fits.astype(float)

    def _materials_of(self, process: str) -> set[str]:
        """Materials that a process makes or treats."""
        goods = [*self.chain.outputs.get(process, []), *self.chain.inputs.get(process, [])]
        return {m for g in goods for j, m in enumerate(self.closure.materials) if self._content(g)[j] > 0}

    def _labels(self, code: dict[str, int]) -> Labels:
        closure = self.closure
        goods = {str(row["good"]): row for row in closure.tables["goods"]}
        unit, stage = [], []
        for name in self.processes:
            row = closure.processes.get(name)
            output = self.chain.outputs.get(name, [""])
            unit.append("t" if len(output) != 1 or output[0] not in goods else str(goods[output[0]]["unit"]))
            stage.append(str(row["stage"]) if row else "use")
        return Labels(
            materials=tuple(closure.materials), regions=tuple(closure.regions), processes=tuple(self.processes),
            goods=tuple(self.goods), products=tuple(closure.products),
            good_unit=tuple(str(goods[g]["unit"]) for g in self.goods),
            product_unit=tuple(p.unit for p in closure.products.values()),
            process_unit=tuple(unit), process_stage=tuple(stage),
            sectors=tuple((code[item.process], item.region) for item in self.items),
        )  # fmt: skip

