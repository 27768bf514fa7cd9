"""Yearly world indicators of the shipped scenarios, against tables kept here; `make golden` writes them anew.

They prove nothing by themselves: a change of a number is seen, and then it is meant or not. Tolerance 1e-6.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

HERE = Path(__file__).parent
TOLERANCE = 1e-6
SCENARIOS = (
    "reference",
    "announced_supply",
    "high_recovery",
    "drc_cobalt_outage_2026",
    "lithium_refining_outage_2027",
    "high_recovery_drc_cobalt_outage_2026",
)
COLUMNS = ("year", "material", "availability_final", "mined_t", "old_scrap_t", "new_scrap_t")


def rows(ds):
    """Year, material, availability of final users, tonnes mined and tonnes of secondary by origin; world."""
    got, asked = (worlds.per_year(ds, key).sum("region") for key in ("content_delivered", "content_demanded"))
    mined = worlds.link(ds, "lithosphere", "extraction").groupby("time.year").sum()
    recovered = worlds.per_year(ds, "recovered").sum(("region", "product"))
    for year in ds["time"].dt.year.to_index().unique():
        for material in ds["material"].values:
            at = {"year": year, "material": material}
            values = (
                got.sel(at) / asked.sel(at),
                mined.sel(at),
                recovered.sel(at, drop=True).sel(origin="old_scrap"),
                recovered.sel(at, drop=True).sel(origin="new_scrap"),
            )
            yield [int(year), str(material), *(f"{float(v):.9g}" for v in values)]


def table(ds):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(ds))
    return text.getvalue()


def read(text):
    lines = list(csv.reader(io.StringIO(text)))
    return lines[0], [line[:2] for line in lines[1:]], np.array([line[2:] for line in lines[1:]], dtype=float)


@pytest.mark.parametrize("name", SCENARIOS)
def test_yearly_indicators_are_those_kept(name, request):
    path, text = HERE / f"{name}.csv", table(worlds.battery(name))
    if request.config.getoption("--rewrite-golden"):
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    assert path.exists(), f"{path.name} is missing; `make golden` writes it"
    header, labels, found = read(text)
    kept_header, kept_labels, kept = read(path.read_text(encoding="utf-8"))
    assert (header, labels) == (kept_header, kept_labels)
    wrong = np.argwhere(np.abs(found - kept) > TOLERANCE * np.maximum(np.abs(kept), 1e-6 * kept.max(axis=0)))
    shown = [
        f"{' '.join(labels[i])} {header[2 + j]}: {found[i, j]:.9g}, kept {kept[i, j]:.9g}"
        for i, j in wrong[:10]
    ]
    assert not len(wrong), (
        f"{len(wrong)} numbers of {name} differ; if that is right: make golden\n" + "\n".join(shown)
    )


def test_every_scenario_of_the_battery_world_is_here():
    shipped = {path.stem for path in (worlds.PAPER.parents[2] / "scenarios").glob("*.yaml")}
    assert set(SCENARIOS) <= shipped
    assert {path.stem for path in HERE.glob("*.csv")} == set(SCENARIOS)
