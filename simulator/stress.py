"""Loss of the largest supplier (N-1): the largest region of each material falls out, one at a time.

The region is taken from the base year that the scenario calibrates to, not from a list. Every loss is a
scenario of its own beside the same baseline, so that it can be run again alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.batch import Job

if TYPE_CHECKING:
    import xarray as xr

    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

STAGES = ("extraction", "processing")
OUTPUT = {"extraction": "ore", "processing": "refined"}
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Supplier:
    """The largest supplier of a material at one stage.

    Attributes
    ----------
    material, stage, region : str
    processes : tuple of str
        What it does there.
    share : float [1]
        Of the world's output in the base year.
    """

    material: str
    stage: str
    region: str
    processes: tuple[str, ...]
    share: float

    @property
    def name(self) -> str:
        """Name of the scenario without it."""
        return f"without_{self.region.lower()}_{self.stage}_{self.material}"


@dataclass(frozen=True)
class Loss:
    """What final users miss of the material while and after its largest supplier is gone.

    Attributes
    ----------
    supplier : Supplier
    worst : float [1]
        Lowest month of `availability_final`, world.
    worst_month : str
    missed : float [yr]
        Content that reaches users less than in the baseline, in years of their demand in the base year.
    region : str
        Region that misses most of what it asks for.
    region_missed : float [yr]
    """

    supplier: Supplier
    worst: float
    worst_month: str
    missed: float
    region: str
    region_missed: float


def largest(scenario: Scenario, tables: Tables, stages: Iterable[str] = STAGES) -> list[Supplier]:
    """Largest suppliers of the base year.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    stages : iterable of str
        Out of `STAGES`.

    Returns
    -------
    list of Supplier
        Materials in the order of the world, stages in theirs; one for each that has output.
    """
    from simulator.build import build

    world = build(scenario, tables).blueprint
    firms, labels = world.firms, world.labels
    made = {str(row["process"]): str(row["output"]) for row in tables["processes"].rows}
    found = []
    for material in labels.materials:
        for stage in stages:
            good = f"{OUTPUT[stage]}_{material}"
            output: dict[str, float] = {}
            processes: dict[str, set[str]] = {}
            for process, region, rate in zip(firms.process, firms.region, firms.base_rate, strict=True):
                name, place = labels.processes[process], labels.regions[region]
                if made.get(name) == good and labels.process_stage[process] == stage and rate > 0:
                    output[place] = output.get(place, 0.0) + float(rate)
                    processes.setdefault(place, set()).add(name)
            if output:
                top = max(sorted(output), key=lambda place: output[place])
                share = output[top] / sum(output.values())
                found.append(Supplier(material, stage, top, tuple(sorted(processes[top])), share))
    return found


def jobs(
    scenario: Scenario,
    tables: Tables,
    suppliers: Sequence[Supplier],
    out: Path,
    *,
    start: date,
    days: int,
    inputs: Path | None = None,
) -> list[Job]:
    """The baseline and a scenario without each supplier.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    suppliers : sequence of Supplier
    out : Path
        Folder of all results.
    start : date
        First day without the supplier.
    days : int [d]
        Time for which it is gone.
    inputs : Path, optional
        Folder of tables that the jobs read.

    Raises
    ------
    InputError
        The start lies outside the period.
    """
    from simulator.scenario import load

    plain = scenario.resolved()
    made = [Job(scenario, out / scenario.name, f"loopcast run {scenario.name}", inputs)]
    for supplier in suppliers:
        gone = {
            "name": supplier.name,
            "kind": "outage",
            "where": {"process": list(supplier.processes), "region": supplier.region},
            "start": start.isoformat(),
            "end": (start + timedelta(days=days)).isoformat(),
            "severity": 1.0,
        }
        title = f"{supplier.material.replace('_', ' ')}: {supplier.stage} without {supplier.region}"
        more = {"name": supplier.name, "title": title, "disruptions": [*plain.get("disruptions", []), gone]}
        own = load({**plain, **more}, tables=tables)
        made.append(Job(own, out / own.name, f"loopcast stress {scenario.name}", inputs))
    return made


def loss(supplier: Supplier, baseline: xr.Dataset, without: xr.Dataset) -> Loss:
    """What users miss without one supplier.

    Parameters
    ----------
    supplier : Supplier
    baseline, without : xarray.Dataset
        Results with the same months.
    """
    own = {"material": supplier.material}
    demanded, delivered = (without[name].sel(own) for name in ("content_demanded", "content_delivered"))
    met = delivered.sum("region") / demanded.sum("region")
    worst = int(met.argmin("time"))
    gap = (baseline["content_delivered"].sel(own) - delivered).sum("time")
    year = baseline["content_demanded"].sel(own).isel(time=slice(0, MONTHS_PER_YEAR)).sum("time")
    by_region = (gap / year.where(year > 0)).fillna(0.0)
    hit = int(by_region.argmax("region"))
    months = without["time"].values.astype("datetime64[M]").astype(str)
    return Loss(
        supplier,
        float(met[worst]),
        str(months[worst]),
        float(gap.sum() / year.sum()),
        str(by_region["region"].values[hit]),
        float(by_region[hit]),
    )


def rank(losses: Iterable[Loss]) -> list[Loss]:
    """Losses, the largest first."""
    return sorted(losses, key=lambda each: (-each.missed, each.supplier.name))


def as_rows(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    """Losses as plain data."""
    return [
        {
            "material": each.supplier.material,
            "stage": each.supplier.stage,
            "without": each.supplier.region,
            "share": each.supplier.share,
            "worst_availability": each.worst,
            "worst_month": each.worst_month,
            "missed_years_of_demand": each.missed,
            "region_hit": each.region,
            "region_missed_years_of_demand": each.region_missed,
        }
        for each in losses
    ]
