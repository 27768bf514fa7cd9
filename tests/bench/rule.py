"""One firm rule three times: through the engine's functions, in bare numpy, and (in `peers`) as mesa agents.

A step: forecast what was ordered, order up to a target from `k` suppliers, make to cover backlog and stock,
share what there is over all backlogs in proportion. Goods arrive at once; final demand has a season and
is lost when it is not served.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from simulator.world.firms import expected_rate, forecast, gain, input_limit, order_up_to, wanted_output
from simulator.world.state import sums
from simulator.world.trade import allocate
from tests.bench import peers
from tests.bench.figures import Figure, at_most, plain, processor_seconds

DAYS = 30.0
STEADY = {
    "days": DAYS,
    "level_gain": gain(DAYS, 187.0),
    "trend_gain": gain(DAYS, 590.0),
    "damping": math.exp(-DAYS / 290.0),
    "order_gain": gain(DAYS, 106.0),
    "cover_in": 45.0,
    "cover_out": 20.0,
    "recipe": 0.5,
    "reviews": 2.0,
}
STATE = ("level", "trend", "stock", "held", "backlog", "received")

World = dict[str, Any]


def make_world(n: int, k: int, seed: int = 7) -> World:
    """Firms with `k` suppliers each, drawn at large."""
    rng = np.random.default_rng(seed)
    drawn = rng.gamma(2.0, size=(n, k))
    share = (drawn / drawn.sum(axis=1, keepdims=True)).ravel()
    supplier, buyer = rng.integers(0, n, n * k), np.repeat(np.arange(n), k)
    final = rng.lognormal(0.0, 1.0, n) + 0.1
    rate = final
    for _ in range(60):  # output that serves final demand and all who buy
        rate = final + np.bincount(supplier, share * STEADY["recipe"] * rate[buyer], n)
    return {
        **STEADY, "n": n, "k": k, "supplier": supplier, "buyer": buyer, "share": share,
        "final": final, "capacity": rate * DAYS * rng.uniform(0.9, 1.6, n),
        "level": rate.copy(), "trend": np.zeros(n), "stock": rate * STEADY["cover_out"],
        "held": STEADY["recipe"] * rate * STEADY["cover_in"],
        "backlog": np.zeros(n * k), "received": rate * DAYS,
    }  # fmt: skip


def season(step: int) -> float:
    """Factor on final demand."""
    return 1.0 + 0.25 * math.sin(0.5 * step)


def by_engine(w: World, steps: int) -> World:
    """The rule through the simulator's functions."""
    n, nk, supplier, buyer = w["n"], w["n"] * w["k"], w["supplier"], w["buyer"]
    s = {name: w[name].copy() for name in STATE}
    everyone = np.concatenate([supplier, np.arange(n)])  # final users stand behind the relations
    reviews, recipe, first = np.full(n, w["reviews"]), np.full(n, w["recipe"]), np.arange(n)
    no_pipeline, waiting = np.zeros(n), np.empty(nk + n)
    on_order = np.zeros(n)
    for step in range(steps):
        forecast(
            s["level"], s["trend"], s["received"] / w["days"], w["level_gain"], w["trend_gain"], w["damping"]
        )
        expected = expected_rate(s["level"], s["trend"], w["damping"], reviews)
        rate = w["recipe"] * expected
        quantity = order_up_to(
            rate, w["days"], rate * w["cover_in"], s["held"], no_pipeline, on_order, w["order_gain"]
        )
        order = w["share"] * quantity[buyer]
        s["backlog"] += order
        final = w["final"] * (season(step) * w["days"])
        s["received"] = sums(supplier, order, n) + final
        waiting[:nk], waiting[nk:] = s["backlog"], final
        asked = sums(everyone, waiting, n)
        wanted = wanted_output(asked, expected * w["cover_out"], s["stock"])
        made = np.minimum(np.minimum(wanted, w["capacity"]), input_limit(s["held"], recipe, first))
        s["held"] -= made * w["recipe"]
        s["stock"] += made
        shipped = allocate(s["stock"], waiting, everyone)
        s["stock"] -= sums(everyone, shipped, n)
        s["held"] += sums(buyer, shipped[:nk], n)
        s["backlog"] -= shipped[:nk]
        on_order = sums(buyer, s["backlog"], n)
    return s


