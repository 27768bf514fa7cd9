"""Any Python function as something to study: it takes a mapping of numbers and has an attribute `factors`."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulator.decisions.study import Evaluate, Ran, Study, Uncertain, nothing
from simulator.errors import Fault, InputError, Place, listed, nearest, shown

OUTCOME = "outcome"
"""Name of what a function gives that gives one number."""


def of_model(text: str, seed: int = 1) -> Study:
    """Study of a Python function.

    Parameters
    ----------
    text : str
        ``MODULE:FUNCTION``, or ``FILE.py:FUNCTION``.
    seed : int

    Returns
    -------
    Study

    Raises
    ------
    InputError
        There is no such function, or its factors are not distributions.
    """
    function = _function(text)
    factors = getattr(function, "factors", None)
    if not isinstance(factors, Mapping) or not factors:
        allowed = "a function with an attribute `factors`: a mapping of names to distributions"
        raise InputError([Fault(Place("--model"), text, allowed, rule="model_factors")])
    return Study(
        text, seed, tuple(_uncertain(text, str(name), raw) for name, raw in factors.items()), _calls(function)
    )


def _calls(function: Callable[[Mapping[str, float]], Any]) -> Evaluate:
    def evaluate(points: Sequence[Mapping[str, float]]) -> Ran:
        rows: list[dict[str, float]] = []
        failures: list[str] = []
        for number, point in enumerate(points):
            try:
                told = function(dict(point))
                row = told if isinstance(told, Mapping) else {OUTCOME: told}
                rows.append({str(name): float(value) for name, value in row.items()})
            except Exception as error:  # noqa: BLE001 - the function is the user's own
                failures.append(f"run {number}: {type(error).__name__}: {error}")
                rows.append({})
        return gathered(rows, failures)

    return evaluate


def gathered(rows: Sequence[Mapping[str, float]], failures: Sequence[str] = ()) -> Ran:
    """Outcomes of runs, one below the other.

    Parameters
    ----------
    rows : sequence of mapping of str to float
        Empty for a run that failed.
    failures : sequence of str

    Returns
    -------
    Ran

    Raises
    ------
    InputError
        No run gave anything.
    """
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise nothing(failures)
    values = np.array([[row.get(name, math.nan) for name in names] for row in rows], dtype=float)
    return Ran(names, values, tuple(failures))


def _function(text: str) -> Callable[[Mapping[str, float]], Any]:
    source, _, name = text.rpartition(":")
    if not source or not name:
        raise InputError([Fault(Place("--model"), text, "MODULE:FUNCTION or FILE.py:FUNCTION", rule="model")])
    module = _module(source, text)
    function = getattr(module, name, None)
    if not callable(function):
        names = [each for each in vars(module) if callable(getattr(module, each)) and each[0] != "_"]
        near = nearest(name, names)
        allowed = f"a function of {source}: {listed(names)}"
        raise InputError([Fault(Place("--model"), text, allowed, near, "model_unknown")])
    return function  # type: ignore[no-any-return]


def _module(source: str, text: str) -> Any:
    """A module by its name, the folder one stands in first; or a file."""
    place = Place("--model")
    try:
        if source.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(source).stem, source)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
        here = str(Path.cwd())
        sys.path.insert(0, here)
        try:
            return importlib.import_module(source)
        finally:
            sys.path.remove(here)
    except Exception as error:  # noqa: BLE001 - whatever the user's module does while it is read
        found = f"{text}: {type(error).__name__}: {error}"
        raise InputError([Fault(place, shown(found), "a module that can be read", rule="model")]) from None


def _uncertain(text: str, name: str, raw: Any) -> Uncertain:
    from pydantic import ValidationError

    from simulator.scenario.check_distributions import check_one
    from simulator.scenario.distribution import Distribution
    from simulator.scenario.quantiles import central, quantile

    try:
        drawn = Distribution.model_validate(raw)
    except ValidationError as error:
        faults = [
            Fault(
                Place(text, path=".".join(["factors", name, *map(str, each["loc"])])),
                shown(each.get("input")),
                each["msg"],
                rule="model_factor",
            )
            for each in error.errors()
        ]
        raise InputError(faults) from None
    findings = list(check_one((name,), drawn, -math.inf, math.inf))
    if findings:
        raise InputError(
            Fault(
                Place(text, path=".".join(["factors", *map(str, each.loc)])),
                each.found,
                each.allowed,
                each.nearest,
                each.rule,
            )
            for each in findings
        )
    return Uncertain(
        name,
        lambda share: quantile(drawn, share, -math.inf, math.inf),
        central(drawn, -math.inf, math.inf),
    )
