"""Pages: one self-contained HTML file that holds findings, charts, their numbers and where they come from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.report import (
    assumptions,
    cause_findings,
    causes,
    charts,
    decided,
    ensembles,
    geography,
    levers,
    outcomes,
    security,
)
from simulator.report.brief import brief
from simulator.report.decided import Decided
from simulator.report.ensembles import Beside
from simulator.report.findings import SHORTAGE, findings
from simulator.report.glance import glance
from simulator.report.sentences import for_readers, percent, quoted, region_names, scenario_name
from simulator.report.template import asset, embedded, plotly_script, templates, write_whole
from simulator.results import StoredRun
from simulator.terms import (
    CAUSE_NAMES,
    CAUSES,
    FATES,
    FIRM_STAGES,
    FUND_ENTRIES,
    GROUP_NAMES,
    GROUPS,
    NODE_NAMES,
    NODES,
    ORIGIN_NAMES,
    ORIGINS,
    REASON_NAMES,
    REASONS,
    SIZE_NAMES,
    SIZES,
    STAGE_NAMES,
    UNFC_CLASS_NAMES,
    UNFC_CLASSES,
    VARIABLES,
)

if TYPE_CHECKING:
    import xarray as xr

MEASURE_NAMES = {
    "availability_final": "final users: delivered over demand at base prices",
    "availability": "industry: share of its need that stock on hand met",
    "availability_base_need": "industry, against the announced demand path",
}
CHOICE_WORDS = {
    "measure": "Measure",
    "product": "Product",
    "rate": "Rate",
    "count": "Count",
    "stage": "Stage",
    "alive_stage": "Stage",
    "failed_stage": "Stage",
    "failed_size": "Size",
    "invest_stage": "Stage",
    "invest_size": "Size",
    "outcome": "Measure",
    "reference": "Loss",
    "supplied": "What",
    "map_measure": "Measure",
    "map_year": "Year",
    "cause_of": "Missing",
    "cause_by": "Told by",
    "risk": "Measure",
    "risk_stage": "Stage",
    "fan": "Lines",
    "fan_prices": "Lines",
    "fan_mines": "Lines",
    "chance": "Outcome",
    "settled": "Outcome",
    "settled_of": "Of",
    "swing_of": "Outcome",
    "swing_run": "Scenario",
    "regret_of": "Outcome",
}
TONE_WORDS = {
    "short": "Shortage",
    "safe": "Secure",
    "lost": "Failures",
    "better": "Better",
    "worse": "Worse",
    "plain": "Note",
}
SAME_BY_DESIGN = ("name", "title", "description", "extends", "schema_version", "overrides")
SCRIPTS = (
    "figures.js",
    "loop.js",
    "economy.js",
    "levers.js",
    "overview.js",
    "map.js",
    "causes.js",
    "security.js",
    "ensembles.js",
    "bars.js",
    "decisions.js",
    "draw.js",
    "page.js",
)
LONGEST_VALUE = 220
TERMS_SHOWN = (
    *("availability_final", "availability", "availability_base_need", "cover", "need", *charts.RATES),
    *(
        "price",
        "price_base",
        "sales",
        "failures",
        "investments_wanted",
        "investments_made",
        "ally_fill",
        "adoption",
    ),
)


def write_page(runs: Sequence[StoredRun], path: str | os.PathLike[str], given: Sequence[Path] = ()) -> Path:
    """Write a page of one run, or of several side by side.

    Parameters
    ----------
    runs : sequence of StoredRun
        The first is the baseline.
    path : path
        HTML file; written under a temporary name and renamed.
    given : sequence of Path
        Answers of `loopcast sensitivity` and `decide` that do not lie beside the runs.

    Returns
    -------
    Path
        The file.
    """
    return write_whole(html(runs, given), path)


def html(runs: Sequence[StoredRun], given: Sequence[Path] = ()) -> str:
    """Text of a page of runs, the first as baseline; it makes no request and opens from a file.

    Parameters are those of `write_page`.
    """
    from markupsafe import Markup

    sides = [ensembles.beside(run) for run in runs]
    members = [side.members for side in sides]
    told = decided.beside(runs, given)
    found = [*(["members"] if any(members) else []), *told.words]
    runs = [replace(run, dataset=for_readers(run.dataset)) for run in runs]
    datasets = [run.dataset for run in runs]
    names: dict[str, str] = {}
    for ds in reversed(datasets):
        names.update(region_names(ds))
    title = str(datasets[0].attrs.get("title") or scenario_name(datasets[0]))
    page = templates().get_template("page.html.j2")
    return page.render(
        page_title=f"{title}: Loopcast" if len(runs) == 1 else f"{len(runs)} scenarios compared: Loopcast",
        heading=_heading(runs),
        lede=_lede(runs),
        brief=[(w, list(lines)) for w, lines in groupby(brief(datasets, names, members), lambda f: f.word)],
        findings=findings(datasets, names, members),
        tone_words=TONE_WORDS,
        choice_words=CHOICE_WORDS,
        topics={c.id: c.topic.lower() for c in charts.CHARTS},
        glance=glance(runs, sides),
        counts=" and ".join(dict.fromkeys(own.count for own in members if own is not None)),
        runs=[_described(run, runs[0], side) for run, side in zip(runs, sides, strict=True)],
        groups=_groups(charts.shown(datasets, found)),
        principles=levers.principles(datasets),
        sources=_sources(runs),
        left_out=told.notes,
        attributions=_attributions(runs),
        bases=assumptions.bases(datasets),
        basis_words=assumptions.BASES,
        terms=_terms(datasets),
        css=Markup(asset("report.css")),
        data=Markup(embedded(_data(runs, sides, told, found))),
        plotly=Markup(plotly_script()),
        script=Markup("".join(map(asset, SCRIPTS))),
    )


def _groups(shown: Sequence[charts.Chart]) -> list[dict[str, Any]]:
    """Parts of the page that have charts."""
    groups = [
        {"id": key, "name": name, "charts": [c for c in shown if c.group == key]}
        for key, name in charts.GROUPS.items()
    ]
    return [group for group in groups if group["charts"]]


def _terms(datasets: Sequence[xr.Dataset]) -> list[dict[str, str]]:
    names = [n for n in TERMS_SHOWN if any(n in ds for ds in datasets)]
    return [{"name": n, "unit": VARIABLES[n].unit, "text": VARIABLES[n].text} for n in names]


def _data(
    runs: Sequence[StoredRun], sides: Sequence[Beside], told: Decided, found: Sequence[str]
) -> dict[str, Any]:
    members = [side.members for side in sides]
    shown = charts.shown([run.dataset for run in runs], found)
    return {
        "runs": [
            charts.block(run.dataset, runs[0].dataset, own, members[0]) | {"tornado": swings}
            for run, own, swings in zip(runs, members, told.tornado, strict=True)
        ],
        "regret": told.regret,
        **ensembles.words(members),
        "outcomes": [o._asdict() for o in outcomes.OUTCOMES],
        "world": geography.outlines(),
        **causes.words(),
        "deepest": cause_findings.deepest_product([run.dataset for run in runs]),
        **security.words(),
        "charts": [c.id for c in shown],
        "scopes": {c.id: {"material": c.material, "region": c.region} for c in shown},
        "shortage": SHORTAGE,
        "measures": list(MEASURE_NAMES.items()),
        "rates": list(charts.RATES.items()),
        "origins": [(o, ORIGIN_NAMES[o]) for o in ORIGINS],
        "sizes": [(s, SIZE_NAMES[s]) for s in SIZES],
        "stages": [(s, STAGE_NAMES[s]) for s in FIRM_STAGES],
        "causes": [(c, CAUSE_NAMES[c]) for c in CAUSES],
        "reasons": [(r, REASON_NAMES[r]) for r in REASONS],
        "groups": [(g, GROUP_NAMES[g]) for g in GROUPS],
        "entries": [(e, e.replace("_", " ")) for e in FUND_ENTRIES],
        "unfc": [(c, UNFC_CLASS_NAMES[c]) for c in UNFC_CLASSES],
        "nodes": NODE_NAMES,
        "node_order": list(NODES),
        "sinks": list(FATES),
    }


def _period(run: StoredRun) -> str:
    years = run.dataset["time"].values[[0, -1]].astype("datetime64[Y]").astype(str)
    return f"{years[0]} to {years[1]}"


def _heading(runs: Sequence[StoredRun]) -> str:
    materials = runs[0].dataset["material"].values.astype(str)
    several = len(materials) > 1
    listed = f"{', '.join(materials[:-1])} and {materials[-1]}" if several else str(materials[0])
    return f"Availability of {listed}, {_period(runs[0])}"


def _lede(runs: Sequence[StoredRun]) -> str:
    titles = [str(r.dataset.attrs.get("title") or scenario_name(r.dataset)) for r in runs]
    case = runs[0].dataset.attrs.get("demand_case", "")
    demand = f" Demand follows the IEA case {case} unless a scenario changes it." if case else ""
    if len(runs) == 1:
        return f"Scenario: {quoted(titles[0])}.{demand}"
    return f"{len(runs)} scenarios; {quoted(titles[0])} is the baseline.{demand}"


def _described(run: StoredRun, base: StoredRun, side: Beside) -> dict[str, Any]:
    ds = run.dataset
    return {
        "scenario": scenario_name(ds),
        "title": str(ds.attrs.get("title") or scenario_name(ds)),
        "description": re.sub(r"`([^`]*)`", quoted(r"\1"), str(ds.attrs.get("description", ""))),
        "differences": differences(base.record.get("scenario", {}), run.record.get("scenario", {})),
        "facts": _facts(run, side),
        "members": side.note,
    }


def differences(base: Any, own: Any) -> list[dict[str, str]]:
    """Settings of two resolved scenarios that differ: path, both values as text."""
    mine, other = _flat(base), _flat(own)
    return [
        {"path": path, "base": _shown(mine.get(path)), "own": _shown(other.get(path))}
        for path in sorted(mine.keys() | other.keys())
        if path.split(".")[0] not in SAME_BY_DESIGN and mine.get(path) != other.get(path)
    ]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        parts: dict[str, Any] = {}
        for key, inner in value.items():
            parts.update(_flat(inner, f"{path}.{key}" if path else str(key)))
        return parts
    return {path: value}


def _shown(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _sources(runs: Sequence[StoredRun]) -> list[str]:
    """Paragraphs on the inputs; one per distinct set of inputs."""
    seen: dict[str, str] = {}
    for run in runs:
        attrs = run.dataset.attrs
        n, n_recalled = int(attrs.get("n_rows", 0)), int(attrs.get("n_recalled_rows", 0))
        text = f"{n:,} rows of input tables were used, each with source, year and basis. "
        text += (
            f"{n_recalled:,} of them ({percent(n_recalled / n)}) are recalled: written from memory of a "
            "publication, not copied from a stored one, and to be checked before anything rests on them."
            if n and n_recalled
            else "None of them is recalled from memory."
        )
        seen[f"{attrs.get('inputs_hash')}|{text}"] = text
    return list(seen.values())


def _attributions(runs: Sequence[StoredRun]) -> list[str]:
    lines = [ln for run in runs for ln in str(run.dataset.attrs.get("attributions", "")).splitlines() if ln]
    return list(dict.fromkeys(lines))


def _facts(run: StoredRun, side: Beside) -> list[tuple[str, str]]:
    record = run.record
    facts = [
        ("command", record.get("command", "")),
        ("seed", record.get("seed", "")),
        ("world", run.dataset.attrs.get("world", "")),
        ("inputs sha256", record.get("inputs_hash", "")),
        ("code sha256", record.get("code_hash", "")),
        ("content key", record.get("content_key", "")),
        ("result.nc sha256", record.get("result_sha256", "")),
        ("members", side.members.count if side.members else ""),
        ("started", record.get("started", "")),
        ("wall time", f"{record['wall_time_s']:.2f} s" if "wall_time_s" in record else ""),
    ]
    facts += [(f"law residual, {k}", f"{v:.1e}") for k, v in record.get("law_residuals", {}).items()]
    facts.append(("versions", ", ".join(f"{k} {v}" for k, v in record.get("versions", {}).items())))
    return [(k, str(v)) for k, v in facts if v != ""]
