"""Loopcast: circular value chains of critical raw materials as a discrete-event model of firms."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.run import run
    from simulator.scenario import load

__all__ = ["load", "run"]
__version__ = "0.1.0"


class _Entry(ModuleType):
    """A room called like its function: `simulator.run(...)` and `simulator.run.clock` both work."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Package(ModuleType):
    """The package; importing a part of `simulator.run` sets `run` to that room, which stays callable."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "run" and isinstance(value, ModuleType):
            value.__class__ = _Entry
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Import the two entries on first use, so that importing the package costs nothing."""
    if name == "load":
        from simulator.scenario import load

        return load
    if name == "run":
        return import_module("simulator.run")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the package."""
    return sorted([*globals(), *__all__])
