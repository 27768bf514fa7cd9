"""What money adds to a world: markets, accounts, investment, access, business models, the alliance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.world.alliance import Alliance
    from simulator.world.business import BusinessModels
    from simulator.world.credit import CreditShock
    from simulator.world.disruptions import StockLoss
    from simulator.world.evasion import Evasion
    from simulator.world.finance import Finance
    from simulator.world.investment import Expansion
    from simulator.world.market import Caps, Market
    from simulator.world.msme import Access
    from simulator.world.policies import Policies
    from simulator.world.precaution import Precaution
    from simulator.world.projects import Pipeline
    from simulator.world.trade_events import Duties, Transport


@dataclass(frozen=True)
class Economy:
    """Parts of a world that a scenario can switch; a part that is None costs nothing and changes nothing."""

    market: Market | None = None
    caps: Caps | None = None
    finance: Finance | None = None
    expansion: Expansion | None = None
    access: Access | None = None
    business: BusinessModels | None = None
    alliance: Alliance | None = None
    policies: Policies | None = None
    projects: Pipeline | None = None
    duties: Duties | None = None
    evasion: Evasion | None = None
    transport: Transport | None = None
    precaution: Precaution | None = None
    credit: tuple[CreditShock, ...] = ()
    losses: tuple[StockLoss, ...] = ()
