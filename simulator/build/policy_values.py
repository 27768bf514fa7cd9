"""Values of policies: what a scenario says, else what inputs/policies.csv holds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.scenario.dated import Dated
from simulator.world.state import Floats

if TYPE_CHECKING:
    from simulator.build.closure import Closure

ANY = "*"


def quantity(closure: Closure, said: Any, name: str, key: str = "") -> float:
    """A number of a policy: the scenario's, else the table's.

    Parameters
    ----------
    closure : Closure
    said : Policy
    name : str
        `quantity` of inputs/policies.csv.
    key : str
        Key of the policy; the name if left out.
    """
    own = getattr(said, key or name, None)
    if own is not None:
        return float(own)
    row = closure.tables["policies"].one(
        kind=said.kind, preset=ANY, quantity=name, material=ANY, from_date=ANY
    )
    return float(row["value"])


def _of_law(closure: Closure, said: Any, name: str) -> dict[str, Floats]:
    """Values (month,) by material that a law of the table sets in steps."""
    rows = closure.tables["policies"].where(kind=said.kind, preset=said.preset, quantity=name)
    steps: dict[str, dict[date, float]] = {}
    for row in rows:
        day = date.fromisoformat(str(row["from_date"]))
        steps.setdefault(str(row["material"]), {})[day] = float(row["value"])
    out = {}
    for material, knots in steps.items():
        days = tuple(sorted(knots))
        dated = Dated(dates=days, values=tuple(knots[day] for day in days))
        out[material] = dated.series(closure.dates, said.nothing)
    return out


def mandate_values(closure: Closure, said: Any) -> dict[str, Floats]:
    """Least share (month,) of secondary material by material of the world."""
    if said.value is not None:
        value = said.value.series(closure.dates, 0.0)
        return {m: value for m in closure.materials if not said.material or m in said.material}
    law = _of_law(closure, said, "share")
    return {
        m: law.get(m, law.get(ANY, np.zeros(closure.n_months)))
        for m in closure.materials
        if not said.material or m in said.material
    }


def limit_values(closure: Closure, said: Any) -> Floats:
    """Largest share (month,) from one foreign region."""
    if said.value is not None:
        return np.asarray(said.value.series(closure.dates, 1.0))
    law = _of_law(closure, said, "largest_share")
    return law.get(ANY, np.ones(closure.n_months))


def reserve_values(closure: Closure, said: Any) -> Floats:
    """Days (month,) that a reserve is to last."""
    if said.value is not None:
        return np.asarray(said.value.series(closure.dates, 0.0))
    return np.full(closure.n_months, quantity(closure, said, "target_days"))
