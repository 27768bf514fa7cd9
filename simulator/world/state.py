"""What a world is made of: firms, slots, relations and paths, as arrays without labels.

A **slot** is one pile of one good at one firm (an input, the output, scrap), or at a final user or a holder
of stocks. A **relation** carries a good from a supplier's slot to a buyer's slot. All is laid out by tier
(topological level of the chain), so that the firms of a tier, their slots and the relations they supply are
contiguous and a review is a handful of array passes. Products in use are described in `simulator.world.use`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulator.world.disruptions import UptimeCurve
from simulator.world.economy import Economy
from simulator.world.use import UseStage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MINUTES_PER_DAY = 1440
MINUTES_PER_MONTH = 43_830  # 365.25 d / 12, a whole number so that ties are exact
MONTHS_PER_YEAR = 12
DAYS_PER_YEAR = 365.25
TINY = 1e-12  # share of a base quantity below which nothing was asked


def sums(index: Ints, value: Floats, n: int) -> Floats:
    """Sum of values by index.

    Parameters
    ----------
    index : (item,) int
    value : (item,) float [unit]
    n : int
        Length of the result.

    Returns
    -------
    (n,) float [unit]
        0 where no item points; unlike numpy's own count a float even without items.

    Source
    ------
    Plain summation.
    """
    return np.asarray(np.bincount(index, value, minlength=n), dtype=np.float64)


def by_material(mass: Floats) -> Floats:
    """Sum over origins.

    Parameters
    ----------
    mass : (row, material x origin) float [t]

    Returns
    -------
    (row, material) float [t]

    Source
    ------
    Plain summation; three slices are several times faster than a sum over a short axis.
    """
    return np.asarray(mass[:, 0::3] + mass[:, 1::3] + mass[:, 2::3])


class Kind(IntEnum):
    """How the members of a sector work."""

    SOURCE = 0  # makes to order out of what nature gives: a mine
    CONVERT = 1  # makes to order out of inputs, by a recipe
    BY_PRODUCT = 2  # bounded by what its host makes
    RECYCLE = 3  # treats whatever arrives, one output per material
    COLLECT = 4  # takes products from users at the end of their life
    USER = 5  # final user of a product
    HOLDER = 6  # holds stocks outside industry (traders, states)


class Mode(IntEnum):
    """How goods move on a relation."""

    PULL = 0  # the buyer orders
    OFFER = 1  # the supplier offers what it will have, its buyers take it first
    PUSH = 2  # the buyer takes all (collectors and scrap to recyclers)
    SPOT = 3  # used in the spot round only


class Role(IntEnum):
    """What a slot is to its firm."""

    INPUT = 0
    OUTPUT = 1
    SCRAP = 2


@dataclass(frozen=True)
class Firms:
    """Agents as rows, sorted by tier, then kind, process, region.

    Attributes
    ----------
    process, region, stage, size, sector, kind, tier : (firm,) int
        Codes; -1 for the size of users and holders.
    review, phase : (firm,) int [min]
        Review period, and the instant of the first review less one period.
    base_rate, capacity : (firm,) float [unit of output/d]
        Output and capacity in the base year; recyclers in tonnes treated.
    overtime : (firm,) float [1]
        Part of capacity that can be added for a while.
    utilisation : (firm,) float [1]
        Base output over capacity.
    cover_in, cover_out : (firm,) float [d]
        Target cover of inputs and output.
    enterprises, persons : (firm,) float
        Enterprises that the agent stands for; persons who work in them at base output.
    """

    process: Ints
    region: Ints
    stage: Ints
    size: Ints
    sector: Ints
    kind: Ints
    tier: Ints
    review: Ints
    phase: Ints
    base_rate: Floats
    capacity: Floats
    overtime: Floats
    utilisation: Floats
    cover_in: Floats
    cover_out: Floats
    enterprises: Floats
    persons: Floats
    name: tuple[str, ...]

    def __len__(self) -> int:
        """Number of agents."""
        return len(self.process)


@dataclass(frozen=True)
class Slots:
    """Piles of goods, sorted by firm, inputs before the output before scrap.

    Attributes
    ----------
    firm, good, role : (slot,) int
    recipe : (slot,) int
        Row of `Paths.recipe` for inputs of converting firms, else -1.
    treatment : (slot,) int
        Row of `Paths.recovery_yield` for inputs of recyclers, else -1.
    material : (slot,) int
        Material of ore and refined goods, else -1.
    node : (slot,) int
        Node of the loop that the slot counts to.
    base : (slot,) float [unit/d]
        Flow through the slot in the base year.
    """

    firm: Ints
    good: Ints
    role: Ints
    recipe: Ints
    treatment: Ints
    material: Ints
    node: Ints
    base: Floats

    def __len__(self) -> int:
        """Number of slots."""
        return len(self.firm)


@dataclass(frozen=True)
class Relations:
    """The trade network as an edge list, sorted by supplier slot, then buyer slot.

    Attributes
    ----------
    source, target : (relation,) int
        Slots.
    flow : (relation,) float [unit/d]
        Base flow; 0 where the relation serves the spot round only.
    lead : (relation,) int [min]
        Time from dispatch to arrival, at least one minute.
    mode : (relation,) int
        `Mode`.
    ready : (relation,) int [min]
        Instant from which the relation may be used (new partners qualify first).
    """

    source: Ints
    target: Ints
    flow: Floats
    lead: Ints
    mode: Ints
    ready: Ints

    def __len__(self) -> int:
        """Number of relations."""
        return len(self.source)


@dataclass(frozen=True)
class Paths:
    """Everything exogenous that changes in time, one row per model month (value for that month).

    Attributes
    ----------
    capacity : (month, sector) float [1]
        Capacity over base capacity.
    demand : (month, user) float [unit/d]
        Demand of final users before reuse displaces a part of it.
    stock_change : (month, holder) float [t/d]
        Purchases of holders.
    recipe : (month, recipe) float
        Units of input per unit of good output, yield included.
    normal : (month, sector) float [1]
        Normal output over base output: what the announced demand asks of the sector.
    host_share : (month, sector) float
        By-product per unit of host output, a maximum; 0 where there is no host.
    collection : (month, product, region) float [1]
    routing : (month, product, region, 4) float [1]
        Shares of repair, remanufacture, recycling, disposal.
    recovery_yield : (month, treatment, material) float [1]
    new_scrap : (month, good, region) float [1]
        Share of new scrap that reaches recyclers, by component or product made.
    """

    capacity: Floats
    demand: Floats
    stock_change: Floats
    recipe: Floats
    normal: Floats
    host_share: Floats
    collection: Floats
    routing: Floats
    recovery_yield: Floats
    new_scrap: Floats


@dataclass(frozen=True)
class Rules:
    """Parameters of the firms' behaviour; time constants in days."""

    tau_level: float
    tau_trend: float
    tau_damping: float
    tau_order: float
    tau_habit: float
    switching: float  # per model month and unit of fill
    switching_floor: float
    notice: float  # difference of suppliers' costs, as a logarithm, from which buyers act on it
    spot_reserve: float
    patience: float  # days that a final user waits on average before giving up
    stock_cap: float  # largest stock of supply-driven firms, x target
    release: float  # days over which holders release their stock
    reserve_years: float  # years that the stocks of those who cover a base-year deficit last
    allocation: str
    has_spot: bool
    has_switching: bool
    has_overtime: bool
    has_trend: bool
    end_of_life_frozen: bool


