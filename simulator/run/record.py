"""The recorder: sums what happens in a period and closes it, masses checked, into arrays over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from simulator.errors import LawBroken
from simulator.run.causes import Causes, years_of
from simulator.run.firm_years import FirmYears
from simulator.run.ledger import Ledger
from simulator.run.routes import Routes
from simulator.run.stages import StageOutput
from simulator.run.tiers import Batch, Links, Tier
from simulator.terms import FATES, FIRM_STAGES, NODES, SIZES, TRACE_QUANTITIES
from simulator.world.state import MINUTES_PER_DAY, Blueprint, Floats, Ints, Kind, by_material, sums

if TYPE_CHECKING:
    from simulator.run.state import State
    from simulator.run.usage import Usage

NODE = {name: code for code, name in enumerate(NODES)}
NO_FLOW = 1e-300
"""Stands for the largest flow where nothing has moved yet [t]."""
CLOSURE_TOLERANCE = 1e-9
"""Largest open balance of a node relative to the largest flow (law 1)."""


class Recorder:
    """Accumulators of the current period and the closed periods.

    Attributes
    ----------
    series : dict of str to ndarray
        Closed periods by variable, first axis time.
    """

    def __init__(
        self, world: Blueprint, links: Links, n_periods: int, period: int, trace: tuple[int, ...] = ()
    ) -> None:
        self.world = world
        self.links = links
        self.period = period
        self.n_periods = n_periods
        self.trace = trace
        self.index = 0
        m, r = world.n_materials, world.n_regions
        n_products = len(world.labels.products)
        self._register_links()
        self.need = np.zeros(r * m)
        self.met = np.zeros(r * m)
        self.base_need = np.zeros(r * m)
        self.met_base = np.zeros(r * m)
        self.announced = np.zeros(len(world.user_firm))
        self.demand = np.zeros(len(world.user_firm))
        self.delivered = np.zeros(len(world.user_firm))
        self.unmet = np.zeros(len(world.user_firm))
        self.production = np.zeros(world.n_sectors)
        self.trade = np.zeros(world.n_goods * r * r)
        self.origin = np.zeros((r, m * 3))
        self.recovered = np.zeros((r, n_products, 3, m))
        self._recovery_cells: dict[int, sparse.csr_array] = {}
        self._regions: dict[int, sparse.csr_array] = {}
        self.eol_generated = np.zeros((n_products, r, m))
        self.eol_collected = np.zeros((n_products, r, m))
        self.labour = np.zeros(len(world.firms))
        self._sums = [value for value in vars(self).values() if isinstance(value, np.ndarray)]
        self.largest = np.full(m, NO_FLOW)
        self.last_made = np.zeros(len(world.firms))
        self.last_wanted = np.zeros(len(world.firms))
        self.last_shipped = np.zeros(len(world.slots))
        self.fates = np.zeros((len(NODES), m))
        self._node_matrix = sparse.csr_array(
            (np.ones(len(world.slots)), (world.slots.node, np.arange(len(world.slots)))),
            shape=(len(NODES), len(world.slots)),
        )
        self._user_of_slot = np.full(len(world.slots), -1)
        self._user_of_slot[world.user_slot] = np.arange(len(world.user_slot))
        self._user_cell = world.user_product * r + world.user_region  # not every region uses every product
        self._cells = self._firm_cells()
        self.ledger = Ledger(n_periods)
        self.stages = StageOutput(world, n_periods, period)
        self.series: dict[str, Floats] = {}

    def _register_links(self) -> None:
        """Links of the loop that no relation carries."""
        code = self.links.code
        node = NODE
        self.ground = {n: code(node["lithosphere"], node[n]) for n in ("extraction", "processing")}
        self._ground_of_stage = [self.ground.get(stage, -1) for stage in FIRM_STAGES]
        self.unsold_links = {n: code(node[n], node["by_product_unsold"]) for n in ("extraction", "recycling")}
        self.recycling_loss = code(node["recycling"], node["recycling_loss"])
        self.recycling_disposal = code(node["recycling"], node["disposal"])
        self.loss_code = {
            "processing": code(node["processing"], node["processing_residue"]),
            "component": code(node["component"], node["manufacturing_loss"]),
            "manufacturing": code(node["manufacturing"], node["manufacturing_loss"]),
        }
        self.hibernate = code(node["use"], node["hibernating"])
        self.collect = code(node["hibernating"], node["collection"])
        self.reuse = code(node["collection"], node["use"])
        self.collection_disposal = code(node["collection"], node["disposal"])
        self.fate_links = {n: code(node["hibernating"], node[n]) for n in FATES[3:7]}
        for loss in self.world.economy.losses:
            for place in np.unique(self.world.slots.node[loss.slots]):
                code(int(place), node["disposal"])

    def _firm_cells(self) -> tuple[Ints, Ints]:
        """Firms that belong to a stage of firms, and their (region, stage, size) cell."""
        firms = self.world.firms
        chosen = np.flatnonzero(firms.size >= 0)
        cell = (firms.region[chosen] * len(FIRM_STAGES) + firms.stage[chosen]) * len(SIZES) + firms.size[
            chosen
        ]
        return chosen, cell

    # -------------------------------------------------------------- called by the phases

    def leave_ground(self, firms: slice, material: Ints, made: Floats) -> None:
        """Material that firms without inputs take from nature: `material`, `made` (firm,) [t]."""
        stage, cell = self.world.firms.stage[firms], self.world.firms.region[firms] * self.world.n_materials
        for code, link in enumerate(self._ground_of_stage):
            here = stage == code
            if link >= 0 and here.any():
                local = self.routes.local[link]
                local += sums((cell + material)[here], made[here], local.size).reshape(local.shape)

    def made(self, batch: Batch, made: Floats, wanted: Floats, relative: Floats) -> None:
        """Output of a batch [unit] and relative to base output [1]."""
        firms = batch.firms
        self.production += sums(self.world.firms.sector[firms], made, self.world.n_sectors)
        days = self.period / MINUTES_PER_DAY
        self.labour[firms] += self.world.firms.persons[firms] * relative * (batch.days / days)
        if self.trace:
            self.last_made[firms] = made
            self.last_wanted[firms] = wanted

    def needed(self, cell: Ints, need: Floats, base_need: Floats, stock: Floats) -> None:
        """Need and stock on hand (slot,) [t] of the first tier, by (region, material) cell."""
        n = len(self.need)
        self.need += sums(cell, need, n)
        self.met += sums(cell, np.minimum(need, stock), n)
        self.base_need += sums(cell, base_need, n)
        self.met_base += sums(cell, np.minimum(base_need, stock), n)

    def lost(self, groups: list[tuple[int, sparse.csr_array]], mass: Floats) -> None:
        """Losses (firm, material x origin) [t] by link and the sums (region, firm) of firms that feed it."""
        whole = by_material(mass)
        for link, by_region in groups:
            self.routes.local[link] += by_region @ whole

    def lost_in_recycling(self, mass: Floats) -> None:
        """Loss (material,) [t] of the recyclers that `recovered_from` has just told of, where they are."""
        inputs, gained = self._recycled
        treated = self.state.treated
        if treated is None or len(treated.content) != len(gained):
            raise ValueError("what recyclers lost is told before what they treated")
        self.routes.local[self.recycling_loss] += self._by_region(inputs) @ (treated.content - gained)

    def dispose(self, mass: Floats) -> None:
        """Waste (slot, material x origin) [t] that the recyclers `recovered_from` told of could not treat."""
        inputs, _ = self._recycled
        self.routes.local[self.recycling_disposal] += self._by_region(inputs) @ by_material(mass)

    def unsold(self, batch: Batch, mass: Floats) -> None:
        """Output (slot, material x origin) [t] that nobody took."""
        link = self.unsold_links["extraction" if batch.kind == Kind.BY_PRODUCT else "recycling"]
        self.routes.local[link] += self._by_region(batch.outputs) @ by_material(mass)

    def _by_region(self, slots: slice) -> sparse.csr_array:
        """Matrix (region, slot) that sums what slots hold by the region of their firm."""
        if slots.start not in self._regions:
            region = self.world.firms.region[self.world.slots.firm[slots]]
            n = len(region)
            self._regions[slots.start] = sparse.csr_array(
                (np.ones(n), (region, np.arange(n))), shape=(self.world.n_regions, n)
            )
        return self._regions[slots.start]

    def recovered_from(self, batch: Batch, gained: Floats) -> None:
        """Material (slot, material) [t] recovered from each input of recyclers."""
        self._recycled = (batch.inputs, gained)
        key = batch.inputs.start
        if key not in self._recovery_cells:
            self._recovery_cells[key] = self._cells_of_recovery(batch)
        self.recovered += (self._recovery_cells[key] @ gained).reshape(self.recovered.shape)

    def _cells_of_recovery(self, batch: Batch) -> sparse.csr_array:
        """Matrix (region x product x origin, slot) that sums recovered material."""
        world = self.world
        slots = world.slots
        region = world.firms.region[slots.firm[batch.inputs]]
        product = world.good_product[slots.good[batch.inputs]]
        origin = np.where(world.treatment_is_scrap[slots.treatment[batch.inputs]], 2, 1)
        n_products = self.recovered.shape[1]
        cell = (region * n_products + product) * 3 + origin
        n = len(cell)
        shape = (world.n_regions * n_products * 3, n)
        return sparse.csr_array((np.ones(n), (cell, np.arange(n))), shape=shape)

    def shipped(self, tier: Tier, quantity: Floats, loads: Floats) -> None:
        """Shipments (relation of the tier,) [unit] and their sums (row, content and quantity) [t, unit]."""
        self.trade += tier.by_trade(quantity)
        self.routes.ship(tier, by_material(loads[tier.route_rows, :-1]))
        self.origin += loads[tier.region_rows, :-1]
        if len(tier.to_user):
            user = self._user_of_slot[tier.target[tier.to_user]]
            known = user >= 0
            sent = quantity[tier.to_user]
            self.delivered += sums(user[known], sent[known], len(self.delivered))
        if self.trace:
            span = tier.slots
            width = span.stop - span.start
            self.last_shipped[span] = sums(tier.source, quantity, width)

    def collected(self, firm: Ints, made: Floats, days: float) -> None:
        """Products (collector,) [unit] that collectors took in a month."""
        firms = self.world.firms
        self.production += sums(firms.sector[firm], made, self.world.n_sectors)
        share = days / (self.period / MINUTES_PER_DAY)
        self.labour[firm] += firms.persons[firm] * made / (firms.base_rate[firm] * days) * share
        if self.trace:
            self.last_made[firm] = made

    def gave_up(self, slot: Ints, quantity: Floats) -> None:
        """Demand (relation,) [unit] that final users gave up."""
        self.unmet += sums(self._user_of_slot[slot], quantity, len(self.unmet))

    # -------------------------------------------------------------- closing a period

    def open(self, state: State, usage: Usage) -> None:
        """Take the opening stocks and make room for all periods."""
        self.state = state
        self.routes = Routes(self.links, state.tiers, self.world.n_regions, self.world.n_materials)
        self.opening = self._node_stocks(state, usage)
        self.start = self.opening
        self.causes = Causes(self.world, state)
        self.firm_years = FirmYears(self.world, state, self.ledger)
        self.years = years_of(self.world.start, self.period, self.n_periods)
        self._allocate()

    def _allocate(self) -> None:
        world, t = self.world, self.n_periods
        m, r, p = world.n_materials, world.n_regions, len(world.labels.products)
        shapes = {
            "need": (r, m), "met": (r, m), "base_need": (r, m), "met_base": (r, m), "cover": (r, m),
            "announced": (p, r), "demand": (p, r), "delivered": (p, r), "unmet": (p, r),
            "production": (world.n_sectors,), "trade": (world.n_goods, r, r), "supply_origin": (r, m, 3),
            "flow": (len(self.links.pairs), m), "stock": (len(NODES), m),
            "stock_in_use": (p, r, m), "stock_hibernating": (p, r, m),
            "eol_generated": (p, r, m), "eol_collected": (p, r, m), "recovered": (r, p, 3, m),
            "n_firms": (r, len(FIRM_STAGES), len(SIZES)), "jobs": (r, len(FIRM_STAGES), len(SIZES)),
            "mass_residual": (m,), "firm_history": (len(self.trace), len(TRACE_QUANTITIES)),
        }  # fmt: skip
        self.series = {name: np.zeros((t, *shape)) for name, shape in shapes.items()}

    def _node_stocks(self, state: State, usage: Usage) -> Floats:
        """Mass (node, material) [t] at every node; ways belong to the node that receives."""
        held = by_material(np.asarray(self._node_matrix @ state.pile)[:, :-1])  # a whole pile is not copied
        held += self._way_matrix(state) @ by_material(state.under_way[:, :-1])
        held[NODE["use"]] += usage.in_use().sum(axis=(0, 1))
        held[NODE["hibernating"]] += usage.hibernating_mass.sum(axis=(0, 1))
        return np.asarray(held + self.fates)

    def _way_matrix(self, state: State) -> sparse.csr_array:
        """Matrix (node, way) that sums goods under way."""
        if not hasattr(self, "_ways"):
            n = len(state.way_node)
            entries = (np.ones(n), (state.way_node, np.arange(n)))
            self._ways = sparse.csr_array(entries, shape=(len(NODES), n))
        return self._ways

    def close(self, state: State, usage: Usage) -> None:
        """Close a period: write its row, check that masses close, start the next.

        Raises
        ------
        LawBroken
            When a node's open balance exceeds 1e-9 of the largest flow.
        """
        flow = self.routes.by_link()
        self._sink_flows(flow)
        stocks = self._node_stocks(state, usage)
        row, series = self.index, self.series
        if row >= self.n_periods:
            return
        world = self.world
        r, m = world.n_regions, world.n_materials
        residual = self._residual(stocks, flow)
        series["mass_residual"][row] = residual
        worst = int(residual.argmax())
        if not residual[worst] <= CLOSURE_TOLERANCE:
            raise LawBroken(
                law="mass closes", time=f"period {row}", material=world.labels.materials[worst],
                left=float(residual[worst]), right=0.0, tolerance=CLOSURE_TOLERANCE,
            )  # fmt: skip
        series["stock"][row] = stocks
        self.opening = stocks
        for name in ("need", "met", "base_need", "met_base"):
            series[name][row] = getattr(self, name).reshape(r, m)
        series["cover"][row] = self._cover(state)
        for name in ("announced", "demand", "delivered", "unmet"):
            series[name][row].reshape(-1)[self._user_cell] = getattr(self, name)
        series["production"][row] = self.production
        series["trade"][row] = self.trade.reshape(series["trade"].shape[1:])
        series["supply_origin"][row] = self.origin.reshape(r, m, 3)
        series["flow"][row] = flow
        series["stock_in_use"][row] = usage.in_use()
        series["stock_hibernating"][row] = usage.hibernating_mass
        series["eol_generated"][row] = self.eol_generated
        series["eol_collected"][row] = self.eol_collected
        series["recovered"][row] = self.recovered
        self._close_firms(state, row)
        if self.trace:
            self._close_trace(state, row)
        self.ledger.close(row)
        self.stages.close(state, row)
        ends_year = row + 1 == self.n_periods or bool(self.years[row + 1] != self.years[row])
        self.routes.close(ends_year)
        self.firm_years.close(self.labour, ends_year)
        if ends_year:
            self.causes.close(int(self.years[row]))
        self.index += 1
        for array in self._sums:
            array[...] = 0.0

    def _sink_flows(self, flow: Floats) -> None:
        """Fates hold what reaches them; the ground loses what leaves it."""
        if not hasattr(self, "_sinks"):
            fates = {NODE[name] for name in FATES}
            self._sinks = [(row, b) for row, (_, b) in enumerate(self.links.pairs) if b in fates]
        for row, node in self._sinks:
            self.fates[node] += flow[row]
        self.fates[NODE["lithosphere"]] -= flow[list(self.ground.values())].sum(axis=0)

    def _residual(self, stocks: Floats, flow: Floats) -> Floats:
        """Largest open balance of any node over the largest flow so far, by material.

        So far: where trade has died down, a flow may be less than what rounding leaves open in stocks.
        """
        net = np.zeros_like(stocks)
        for row, (a, b) in enumerate(self.links.pairs):
            net[a] -= flow[row]
            net[b] += flow[row]
        gap = np.abs(stocks - self.opening - net).max(axis=0)
        self.largest = np.maximum(self.largest, flow.max(axis=0))
        held = np.abs(stocks).max(axis=0)  # a scale before anything has moved
        scale = np.where(self.largest > NO_FLOW, self.largest, np.maximum(held, NO_FLOW))
        return np.asarray(gap / scale)

    def _cover(self, state: State) -> Floats:
        """Days that stocks of refined material at the first tier last at the need of the period."""
        world = self.world
        slot = world.first_tier_slot
        cell = world.firms.region[world.slots.firm[slot]] * world.n_materials + world.slots.material[slot]
        held = sums(cell, state.qty[slot], len(self.need))
        rate = self.need / (self.period / MINUTES_PER_DAY)
        days = np.divide(held, rate, out=np.full_like(held, np.nan), where=rate > 0)
        return days.reshape(world.n_regions, world.n_materials)

    def _close_firms(self, state: State, row: int) -> None:
        chosen, cell = self._cells
        shape = self.series["jobs"].shape[1:]
        size = int(np.prod(shape))
        alive = sums(cell, (state.enterprises * state.alive)[chosen], size)
        jobs = sums(cell, self.labour[chosen], size)
        self.series["n_firms"][row] = alive.reshape(shape)
        self.series["jobs"][row] = jobs.reshape(shape)

    def _close_trace(self, state: State, row: int) -> None:
        world = self.world
        for column, firm in enumerate(self.trace):
            mine = np.flatnonzero(world.slots.firm == firm)
            output = mine[world.slots.role[mine] == 1][0]
            inputs = mine[world.slots.role[mine] == 0]
            edges = world.relations.source == output
            self.series["firm_history"][row, column] = (
                state.heard[output],
                state.expected[output],
                self.last_wanted[firm],
                self.last_made[firm],
                self.last_shipped[output],
                state.qty[inputs].sum(),
                state.qty[output],
                state.backlog[edges].sum(),
                state.capacity[firm],
                state.uptime[firm],
            )
