"""Make the outlines of countries that pages draw: simulator/report/assets/world.json.

The outlines are Natural Earth's (1:50 million, public domain), as arcs that neighbours share from the npm
package `world-atlas` (ISC); codes of three letters from the Python package `pycountry`. They are projected
once (Equal Earth), thinned arc by arc, so that neighbours still touch, and written as SVG paths.

    npm pack world-atlas && tar xf world-atlas-*.tgz && pip install pycountry
    python docs/world_map.py package/countries-50m.json
"""

import json
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "simulator/report/assets/world.json"
WIDTH = 2000
"""Units from the western to the eastern end of the map."""
THIN = 0.6
"""Points nearer than this to the line without them are left out [units]."""
LEAST = 5.0
"""Islands smaller than this are left out, but for a country's largest [square units]."""
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
"""Šavrič, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949."""
KOSOVO = "XKX"
"""Code of Kosovo in inputs/regions.csv; ISO 3166 has no number for it."""
PART_OF = {"N. Cyprus": "Cyprus", "Somaliland": "Somalia"}
"""Areas without a number that inputs/regions.csv does not tell apart either."""
LEFT_OUT = ("ATA",)
MIDDLE = 11.0
"""Meridian in the middle of the map, so that its ends run through the Bering Strait [degrees east]."""


def projected(points):
    """Degrees to units of the map; y grows downwards."""
    lon, lat = np.radians(points[:, 0] - MIDDLE), np.radians(points[:, 1])
    angle = np.arcsin(np.sqrt(3) / 2 * np.sin(lat))
    a, b, c, d = EQUAL_EARTH
    slope = a + 3 * b * angle**2 + angle**6 * (7 * c + 9 * d * angle**2)
    x = 2 * np.sqrt(3) / 3 * lon * np.cos(angle) / slope
    y = angle * (a + b * angle**2 + angle**6 * (c + d * angle**2))
    widest = 2 * np.sqrt(3) / 3 * np.pi / a
    return np.column_stack([x / widest, -y / widest]) * WIDTH / 2


def unbroken(points):
    """Line without jumps from one end of the world to the other."""
    points = points.copy()
    points[:, 0] = np.unwrap(points[:, 0], period=360)
    return points


def thinned(points):
    """Line [degrees] with fewer points (Douglas and Peucker 1973); its ends stay."""
    kept = np.zeros(len(points), dtype=bool)
    _keep(projected(points), kept, 0, len(points) - 1)
    return points[kept]


def _keep(points, kept, first, last):
    kept[[first, last]] = True
    if last - first < 2:
        return
    start, end = points[first], points[last]
    along = end - start
    length = np.hypot(*along)
    off = points[first : last + 1] - start
    far = np.abs(off @ np.array([-along[1], along[0]])) / length if length > 0 else np.hypot(*off.T)
    middle = first + int(np.argmax(far))
    if far[middle - first] > THIN:
        _keep(points, kept, first, middle)
        _keep(points, kept, middle, last)


def ring(arcs, numbers):
    """Closed line of whole units from the arcs of a ring."""
    parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
    line = unbroken(np.vstack([part[:-1] for part in parts]))
    line[:, 0] -= 360 * np.round((line[:, 0].mean() - MIDDLE) / 360)
    line = np.round(projected(line)).astype(int)
    return line[np.any(line != np.roll(line, 1, axis=0), axis=1)] if len(line) > 1 else line


def area(line):
    """Area of a ring [square units]."""
    x, y = line[:, 0], line[:, 1]
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def path(rings):
    """SVG path of rings, each point as the step from the one before."""
    text = ""
    for line in rings:
        steps = " ".join(f"{x} {y}" for x, y in np.diff(line, axis=0))
        text += f"M{line[0][0]} {line[0][1]}l{steps}z".replace(" -", "-")
    return text


def main(source):
    """Write the outlines."""
    import pycountry

    codes = {c.numeric: c.alpha_3 for c in pycountry.countries}
    atlas = json.loads(Path(source).read_text(encoding="utf-8"))
    scale, shift = (np.array(atlas["transform"][k]) for k in ("scale", "translate"))
    arcs = [thinned(unbroken(np.cumsum(arc, axis=0) * scale + shift)) for arc in atlas["arcs"]]
    shapes = atlas["objects"]["countries"]["geometries"]
    of_name = {shape["properties"]["name"]: codes.get(shape.get("id"), "") for shape in shapes} | {
        "Kosovo": KOSOVO
    }
    rings = {}
    for shape in shapes:
        name = shape["properties"]["name"]
        code = of_name[PART_OF.get(name, name)]
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        if code not in LEFT_OUT:
            rings.setdefault(code, []).extend(ring(arcs, numbers) for p in polygons for numbers in p)
    kept = {}
    for code, lines in sorted(rings.items()):
        lines = sorted((line for line in lines if len(line) > 2), key=area, reverse=True)
        kept[code] = [line for i, line in enumerate(lines) if area(line) >= LEAST or (i == 0 and code)]
    points = np.vstack([line for lines in kept.values() for line in lines])
    low, high = points.min(axis=0), points.max(axis=0)
    box = [int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])]
    note = "Natural Earth 1:50 million (public domain), Equal Earth projection; made by docs/world_map.py"
    found = {"note": note, "box": box, "paths": {c: path(lines) for c, lines in kept.items() if lines}}
    TARGET.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
