"""Write the pages that code knows better than we do: `python docs/generate.py` (or `make docs`).

With ``--check`` nothing is written; the exit code is 1 where a page is not what the code would write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from simulator import terms  # noqa: E402
from simulator.scenario.document import scenario_page  # noqa: E402
from simulator.scenario.json_schema import schema_text  # noqa: E402

CELLS = {"sum": "flow of the interval", "mean": "over the interval", "point": "at its end"}


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Text of a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def named(labels: tuple[str, ...], names: Mapping[str, str]) -> str:
    """Table of the labels of a dimension."""
    return table(("label", "what"), [(f"`{label}`", names[label]) for label in labels])


def terms_page() -> str:
    """Text of `docs/terms.md`: every word of `simulator/terms.py`."""
    variables = [
        (f"`{name}`", ", ".join(v.dims), "" if v.unit == "1" else v.unit, CELLS[v.cell], v.text)
        for name, v in terms.VARIABLES.items()
    ]
    parts = [
        "# Terms",
        "Written by `make docs` from `simulator/terms.py`; change it there.",
        "One place rules all names: the dimensions and variables of a result file, the texts of the report,"
        " the keys of a scenario. Flows belong to the interval that is labelled by its start, stocks are"
        " given at its end.",
        "## Dimensions",
        table(("dimension", "what"), [(f"`{name}`", text) for name, text in terms.DIMENSIONS.items()]),
        "## Stages",
        named(terms.STAGES, terms.STAGE_NAMES),
        "## Size classes",
        named(terms.SIZES, terms.SIZE_NAMES),
        "## Origins",
        named(terms.ORIGINS, terms.ORIGIN_NAMES),
        "## Access scores",
        named(terms.SCORES, terms.SCORE_NAMES),
        "## Programmes",
        named(terms.PROGRAMME_KINDS, terms.PROGRAMME_KIND_NAMES),
        "## Business models",
        named(terms.MODEL_KINDS, terms.MODEL_KIND_NAMES),
        "## Money and enterprises",
        "Causes of failure, reasons why an investment is not made, accounts, and the groups in which results"
        " of the alliance are told.",
        named(terms.CAUSES, terms.CAUSE_NAMES),
        named(terms.REASONS, terms.REASON_NAMES),
        named(terms.ACCOUNTS, terms.ACCOUNT_NAMES),
        named(terms.GROUPS, terms.GROUP_NAMES),
        "## Root causes",
        "What a shortage can begin with; [root_causes.md](root_causes.md) has the rules.",
        named(terms.ROOT_KINDS, terms.ROOT_KIND_NAMES),
        "## Nodes and fates",
        "A node is a stock of the loop; every flow goes from one to another. The fates are the nodes at which"
        " material leaves the loop: each has a name, none is silent.",
        table(
            ("label", "what", "fate"),
            [
                (f"`{node}`", terms.NODE_NAMES.get(node, node), "yes" if node in terms.FATES else "")
                for node in terms.NODES
            ],
        ),
        "## Variables of a result",
        "An empty unit is a share or a count. `product` and `good` stand for the unit of the label (kWh,"
        " vehicle, t …), which the coordinate `unit_product` or `unit_good` of the file has.",
        table(("variable", "dimensions", "unit", "time", "what"), variables),
        "## Trace",
        "What `firm_history` has of each firm named under `trace` in a scenario: "
        + ", ".join(f"`{name}`" for name in terms.TRACE_QUANTITIES)
        + ".",
    ]
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/terms.md": terms_page,
    "docs/scenarios.md": scenario_page,
    "scenarios/scenario.schema.json": lambda: schema_text("scenario"),
    "scenarios/worlds/world.schema.json": lambda: schema_text("world"),
}


def stale() -> list[str]:
    """Names of the pages that are not what the code would write."""
    return [
        name
        for name, text in PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text()
    ]


def main(arguments: list[str]) -> int:
    """Write every page, or only look whether that would change one."""
    if "--check" in arguments:
        old = stale()
        for name in old:
            print(f"{name} is not current; `make docs` writes it", file=sys.stderr)
        return 1 if old else 0
    for name, text in PAGES.items():
        (ROOT / name).write_text(text(), encoding="utf-8", newline="\n")
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
