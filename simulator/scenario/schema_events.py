"""The union of all kinds of disruptions, told apart by their `kind`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from simulator.scenario.schema_disruptions import (
    CollectionStop,
    DemandShock,
    Outage,
    StockLoss,
    Workforce,
)
from simulator.scenario.schema_trade_events import (
    ExportRestriction,
    FinanceShock,
    Preset,
    Tariff,
    Transport,
)

PRESET = "preset"


def kind_of(raw: Any) -> str | None:
    """Tag of an entry of `disruptions`: its kind, or `preset` for the name of one.

    Parameters
    ----------
    raw : object
        A mapping of a file, or an event.

    Returns
    -------
    str or None
        None where it says neither.
    """
    if not isinstance(raw, Mapping):
        return PRESET if isinstance(raw, Preset) else getattr(raw, "kind", None)
    kind = raw.get("kind", PRESET if PRESET in raw else None)
    return kind if isinstance(kind, str) else None


Disruption = Annotated[
    Annotated[Outage, Tag("outage")]
    | Annotated[Workforce, Tag("workforce")]
    | Annotated[DemandShock, Tag("demand")]
    | Annotated[CollectionStop, Tag("collection_stop")]
    | Annotated[StockLoss, Tag("stock_loss")]
    | Annotated[ExportRestriction, Tag("export_restriction")]
    | Annotated[Tariff, Tag("tariff")]
    | Annotated[Transport, Tag("transport")]
    | Annotated[FinanceShock, Tag("finance")]
    | Annotated[Preset, Tag(PRESET)],
    Discriminator(kind_of),
]
"""One entry of `disruptions`. `load` has replaced every preset by its events."""
