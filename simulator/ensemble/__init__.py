"""Members of an ensemble: which numbers are drawn, their points, and the scenario of each member."""

from __future__ import annotations

from simulator.ensemble.members import Drawn, Ensemble
from simulator.scenario.factors import Factor

__all__ = ["Drawn", "Ensemble", "Factor"]
