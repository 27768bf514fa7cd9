"""Runs in the format of the IAMC, which pyam reads: a row per variable, a column per year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.results.frames import wide
from simulator.terms import VARIABLES

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results import StoredRun

FRONT = ("model", "scenario", "region", "variable", "unit")
NAMES = {
    "n_firms": "Firms|Alive",
    "collection_rate": "Recycling|Collection Rate",
    "process_efficiency": "Recycling|Process Efficiency Rate",
    "eol_generated": "End-of-Life|Generated",
    "eol_collected": "End-of-Life|Collected",
    "eol_recycling_rate": "Recycling|End-of-Life Recycling Rate",
    "eol_recycling_input_rate": "Recycling|End-of-Life Recycling Input Rate",
    "recycled_content": "Recycling|Recycled Content",
    "recycled_content_product": "Recycling|Recycled Content of Products",
    "old_scrap_ratio": "Recycling|Old Scrap Ratio",
    "old_scrap_input_rate": "Recycling|Old Scrap Input Rate",
    "supply_origin": "Supply",
    "unmet": "Demand|Unmet",
    "delivered": "Demand|Delivered",
    "need": "Need",
    "met": "Need|Met",
    "base_need": "Need|Announced",
    "extra_cover": "Cover|Extra",
    "births": "Firms|Births",
    "failures": "Firms|Failures",
    "sales": "Firms|Sales",
    "cash": "Firms|Cash",
    "jobs": "Firms|Jobs",
}
"""Names in the IAMC's way where the rule of `iamc_name` gives none that reads well."""
SHORT = {"ev", "pv"}
"""Words of labels that are all capitals."""


def iamc_name(variable: str) -> str:
    """Name of a variable in the IAMC's way: noun first, what it is told of after a bar.

    Parameters
    ----------
    variable : str
        Of `terms.VARIABLES`.

    Returns
    -------
    str
        `availability_final` is `Availability|Final`.
    """
    if variable in NAMES:
        return NAMES[variable]
    noun, _, more = variable.partition("_")
    return "|".join(_title(part) for part in (noun, more) if part)


def iamc(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Years of all variables in the format of the IAMC.

    Parameters
    ----------
    runs : sequence of StoredRun

    Returns
    -------
    pandas.DataFrame
        Columns ``model, scenario, region, variable, unit`` and one per year; each row's labels besides the
        region stand in its variable: ``Availability|Final|Lithium``. Rows of nothing but zeros, trade and
        traced firms are left out, as in the table ``yearly``.
    """
    import pandas as pd

    frames = []
    for run in runs:
        table = wide(run.dataset)
        years = [column for column in table.columns if isinstance(column, int)]
        frame = table[["scenario", "region", "unit", *years]].copy()
        frame.insert(0, "model", f"Loopcast {run.record.get('versions', {}).get('loopcast', '')}".rstrip())
        frame["variable"] = _iamc_variables(table)
        frame["unit"] = frame["unit"].fillna("1").replace("", "1")
        frames.append(frame)
    whole = pd.concat(frames, ignore_index=True)
    years = sorted(column for column in whole.columns if isinstance(column, int))
    return whole[[*FRONT, *years]]


def _iamc_variables(table: pd.DataFrame) -> list[str]:
    dims = [c for c in table.columns if isinstance(c, str) and c not in ("scenario", "unit", "region")]
    rows = table[dims].to_dict("records")
    return [_iamc_variable(str(row["variable"]), row) for row in rows]


def _iamc_variable(name: str, labels: Mapping[str, Any]) -> str:
    dims = VARIABLES[name].dims if name in VARIABLES else tuple(d for d in labels if d != "variable")
    told = [labels[dim] for dim in dims if isinstance(labels.get(dim), str) and dim != "region"]
    return "|".join([iamc_name(name), *(_title(label) for label in told)])


def _title(label: str) -> str:
    """Words of a label with capitals; a bar would read as a level."""
    words = label.replace("|", "/").split("_")
    return " ".join(word.upper() if word in SHORT else word[:1].upper() + word[1:] for word in words)
