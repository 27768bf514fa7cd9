"""The full engine, all records on: reviews a second, growth, memory; shipped scenarios in seconds."""

from __future__ import annotations

from typing import Any

from tests.bench import peers
from tests.bench.figures import Figure, at_least, at_most, plain

WORLD = "energy_transition"
SIZES = (10_000, 100_000)
YEARS_16 = "2040-01-01"
GIGABYTE = 1024.0

SHIPPED = {"energy_transition": 1.5, "reference": 1.0}
"""Scenarios and the seconds that sixteen years of one member may take; the second runs battery_materials."""

GOODS_ALONE = ("rules.prices=false", "rules.finance=false")

COPPER = (
    ("world.materials", ("copper",)),
    ("world.products", ("electricity_network", "other_copper")),
)
MORE = ("palladium", "gallium", "germanium", "tungsten", "tellurium")
SEVEN = ("lithium", "cobalt", "nickel", "copper", "graphite", "rare_earths", "platinum")
TWELVE = (
    ("world.materials", (*SEVEN, *MORE)),
    (
        "world.products",
        (
            *("ev_battery", "grid_battery", "ev_motor", "wind_turbine", "pv_module", "electricity_network"),
            *("autocatalyst", "electrolyser", "smartphone", *(f"other_{m}" for m in (*SEVEN, *MORE))),
        ),
    ),
)
WORLDS: dict[int, tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    1: (WORLD, COPPER),
    4: ("reference", ()),
    7: (WORLD, ()),
    12: (WORLD, TWELVE),
}
"""Worlds of the chart by number of materials: scenario and what is set."""


def world_of(
    name: str, agents: int, end: str, repeats: int, sets: tuple[Any, ...] = (), rules: tuple[str, ...] = ()
) -> dict[str, float]:
    """Measure one world in a process of its own."""
    words = [f"{key}=[{','.join(values)}]" for key, values in sets] + list(rules)
    script = peers.REPOSITORY / "tests/bench/one_world.py"
    found = peers.ask(peers.here(), script, name, agents, end, repeats, *words, path=peers.REPOSITORY)
    return dict(found)


def rate(world: dict[str, float]) -> float:
    """Firm-reviews a second of a run."""
    return world["reviews"] / world["run"]


def figures(mesa: dict[int, float], end: str = YEARS_16, sizes: tuple[int, int] = SIZES) -> list[Figure]:
    """Lines to print; `mesa` is reviews a second of the small rule by number of firms."""
    small, large = (world_of(WORLD, n, end, repeats) for n, repeats in zip(sizes, (3, 1), strict=True))
    out = []
    for n, world, least in ((sizes[0], small, 20), (sizes[1], large, 50)):
        per = 1e6 / rate(world)
        name = f"full engine, {world['materials']} materials, {world['firms']:,} firms"
        text = f"{world['build']:.1f}, {world['setup']:.1f}, {world['run']:.1f} s"
        out += [
            plain(f"{name}: build, set up, {world['months']} months", text),
            plain(
                f"{name}: one review, of {world['relations'] / world['firms']:.1f} relations", f"{per:.2f} us"
            ),
            at_least(f"{name}: rate / that of mesa's small rule", rate(world) / mesa[n], least, "x"),
            plain(
                f"{name}: peak memory, bytes a firm",
                f"{world['peak_mb']:.0f} MB, {bytes_a_firm(world):,.0f} B",
            ),
        ]
    grown = rate(small) / rate(large)
    return [
        *out,
        at_most(f"full engine: cost of a review at {sizes[1]:,} / at {sizes[0]:,} firms", grown, 1.6, "x"),
        at_most(f"full engine: peak memory at {sizes[1]:,} firms", large["peak_mb"] / GIGABYTE, 4, "GiB"),
    ]


def bytes_a_firm(world: dict[str, float]) -> float:
    """Peak above the empty process, by firm."""
    return (world["peak_mb"] - world["empty_mb"]) * 1024 * 1024 / world["firms"]


def shipped(end: str = YEARS_16, repeats: int = 3) -> list[Figure]:
    """Engine seconds of shipped scenarios; set up and run, without building."""
    out = []
    for name, limit in SHIPPED.items():
        world = world_of(name, 0, end, repeats)
        what = f"{name}, {world['firms']:,} firms, one member, {world['months'] // 12} years: engine"
        out += [
            at_most(f"{what}, processor time", world["engine"], limit, "s"),
            plain(f"{what}, on the clock; building", f"{world['wall']:.2f}, {world['build']:.2f} s"),
        ]
        if name == WORLD:
            bare = world_of(name, 0, end, repeats, rules=GOODS_ALONE)
            part = world["engine"] / bare["engine"]
            out.append(at_most(f"{what}, with prices and money / goods alone", part, 1.6, "x"))
    return out
