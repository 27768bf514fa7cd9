"""Chart of cost against size for docs/performance.md: worlds of 1 to 12 materials, 1,000 to 100,000 firms."""

from __future__ import annotations

import math
from pathlib import Path

from tests.bench import peers, scale

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
TWO_YEARS = "2026-01-01"
FILE = peers.REPOSITORY / "docs" / "performance.svg"
COLOURS = {1: "#4477aa", 4: "#228833", 7: "#cc6677", 12: "#aa3377"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 70, 130, 46, 52

Points = dict[int, list[dict[str, float]]]


def measure(sizes: tuple[int, ...] = SIZES) -> Points:
    """Worlds by number of materials, each at every size; two years of a run."""
    return {
        n: [scale.world_of(name, size, TWO_YEARS, 1 if size > 10_000 else 2, sets) for size in sizes]
        for n, (name, sets) in scale.WORLDS.items()
    }


def micro(world: dict[str, float]) -> float:
    """Microseconds of one firm's review."""
    return 1e6 / scale.rate(world)


def svg(points: Points) -> str:
    """The chart as text: both axes logarithmic."""
    firms = [w["firms"] for series in points.values() for w in series]
    costs = [micro(w) for series in points.values() for w in series]
    x_low, x_high = math.log10(min(firms)) - 0.05, math.log10(max(firms)) + 0.05
    y_low, y_high = math.log10(min(costs)) - 0.1, math.log10(max(costs)) + 0.1

    def x(value: float) -> float:
        return LEFT + (math.log10(value) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="13" fill="#333">',
        "<title>Processor time of one firm's review against the number of firms</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">Processor time of a review of one firm, microseconds</text>',
    ]
    out += [
        f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>'
        for value in (0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100)
        if y_low <= math.log10(value) <= y_high
    ]
    out += [
        f'<path d="M{x(value):.1f} {HEIGHT - BOTTOM}v5" stroke="#888"/>'
        f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{value:,}</text>'
        for value in SIZES
        if x_low <= math.log10(value) <= x_high
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">firms</text>')
    out += [_series(n, [(x(w["firms"]), y(micro(w))) for w in series]) for n, series in points.items()]
    return "\n".join([*out, "</svg>"]) + "\n"


def _series(n: int, places: list[tuple[float, float]]) -> str:
    """A line with marks, named at its end."""
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    marks = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{COLOURS[n]}"/>' for a, b in places)
    end, name = places[-1], f"{n} material{'s' if n > 1 else ''}"
    return (
        f'<polyline points="{line}" fill="none" stroke="{COLOURS[n]}" stroke-width="2"/>{marks}'
        f'<text x="{end[0] + 10:.1f}" y="{end[1] + 4:.1f}" fill="{COLOURS[n]}">{name}</text>'
    )


def write(path: Path = FILE) -> str:
    """Measure, draw, and print the numbers behind the chart."""
    points = measure()
    path.write_text(svg(points), encoding="utf-8")
    for n, series in points.items():
        for w in series:
            print(
                f"{n:>3} materials {w['firms']:>8,} firms {w['relations']:>9,} relations"
                f" {micro(w):8.2f} us a review"
                f" {w['build']:7.1f} s building {w['peak_mb']:7.0f} MB"
            )
    return path.name