@dataclass(frozen=True)
class Process:
    """Attributes of processes, one row each.

    Attributes
    ----------
    process_yield, scrap_share : (process,) float [1]
        Good output over input content; share of losses that is recoverable new scrap.
    loss_node : (process,) int
    """

    process_yield: Floats
    scrap_share: Floats
    loss_node: Ints


@dataclass(frozen=True)
class Outages:
    """Disruptions that take capacity: exposure of each firm and the curve of each event.

    Attributes
    ----------
    exposure : (event, firm) float [1]
        1 where the firm is hit, a share where only part of its capacity is.
    curves : tuple of UptimeCurve
        One per event.
    """

    exposure: Floats
    curves: tuple[UptimeCurve, ...] = ()


@dataclass(frozen=True)
class Blueprint:
    """A calibrated world, ready to run: static arrays plus everything exogenous.

    Attributes
    ----------
    origin_mix : (slot, material, origin) float [t/unit]
        Content of one unit in each slot in the base year.
    host_sector : (sector,) int
        Sector whose output bounds a by-product sector, -1 if none.
    user_firm, user_product, user_region, user_slot : (user,) int
        Final users, product-major.
    holder_slot : (holder,) int
    collector_firm, collector_slot, collector_cell : (collector,) int
    """

    n_materials: int
    n_regions: int
    n_goods: int
    n_sectors: int
    n_months: int
    firms: Firms
    slots: Slots
    relations: Relations
    processes: Process
    paths: Paths
    use: UseStage
    rules: Rules
    outages: Outages
    origin_mix: Floats
    host_sector: Ints
    user_firm: Ints
    user_product: Ints
    user_region: Ints
    user_slot: Ints
    user_displaced: Floats  # (user,) unit/d displaced by reuse in the base year
    holder_slot: Ints
    outside_orders: Ints  # (relation,) relations to final users and holders
    collector_firm: Ints
    collector_slot: Ints
    collector_cell: Ints  # product x region
    first_tier_slot: Ints  # inputs of refined material at converting firms
    refined_good: Ints  # (material,)
    good_product: Ints  # (good,) product whose end-of-life good or scrap it is, else -1
    essential: Bools  # (good,) essential products are served first if the rule says so
    treatment_is_scrap: Bools  # (treatment,)
    stage_node: Ints  # (stage,) node of the loop
    product_content: Floats  # (month, product, material) t/unit, of products sold
    start: date
    labels: Labels = field(repr=False)
    economy: Economy = field(default_factory=Economy)


@dataclass(frozen=True)
class Labels:
    """Names behind the codes; used by the recorder, never by a law."""

    materials: tuple[str, ...]
    regions: tuple[str, ...]
    processes: tuple[str, ...]
    goods: tuple[str, ...]
    products: tuple[str, ...]
    good_unit: tuple[str, ...]
    product_unit: tuple[str, ...]
    process_unit: tuple[str, ...]
    process_stage: tuple[str, ...]
    sectors: tuple[tuple[int, int], ...]  # (process, region)
