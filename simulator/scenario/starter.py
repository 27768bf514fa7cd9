"""The file that `loopcast new` writes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from simulator.errors import Fault, InputError, Place, shown
from simulator.scenario.marks import shown_file
from simulator.scenario.parts import NAME_PATTERN, NAME_TEXT, SCHEMA_VERSION
from simulator.scenario.read import flow_yaml

# Lines that start with `#` and no blank are keys: take the sign away and they count.
_TEXT = """# yaml-language-server: $schema={schema}
# A scenario says what differs from the one it extends. Lines like `#seed: 2` are suggestions: take the sign
# away and they count. `loopcast check {name}.yaml` tells all that is wrong, docs/scenarios.md has every
# key, `loopcast schema --out {schema}` lets editors complete and check while you write.
schema_version: {version}
name: {name}
title: {title}
description: >-
  What is assumed, and where the numbers come from. This text stands on the page.
extends: {parent}

# A country of its own: it leaves its region, which keeps the others.
#world:
#  regions: {{carve: [COD]}}

# Demand: base (the base year for ever), STEPS, APS or NZE; factors on a product's demand.
#demand:
#  case: APS
#  factors:
#    - {{product: ev_battery, region: EU27, value: {{2026-01-01: 1.1, source: "why"}}}}

# Capacity by stage: base, announced, announced_then_demand, demand or invest.
#capacity: {{extraction: announced, processing: announced}}

# Recovery rates. A number holds over the whole run; dates with numbers change it, in steps or in a straight
# line.
#recovery:
#  collection:
#    - {{product: ev_battery, region: "*", value: {{2031-01-01: 0.9, interpolate: linear, source: "why"}}}}
#  routing:
#    - {{product: ev_battery, region: EU27, route: repair, value: 0.05}}
#  yields:
#    - {{process: recycle_battery, good: "*", material: lithium, value: {{2027-01-01: 0.5, 2031-01-01: 0.8}}}}
#  new_scrap:
#    - {{good: scrap_ev_cell, region: "*", value: 0.95}}

# Disruptions: whom they hit, from when, for how long, how much is gone, how it comes back; or one of the
# past by name. Kinds: outage, workforce, demand, collection_stop, stock_loss, export_restriction, tariff,
# transport, finance.
#disruptions:
#  - name: an_outage
#    kind: outage
#    where: {{process: refine_lithium, region: CHN}}
#    start: 2027-01-01
#    duration_days: 90
#    severity: 0.5
#    recovery: {{shape: linear, days: 60}}
#  - {{preset: drc_cobalt_2025, start: 2028-01-01}}

# Policies of a state; what each costs is in the result. Fourteen kinds: see docs/scenarios.md.
#policies:
#  - {{name: no_landfill, kind: landfill_ban, region: EU27, value: {{2030-01-01: 0.9, interpolate: linear}}}}
#  - {{name: reserve, kind: stockpile, material: cobalt, region: [EU27, USA], value: 60}}
#  - {{name: batteries, kind: recycled_content, preset: eu_battery_regulation, region: EU27}}

# Mines and plants that open: by price, permit and finance, or on a day (docs/model_shocks.md).
#projects:
#  add:
#    - {{name: hub, process: recycle_battery, region: EU27, e: E1, f: F1.2, capacity_per_year: 50000,
#       opens: 2028-01-01}}

# Products that are essential to people; what users lack of them is a result of its own.
#essential: [electricity_network, grid_battery]

# Access of enterprises to data, markets, technology, finance and skills, from 0 to 1; which of them count.
#access:
#  - {{score: finance, size: micro, region: EU27, value: {{2030-01-01: 0.8, source: "why"}}}}
#mechanisms: {{skills: false}}

# Programmes, business models, an alliance. What is left out of the first two comes from inputs/.
#programmes:
#  - {{name: training_eu, kind: training, where: {{size: [micro, small], region: EU27}}, start: 2026-01-01}}
#business_models:
#  - {{name: leasing, kind: product_as_service, product: ev_battery, start: 2026-01-01}}
#alliance:
#  name: mrm_ace
#  where: {{size: [micro, small, medium]}}
#  start: 2025-01-01
#  join: benefit
#  fee_share: 0.001
#  pooled_stock: {{share: 0.2, most_per_event: 0.5}}

# Other values for names of inputs/assumptions.csv, inside the range declared there (`loopcast inputs source
# assumptions`).
#parameters: {{tau_order_days: 90}}

# An ensemble: how many members. Declared numbers of inputs/ are drawn for each, and so is any number above
# that is written as `{{distribution: uniform, low: 0.8, high: 1.2, reason: "why", source: "whence"}}`.
#ensemble: {{members: 100}}

# Firms whose full history is written: <region>-<process>-<number>.
#trace: [CHN-refine_lithium-01]

# Named sets of changes, for `--override slow`.
#overrides:
#  slow: {{parameters: {{tau_order_days: 120}}}}
"""


def starter(name: str, parent: str, schema: str = "scenario.schema.json") -> str:
    """Text of a new scenario.

    Parameters
    ----------
    name : str
        Its name.
    parent : str
        What it extends.
    schema : str
        Path of the JSON Schema as an editor should look for it.

    Returns
    -------
    str
    """
    title = name.replace("_", " ").capitalize()
    return _TEXT.format(name=name, title=title, parent=parent, version=SCHEMA_VERSION, schema=schema)


def write_starter(target: str, parent: str) -> Path:
    """Write a new scenario beside nothing it could harm.

    Parameters
    ----------
    target : str
        Name, or path that ends with it.
    parent : str
        What it extends.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If the name is none, the file exists already, or its folder does not.
    """
    path = Path(target if target.endswith((".yaml", ".yml")) else f"{target}.yaml")
    place, name = Place(f"new {shown(target)}"), path.stem
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > 64:
        raise InputError([Fault(place, shown(name), NAME_TEXT, rule="new_name")])
    if not path.parent.is_dir():
        raise InputError([Fault(place, shown(str(path.parent)), "a folder that is there", rule="new_folder")])
    if "/" in parent or parent.endswith((".yaml", ".yml")):
        parent = os.path.relpath(parent, path.parent)
    text = starter(name, flow_yaml(parent))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        found = f"{shown_file(path)}, which is there already"
        raise InputError([Fault(place, found, "a name that is free", rule="new_exists")]) from None
    except OSError:
        raise InputError(
            [Fault(place, shown_file(path), "a file that can be written", rule="new_folder")]
        ) from None
    return path