def by_numpy(w: World, steps: int) -> World:
    """The rule in as few passes of numpy as it takes: the floor."""
    n, k, supplier, share = w["n"], w["k"], w["supplier"], w["share"].reshape(w["n"], w["k"])
    level, trend, stock, held, backlog, received = (w[name].copy() for name in STATE)
    backlog = backlog.reshape(n, k)
    days, damping, recipe = w["days"], w["damping"], w["recipe"]
    ahead = damping * (1 - damping ** w["reviews"]) / (1 - damping)
    on_order = np.zeros(n)
    for step in range(steps):
        predicted = level + damping * trend
        move = predicted + w["level_gain"] * (received / days - predicted) - level
        level += move
        trend *= damping
        trend += w["trend_gain"] * (move - trend)
        expected = np.maximum(0.0, level + trend * ahead)
        rate = recipe * expected
        quantity = np.maximum(0.0, rate * days + w["order_gain"] * (rate * w["cover_in"] - held - on_order))
        order = share * quantity[:, None]
        backlog += order
        final = w["final"] * (season(step) * days)
        received = np.bincount(supplier, order.ravel(), n) + final
        asked = np.bincount(supplier, backlog.ravel(), n) + final
        made = np.maximum(0.0, asked + expected * w["cover_out"] - stock)
        np.minimum(made, w["capacity"], out=made)
        np.minimum(made, held / recipe, out=made)
        held -= made * recipe
        stock += made
        fill = np.minimum(1.0, stock / asked)
        stock -= fill * asked
        shipped = backlog * fill[supplier].reshape(n, k)
        held += shipped.sum(axis=1)
        backlog -= shipped
        on_order = backlog.sum(axis=1)
    state = (level, trend, stock, held, backlog.ravel(), received)
    return dict(zip(STATE, state, strict=True))


def by_mesa(python: Path | str, folder: Path, w: World, steps: int) -> tuple[float, World]:
    """Processor seconds of the rule as mesa agents, and their end state."""
    given, end = folder / "rule.npz", folder / "rule_end.npz"
    seasons = np.array([season(step) for step in range(steps)])
    np.savez(given, season=seasons, **{name: np.asarray(value) for name, value in w.items()})
    spent = peers.ask(python, peers.HERE / "mesa_rule.py", given, end)["seconds"]
    with np.load(end) as found:
        return spent, {name: found[name] for name in STATE}


def assert_alike(one: World, other: World) -> None:
    """End states are the same but for rounding."""
    for name in STATE:
        scale = np.abs(one[name]).max(initial=1e-300)
        np.testing.assert_allclose(other[name], one[name], rtol=1e-7, atol=1e-9 * scale, err_msg=name)


def figures(
    python: Path | str, folder: Path, n: int = 10_000, k: int = 3
) -> tuple[list[Figure], dict[int, float]]:
    """Lines to print, and mesa's firm-reviews a second by number of firms."""
    w, steps, few = make_world(n, k), 200, 12
    bare, end = processor_seconds(lambda: by_numpy(w, steps))
    ours, same = processor_seconds(lambda: by_engine(w, steps))
    assert_alike(end, same)
    rates = {}
    for size in (n, 10 * n):
        world = w if size == n else make_world(size, k)
        spent, last = by_mesa(python, folder, world, few)
        assert_alike(by_numpy(world, few), last)
        rates[size] = size * few / spent
    per = 1e9 / (n * steps)
    return [
        plain("firm rule, bare numpy", f"{bare * per:.0f} ns"),
        plain("firm rule, our functions", f"{ours * per:.0f} ns"),
        plain(f"firm rule, mesa agents, {n:,} firms", f"{1e9 / rates[n]:.0f} ns"),
        plain(f"firm rule, mesa agents, {10 * n:,} firms", f"{1e9 / rates[10 * n]:.0f} ns"),
        at_most("firm rule: our functions / bare numpy (same end state)", ours / bare, 2.0, "x"),
        plain("firm rule: mesa / our functions (same end state)", f"{1e9 / rates[n] / (ours * per):.0f} x"),
    ], rates
