"""Trade networks that were drawn before, by content: members that share a base year draw its network once.

Drawing and fitting the relations is more than half of the making of a world. Two members have the same
network if everything is the same that it is drawn from: agents and their base flows, regions, known trade,
ways, the few declared numbers it reads, seed and member. That content is the key, so nothing has to be said
about which number of a scenario changes what.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from simulator.build.network import Network
from simulator.world.state import Floats, Relations

_READ = (
    "home_preference",
    "market_access",
    "new_partners_per_year",
    "qualification_days",
    "suppliers_base",
    "suppliers_market_access",
    "transit_within_region_days",
)
_MOST_BYTES = 100_000_000
_held: OrderedDict[str, _Held] = OrderedDict()


@dataclass(frozen=True)
class _Held:
    """A network as it was drawn, and what drawing changed."""

    relations: Relations
    base: Floats
    rate: Floats
    n_added: int

    @property
    def n_bytes(self) -> int:
        return sum(array.nbytes for array in (*vars(self.relations).values(), self.base, self.rate))


def relations_of(network: Network, goods: list[str]) -> Relations:
    """Relations of all goods: drawn, or those of a network that was drawn from the same.

    Parameters
    ----------
    network : Network
        As it is before relations are drawn; it changes alike in both cases.
    goods : list of str

    Returns
    -------
    Relations
        Its arrays cannot be written to.
    """
    key = content(network, goods)
    found = _held.get(key)
    if found is None:
        relations = network.relations(goods)
        found = _Held(relations, network.base.copy(), network.agents.rate.copy(), network.n_added)
        for array in vars(relations).values():
            array.flags.writeable = False
        _held[key] = found
    else:
        network.base[:], network.agents.rate[:] = found.base, found.rate
        network.n_added = found.n_added
    _held.move_to_end(key)
    while len(_held) > 1 and sum(each.n_bytes for each in _held.values()) > _MOST_BYTES:
        _held.popitem(last=False)
    return found.relations


def content(network: Network, goods: list[str]) -> str:
    """Sha256 of everything that the relations of a network depend on.

    Parameters
    ----------
    network : Network
    goods : list of str

    Returns
    -------
    str
    """
    closure, sectors = network.closure, network.sectors
    chain = sectors.chain
    words = (
        closure.scenario.seed,
        closure.member,
        closure.n_months,
        closure.materials,
        closure.regions,
        [closure.table_region(region) for region in closure.regions],
        [closure.value(name) for name in _READ],
        goods,
        chain.goods,
        [(process, chain.outputs[process], chain.tier[process]) for process in chain.processes],
        [(item.process, item.region, int(item.kind)) for item in sectors.items],
        [sectors.refined[material] for material in closure.materials],
        sorted(network.transit.items()),
        sorted(network.bilateral.items()),
    )
    digest = hashlib.sha256(repr(words).encode())
    for array in (network.agents.sector, network.firm, network.good, network.role, network.base):
        digest.update(array.tobytes())
    return digest.hexdigest()
