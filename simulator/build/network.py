"""The trade network of a world: relations drawn and fitted, good by good, downstream first."""

from __future__ import annotations

import numpy as np

from simulator.build.agents import Agents, SlotList
from simulator.build.closure import Closure
from simulator.build.sectors import Sectors
from simulator.errors import Fault, InputError, Place
from simulator.world.base_year import BalanceError, ras
from simulator.world.relations import draw_relations, fit_relations
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MONTHS_PER_YEAR,
    Bools,
    Floats,
    Ints,
    Kind,
    Mode,
    Relations,
    Role,
    sums,
)

ANY = "*"


class Network:
    """Relations of all goods.

    Parameters
    ----------
    closure : Closure
    sectors : Sectors
    agents : Agents
    slots : SlotList

    Attributes
    ----------
    base : (slot,) float [unit/d]
        As drawn; relations settle it.
    transit, bilateral : dict
        Days on the way between regions; known shares of regions in what one gets of a good.
    n_added : int
        Relations added so that the network fits.
    """

    def __init__(self, closure: Closure, sectors: Sectors, agents: Agents, slots: SlotList) -> None:
        self.closure, self.sectors, self.agents = closure, sectors, agents
        self.firm, self.good, self.role = slots.firm, slots.good, slots.role
        self.base = slots.base.copy()
        sector = agents.sector[slots.firm]
        self.kind = np.array([int(item.kind) for item in sectors.items])[sector]
        self.region = np.array([item.region for item in sectors.items])[sector]
        self._code = {good: i for i, good in enumerate(sectors.chain.goods)}
        self.n_added = 0
        ways = closure.tables["transit"]
        self.transit = {(str(r["region_from"]), str(r["region_to"])): float(r["days"]) for r in ways}
        self.bilateral: dict[tuple[str, str], dict[str, float]] = {}
        for row in (row for row in closure.tables["bilateral"] if row["good"] in self._code):
            key = (str(row["good"]), str(row["region_to"]))
            self.bilateral.setdefault(key, {})[str(row["region_from"])] = float(row["share"])

    def relations(self, goods: list[str]) -> Relations:
        """Draw and fit the relations of all goods.

        Returns
        -------
        Relations
            Sorted by supplier slot, then buyer slot.
        """
        order = self._downstream_first(goods)
        parts = {good: self._relations_of(good) for good in order}
        every = [*parts.values(), *(self._newcomers(good, parts[good]) for good in order)]
        every += [self._releases(m) for m in self.closure.materials]
        every += [self._first_outputs(m) for m in self.closure.materials]
        source, target, lead, mode, ready = (
            np.concatenate([getattr(part, name) for part in every]).astype(np.int64)
            for name in ("source", "target", "lead", "mode", "ready")
        )
        flow = np.concatenate([part.flow for part in every])
        rank = np.lexsort((ready, target, source))
        return Relations(source[rank], target[rank], flow[rank], lead[rank], mode[rank], ready[rank])

    def _newcomers(self, good: str, known: Relations) -> Relations:
        """Partners that industry will find after the start: drawn now, ready when found and qualified."""
        value = self.closure.value
        sells = (self.good == self._code[good]) & (self.role == Role.OUTPUT)
        sells &= np.isin(self.kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT, Kind.RECYCLE))
        buys = (self.good == self._code[good]) & (self.role == Role.INPUT) & (self.kind == Kind.CONVERT)
        suppliers, buyers = np.flatnonzero(sells), np.flatnonzero(buys)
        if not len(suppliers) or not len(buyers):
            return _none()
        rng = self.closure.draws("new partners", good)
        years = self.closure.n_months / MONTHS_PER_YEAR
        count = rng.poisson(value("new_partners_per_year") * value("market_access") * years, len(buyers))
        found = rng.random(count.sum()) * years * DAYS_PER_YEAR
        weight = np.cumsum(self.base[suppliers] / self.base[suppliers].sum())
        drawn = np.searchsorted(weight, rng.random(count.sum())).clip(max=len(suppliers) - 1)
        source, target = suppliers[drawn], np.repeat(buyers, count)
        pair = source * len(self.firm) + target
        first = np.zeros(len(pair), dtype=bool)
        first[np.unique(pair, return_index=True)[1]] = True
        first &= ~np.isin(pair, known.source * len(self.firm) + known.target)
        source, target = source[first], target[first]
        ready = np.round((found[first] + value("qualification_days")) * MINUTES_PER_DAY).astype(np.int64)
        mode = np.full(len(source), int(Mode.PULL))
        return Relations(source, target, np.zeros(len(source)), self.lead(source, target), mode, ready)

    def _downstream_first(self, goods: list[str]) -> list[str]:
        """Goods in the order in which makers' outputs become known: buyers before their suppliers."""
        chain = self.sectors.chain
        makers: dict[str, int] = {}
        for process in chain.processes:
            for good in chain.outputs[process]:
                makers[good] = max(makers.get(good, 0), chain.tier[process])
        return sorted(goods, key=lambda good: (-makers.get(good, -1), goods.index(good)))

    def _relations_of(self, good: str) -> Relations:
        mine = self.good == self._code[good]
        suppliers = np.flatnonzero(mine & (self.role != Role.INPUT) & (self.base > 0))
        buyers = np.flatnonzero(mine & (self.role == Role.INPUT))
        if not len(suppliers) or not len(buyers):
            return _none()
        row_sector, row = np.unique(self.agents.sector[self.firm[suppliers]], return_inverse=True)
        column_sector, column = np.unique(self.agents.sector[self.firm[buyers]], return_inverse=True)
        supply = sums(row, self.base[suppliers], len(row_sector))
        use = sums(column, self.base[buyers], len(column_sector))
        table = self._table(good, row_sector, column_sector, supply, use)
        # sums of firms differ from the table's in the last digits: the table's columns rule
        need = self.base[buyers] * (table.sum(axis=0) / use)[column]
        rng = self.closure.draws("relations", good)
        output = self.base[suppliers]
        try:
            drawn = draw_relations(
                rng, need, column, output, row, table, self._extra_suppliers(good), good=good
            )
            fitted = fit_relations(*drawn, need, column, output, row, table, good=good)
        except BalanceError as error:
            raise _unbalanced(self.closure, error) from error
        self.n_added += fitted.n_added
        pushed = self._is_supply_driven(suppliers)
        ordered = ~pushed[fitted.supplier]
        parts = [(fitted.supplier[ordered], fitted.buyer[ordered], fitted.flow[ordered])]
        for sector in np.unique(row[pushed]):
            mine = fitted.supplier[~ordered]
            chosen = row[mine] == sector
            wanted = sums(fitted.buyer[~ordered][chosen], fitted.flow[~ordered][chosen], len(buyers))
            parts.append(_transport(np.flatnonzero(row == sector), output, wanted))
        selling = np.isin(self.kind[suppliers], (Kind.BY_PRODUCT, Kind.RECYCLE)) & pushed
        parts.append(self._outlets(good, np.flatnonzero(selling), row, table, column, need, parts))
        local, taker, flow = (np.concatenate([part[i] for part in parts]) for i in range(3))
        source, target = suppliers[local], buyers[taker]
        self._settle(suppliers[~pushed], source, flow)
        ready = np.zeros(len(source), dtype=np.int64)
        return Relations(source, target, flow, self.lead(source, target), self._mode(source), ready)

    def _outlets(
        self,
        good: str,
        sellers: Ints,
        row: Ints,
        table: Floats,
        column: Ints,
        need: Floats,
        known: list[tuple[Ints, Ints, Floats]],
    ) -> tuple[Ints, Ints, Floats]:
        """Further buyers that supply-driven firms know, without trade in the base year.

        The fewest relations that carry the base year leave many a recycler with one buyer, who cannot take
        what it will make in ten years, while others of its region go short.
        """
        rng = self.closure.draws("outlets", good)
        count = rng.poisson(self._extra_suppliers(good), len(sellers))
        seller = np.repeat(sellers, count)
        where, who = rng.random(len(seller)), rng.random(len(seller))
        taken = {pair for part in known for pair in zip(part[0].tolist(), part[1].tolist(), strict=True)}
        found: list[tuple[int, int]] = []
        for one, at, pick in zip(seller.tolist(), where.tolist(), who.tolist(), strict=True):
            odds = np.cumsum(table[row[one]])
            place = min(int(np.searchsorted(odds, at * odds[-1], side="right")), len(odds) - 1)
            members = np.flatnonzero(column == place)
            weight = np.cumsum(need[members])
            chosen = members[min(int(np.searchsorted(weight, pick * weight[-1])), len(members) - 1)]
            if (one, int(chosen)) not in taken:
                taken.add((one, int(chosen)))
                found.append((one, int(chosen)))
        pairs = np.array(found, dtype=np.int64).reshape(len(found), 2)
        return pairs[:, 0], pairs[:, 1], np.zeros(len(found))

    def _is_supply_driven(self, slots: Ints) -> Bools:
        """Slots whose output does not follow orders; its firms keep their drawn size."""
        driven = np.isin(self.kind[slots], (Kind.BY_PRODUCT, Kind.RECYCLE, Kind.COLLECT))
        return np.asarray(driven | (self.role[slots] == Role.SCRAP))

    def _settle(self, slots: Ints, source: Ints, flow: Floats) -> None:
        """A supplier's base output is what its relations carry; inputs and scrap go with it."""
        if not len(slots):
            return
        carried = sums(source, flow, len(self.base))[slots]
        factor = np.ones(len(self.agents.rate))
        factor[self.firm[slots]] = carried / self.base[slots]
        self.agents.rate[:] *= factor
        self.base *= factor[self.firm]

    def _extra_suppliers(self, good: str) -> float:
        if good.startswith(("eol_", "scrap_")):
            return 0.0
        value = self.closure.value
        return value("suppliers_base") + value("suppliers_market_access") * value("market_access")

    def _table(self, good: str, rows: Ints, columns: Ints, supply: Floats, use: Floats) -> Floats:
        """Flow table (supplier sector, buyer sector) by RAS from a prior."""
        items, regions = self.sectors.items, self.closure.regions
        source = np.array([items[i].region for i in rows])
        target = np.array([items[i].region for i in columns])
        at_home = source[:, None] == target[None, :]
        if good.startswith(("eol_", "scrap_")):
            # treated at home: shares of the region's suppliers, no fit needed
            at_place = np.where(at_home, supply[:, None], 0.0)
            return np.asarray(at_place / at_place.sum(axis=0) * use[None, :])
        prior = self._abroad(good, self.closure.table_regions, source, target, supply) * use[None, :]
        prior = np.where(
            at_home, supply[:, None] * use[None, :] * self.closure.value("home_preference"), prior
        )
        # holders of stocks buy primary metal: recyclers sell to industry
        recycler = np.array([items[i].kind == Kind.RECYCLE for i in rows])
        holder = np.array([items[i].kind == Kind.HOLDER for i in columns])
        prior[recycler[:, None] & holder[None, :]] = 0.0
        names = [f"{items[i].process} in {regions[items[i].region]}" for i in rows]
        takers = [f"{items[i].process} in {regions[items[i].region]}" for i in columns]
        try:
            return ras(prior, supply, use, good=good, row_names=names, column_names=takers)
        except BalanceError as error:
            raise _unbalanced(self.closure, error) from error

    def _abroad(self, good: str, regions: list[str], source: Ints, target: Ints, supply: Floats) -> Floats:
        """Weight of each supplier for each buyer: known import shares where data has them, else supply."""
        weight = np.repeat(supply[:, None], len(target), axis=1)
        for j, region in enumerate(target):
            known = self.bilateral.get((good, regions[region]))
            if not known:
                continue
            abroad = source != region
            total = supply[abroad].sum()
            stated = np.array([known.get(regions[s], -1.0) for s in source])
            free = abroad & (stated < 0)
            for name in {regions[s] for s in source[abroad & (stated >= 0)]}:
                mine = abroad & (np.array([regions[s] for s in source]) == name)
                weight[mine, j] = supply[mine] / supply[mine].sum() * known[name] * total
            if free.any():
                rest = max(0.0, 1 - sum(known.values()))
                weight[free, j] = supply[free] / supply[free].sum() * rest * total
        return weight

    def _mode(self, source: Ints) -> Ints:
        kind = self.kind[source]
        mode = np.full(len(source), int(Mode.PULL))
        mode[np.isin(kind, (Kind.BY_PRODUCT, Kind.RECYCLE))] = Mode.OFFER
        mode[(kind == Kind.COLLECT) | (self.role[source] == Role.SCRAP)] = Mode.PUSH
        return mode

    def lead(self, source: Ints, target: Ints) -> Ints:
        """Minutes from dispatch to arrival."""
        labels = self.closure.regions
        pairs, place = np.unique(self.region[source] * len(labels) + self.region[target], return_inverse=True)
        days = [self.transit_days(labels[pair // len(labels)], labels[pair % len(labels)]) for pair in pairs]
        return np.array([max(1, round(d * MINUTES_PER_DAY)) for d in days], dtype=np.int64)[place]

    def transit_days(self, region_from: str, region_to: str) -> float:
        """Days on the way; the row that names most regions wins, a carved country goes by its old region."""
        original = self.closure.table_region
        if region_from == region_to and (region_from, region_to) not in self.transit:
            return self.closure.value("transit_within_region_days")
        starts = (region_from, original(region_from), ANY)
        ends = (region_to, original(region_to), ANY)
        found = [
            (starts.index(a) + ends.index(b), days)
            for (a, b), days in self.transit.items()
            if a in starts and b in ends
        ]
        if not found:
            raise InputError(
                [
                    Fault(
                        Place(self.closure.tables["transit"].file),
                        f"no way from {region_from} to {region_to}",
                        "a row for the pair, or * to *",
                        rule="no_transit",
                    )
                ]
            )
        return min(found)[1]

    def _first_outputs(self, material: str) -> Relations:
        """Buyers of what recyclers may recover later but not in the base year, at home if there are any."""
        good = self.sectors.refined[material]
        mine = self.good == self._code[good]
        sells = mine & (self.base <= 0) & (self.role == Role.OUTPUT) & (self.kind == Kind.RECYCLE)
        suppliers = np.flatnonzero(sells)
        buyers = np.flatnonzero(mine & (self.role == Role.INPUT) & (self.kind == Kind.CONVERT))
        if not len(suppliers) or not len(buyers):
            return _none()
        rng = self.closure.draws("first outputs", good)
        extra = rng.poisson(self._extra_suppliers(good), len(suppliers))
        place, places = self.region[suppliers], self.region[buyers]
        source, target = [], []
        for supplier, region, more in zip(suppliers, place, extra, strict=True):
            near = buyers[places == region] if (places == region).any() else buyers
            weight = self.base[near] / self.base[near].sum()
            n = min(1 + int(more), len(near))
            target.append(np.sort(rng.choice(near, n, replace=False, p=weight)))
            source.append(np.full(n, supplier))
        sources, targets = np.concatenate(source), np.concatenate(target)
        n = len(sources)
        mode, ready = np.full(n, int(Mode.OFFER)), np.zeros(n, dtype=np.int64)
        return Relations(sources, targets, np.zeros(n), self.lead(sources, targets), mode, ready)

    def _releases(self, material: str) -> Relations:
        """Relations by which holders release stock in the spot round, at home."""
        good = self.sectors.refined[material]
        slots = np.flatnonzero((self.good == self._code[good]) & (self.role == Role.INPUT))
        kind = self.kind[slots]
        holders, buyers = slots[kind == Kind.HOLDER], slots[kind == Kind.CONVERT]
        if not len(holders) or not len(buyers):
            return _none()
        i, j = np.nonzero(self.region[holders][:, None] == self.region[buyers][None, :])
        source, target = holders[i], buyers[j]
        n = len(source)
        mode, ready = np.full(n, int(Mode.SPOT)), np.zeros(n, dtype=np.int64)
        return Relations(source, target, np.zeros(n), self.lead(source, target), mode, ready)


def _none() -> Relations:
    empty = np.zeros(0, dtype=np.int64)
    return Relations(empty, empty, np.zeros(0), empty, empty, empty)


def _transport(suppliers: Ints, output: Floats, wanted: Floats) -> tuple[Ints, Ints, Floats]:
    """Flows of one sector's suppliers that meet both the suppliers' shares and the buyers' quantities.

    Suppliers and buyers are laid side by side along one line; every overlap is a relation, which makes at
    most suppliers + buyers - 1 of them.

    Parameters
    ----------
    suppliers : (supplier,) int
    output : (any,) float
        By supplier number; only proportions count.
    wanted : (buyer,) float [unit/d]

    Returns
    -------
    (relation,) int, int, float [unit/d]
        Supplier, buyer, flow.

    Source
    ------
    North-west corner rule of the transportation problem (Charnes and Cooper 1954).
    """
    buyers = np.flatnonzero(wanted > 0)
    share = output[suppliers] / output[suppliers].sum()
    ends = np.cumsum(share)
    ends /= ends[-1]
    stops = np.cumsum(wanted[buyers])
    total = stops[-1]
    stops = stops / total
    stops[-1] = ends[-1] = 1.0
    marks = np.unique(np.concatenate([[0.0], ends, stops]))
    width = np.diff(marks)
    middle = (marks[1:] + marks[:-1]) / 2
    supplier = np.minimum(np.searchsorted(ends, middle), len(suppliers) - 1)
    buyer = np.minimum(np.searchsorted(stops, middle), len(buyers) - 1)
    keep = width > 0
    flow = width[keep] * total
    supplier, buyer = supplier[keep], buyer[keep]
    # a buyer too small to be seen on the line takes from the supplier it would stand beside
    unseen = np.setdiff1d(np.arange(len(buyers)), buyer)
    beside = np.minimum(np.searchsorted(ends, stops[unseen]), len(suppliers) - 1)
    supplier, buyer = np.concatenate([supplier, beside]), np.concatenate([buyer, unseen])
    flow = np.concatenate([flow, wanted[buyers][unseen]])
    got = sums(buyer, flow, len(buyers))
    flow *= (wanted[buyers] / got)[buyer]
    return suppliers[supplier], buyers[buyer], flow


def _unbalanced(closure: Closure, error: BalanceError) -> InputError:
    text = f"{error.good}: supply {error.row_total:.6g}, use {error.column_total:.6g}"
    return InputError(
        [
            Fault(
                Place(str(closure.tables.folder)),
                f"{text} {error.detail}".strip(),
                "a table that balances",
                rule="balance",
            )
        ]
    )
