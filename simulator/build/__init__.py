"""From labelled tables to a calibrated world of arrays: the base year and how it moves on."""

from __future__ import annotations

from simulator.build.blueprint import Built, build

__all__ = ["Built", "build"]
