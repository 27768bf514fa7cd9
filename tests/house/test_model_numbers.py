"""Numbers and names of docs/model.md are those of the code: tables recomputed, functions looked up.

`python tests/house/test_model_numbers.py` writes the tables anew.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from simulator.build import build
from simulator.build.balance import balance
from simulator.build.plan import Plan
from simulator.run import goods, orders
from simulator.run.dataset import assemble
from simulator.run.member import Member
from tests.fixtures import worlds
from tests.house import price_numbers
from tests.house.sources import PACKAGE, REPOSITORY

PAGE = REPOSITORY / "docs" / "model.md"
MATERIALS = ("lithium", "cobalt", "nickel", "copper")
YEARS = (2030, 2035, 2040)
SCENARIO = "announced_supply"
FIXED = ("rules.prices=false", "rules.finance=false")
"""Tonne by tonne: nobody saves, idles, fails or buys less."""
BLOCK = r"(<!-- numbers: {} -->\n)(.*?)(<!-- end -->)"
Lines = list[list[str]]

# ------------------------------------------------------------------ runs


def run(change: Callable[[Any], None] | None = None, *sets: str, of: str = SCENARIO) -> Any:
    """Result of a scenario after a change to the member that is about to run."""
    data = worlds.battery_tables()
    scenario = worlds.battery_scenario(of, *(sets or FIXED))
    built = build(scenario, data)
    member = Member(built.blueprint)
    if change:
        change(member)
    return assemble(scenario, data, built, member.run())


@contextmanager
def nothing_held_back() -> Iterator[None]:
    kept = orders.held_back
    orders.held_back = lambda quantity, use, waiting, gain: 0.0 * quantity
    try:
        yield
    finally:
        orders.held_back = kept


@contextmanager
def need_up_to_capacity() -> Iterator[None]:
    """Need that is not capped by an interval's demand."""
    kept = goods._record_need

    def uncapped(state: Any, batch: Any, *rest: Any) -> None:
        expected = state.expected[batch.outputs].copy()
        state.expected[batch.outputs] = np.inf
        kept(state, batch, *rest)
        state.expected[batch.outputs] = expected

    goods._record_need = uncapped
    try:
        yield
    finally:
        goods._record_need = kept


def cover_alone(member: Any) -> None:
    """Target stocks without the review interval."""
    for tier in member.state.tiers:
        for batch in tier.batches:
            batch.target_days = batch.target_days - batch.days


def only_lithium_is_short(member: Any) -> None:
    """Mines and refineries of the other materials are ample."""
    world = member.world
    for i, (process, _) in enumerate(world.labels.sectors):
        name = world.labels.processes[process]
        if name.startswith(("mine_", "refine_")) and "lithium" not in name:
            world.paths.capacity[:, i] = world.paths.capacity[:, i].clip(min=5)
            world.paths.host_share[:, i] *= 3


@cache
def announced() -> Any:
    return run()


@cache
def priced() -> Any:
    """The same with prices and money."""
    return run(None, "rules.prices=true", "rules.finance=true")


@cache
def plan() -> Any:
    return Plan(worlds.battery_scenario(SCENARIO), worlds.battery_tables())


def of_year(ds: Any, name: str, year: int, material: str) -> float:
    """Sum of a flow over a year and the world."""
    return float(ds[name].sel(time=str(year), material=material).sum())


def between(ds: Any, year: int, material: str, source: tuple[str, ...], target: tuple[str, ...]) -> float:
    return float(worlds.link(ds, source, target).sel(time=str(year), material=material).sum())


def share(ds: Any, year: int, material: str, part: str, whole: str) -> float:
    return of_year(ds, part, year, material) / of_year(ds, whole, year, material)


def batteries(ds: Any, year: int) -> float:
    """Electric-car batteries delivered over demanded."""
    one = ds.sel(time=str(year), product="ev_battery")
    return float(one["delivered"].sum() / one["demand"].sum())


# ------------------------------------------------------------------ tables


def balance_table() -> Lines:
    """Base year of each material, as `loopcast inputs balance` has it."""
    value: dict[str, dict[str, str]] = {}
    groups = ("mined", "refined supply", "refined demand", "factor")
    lines = balance(plan())
    for line in sorted(lines, key=lambda x: (groups.index(x.group), not x.item.startswith("use "))):
        item = re.sub(r"^(yield) of refine_\w+", r"\1 of processing", line.item)
        item = re.sub(r"^(content|stock in use) of other_\w+", r"\1 of the remainder", item)
        text = f"{line.value / 1000:,.1f}" if line.unit == "t" else f"{line.value:.3f}"
        value.setdefault(f"{item} [{'kt' if line.unit == 't' else '1'}]", {})[line.material] = text
    rows = [[item, *(found.get(m, "") for m in MATERIALS)] for item, found in value.items()]
    return [["2024", *MATERIALS], *rows]


def tonnes_table() -> Lines:
    """Announced against run."""
    tables, ds = worlds.battery_tables(), announced()
    rows = []
    for m in MATERIALS:
        stated = {
            year: sum(
                float(r["tonnes"])
                for r in tables["capacity_paths"].where(material=m, stage="extraction", year=year)
            )
            for year in (2024, *YEARS)
        }
        path = plan().closure.course(stated)
        for year in YEARS:
            first = (year - 2024) * 12
            mined = between(ds, year, m, ("lithosphere",), ("extraction",))
            demand = sum(
                float(r["tonnes"]) for r in tables["demand"].where(material=m, year=year, demand_case="STEPS")
            )
            final = share(ds, year, m, "content_delivered", "content_demanded")
            cells = [
                stated[year] / 1000, path[first : first + 12].mean() / 1000, mined / 1000,
                100 * (mined - stated[year]) / demand, demand / 1000, of_year(ds, "need", year, m) / 1000,
                of_year(ds, "supply_origin", year, m) / 1000, 100 * (1 - final),
            ]  # fmt: skip
            digits = [1, 1, 1, 2, 1, 1, 1, 1]
            rows.append(
                [f"{m} {year}", *(f"{round(c, d) + 0.0:,.{d}f}" for c, d in zip(cells, digits, strict=True))]
            )
    head = ["announced", "path", "mined", "gap %", "demand", "gross need", "received", "shortfall %"]
    return [["material, year", *head], *rows]


def lithium_table() -> Lines:
    """Lithium of 2035: from the mine to what is missing."""
    ds, year, m = announced(), 2035, "lithium"
    makers = ("component", "manufacturing")
    mined = between(ds, year, m, ("lithosphere",), ("extraction",))
    lost = between(ds, year, m, ("processing",), ("processing_residue",))
    sent = between(ds, year, m, ("processing",), makers)
    origin = {o: of_year(ds.sel(origin=o), "supply_origin", year, m) for o in ("old_scrap", "new_scrap")}
    released = between(ds, year, m, ("stock_change",), makers)
    received, need = of_year(ds, "supply_origin", year, m), of_year(ds, "need", year, m)
    delivered, demanded = (of_year(ds, f"content_{x}", year, m) for x in ("delivered", "demanded"))
    rows = [
        ("mined", mined),
        ("lost in processing", -lost),
        ("drawn from stocks of mines and refiners, ore under way too", sent - mined + lost),
        ("old scrap recovered and received", origin["old_scrap"]),
        ("new scrap recovered and received", origin["new_scrap"]),
        ("released by holders of stocks", released),
        ("received by the first makers", received),
        ("their need on the base path", of_year(ds, "base_need", year, m)),
        ("their gross need as they see it", need),
        ("short at the first makers", need - received),
        ("content that final users demanded", demanded),
        ("content delivered to them", delivered),
    ]
    stated = {
        table: sum(
            float(r["tonnes"]) for r in worlds.battery_tables()[table].where(material=m, year=year, **keys)
        )
        for table, keys in (
            ("capacity_paths", {"stage": "extraction"}),
            ("demand", {"demand_case": "STEPS"}),
        )
    }
    by_data = stated["capacity_paths"] * (1 - lost / mined) + origin["old_scrap"]
    shares = [
        (
            "announced mines less processing loss, and old scrap, over the demand table",
            by_data / stated["demand"],
        ),
        ("received over need on the base path", received / of_year(ds, "base_need", year, m)),
        ("received over gross need", received / need),
        ("delivered over demanded", delivered / demanded),
        ("availability", share(ds, year, m, "met", "need")),
    ]
    text = [[name, f"{value / 1000:,.1f} kt"] for name, value in rows]
    return [["lithium, 2035", ""], *text, *([name, f"{100 * value:.1f} %"] for name, value in shares)]


def evidence_table() -> Lines:
    """What other rules would do."""
    ds = announced()
    with nothing_held_back():
        deaf = run()
    steady = ("period.end=2030-01-01", *worlds.STEADY, *FIXED)
    kept, thin = (run(c, *steady, of="reference") for c in (None, cover_alone))
    with need_up_to_capacity():
        uncapped = run()
    alone = run(only_lithium_is_short)
    rows = [
        (f"a. car batteries delivered over demanded, {year}", batteries(ds, year), batteries(deaf, year))
        for year in (2032, 2035, 2038)
    ]
    rows += [
        (
            "b. availability of nickel in the steady state, 2029",
            *(_availability(x, 2029, "nickel") for x in (kept, thin)),
        ),
        ("c. availability of lithium, 2035", *(_availability(x, 2035, "lithium") for x in (ds, uncapped))),
    ]
    table = [[name, f"{100 * now:.1f} %", f"{100 * before:.1f} %"] for name, now, before in rows]
    table += [
        [
            f"{name}, 2035",
            f"{100 * share(ds, 2035, 'lithium', *of):.1f} %",
            f"{100 * share(alone, 2035, 'lithium', *of):.1f} %",
        ]
        for name, of in (
            ("availability of lithium: as is; other materials ample", ("met", "need")),
            ("lithium received over need: as is; others ample", ("supply_origin", "need")),
        )
    ]
    return [["", "rule now", "rule first written, or other case"], *table]


def _availability(ds: Any, year: int, material: str) -> float:
    return share(ds, year, material, "met", "need")


TABLES: dict[str, Callable[[], Lines]] = {
    "balance": balance_table,
    "tonnes": tonnes_table,
    "lithium": lithium_table,
    "responses": lambda: price_numbers.responses_table(announced(), priced(), MATERIALS),
    "evidence": evidence_table,
    "simpler": price_numbers.simpler_table,
}


def in_markdown(lines: Lines) -> str:
    head, *rows = lines
    rule = "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"
    text = ["| " + " | ".join(line) + " |" for line in (head, *rows)]
    return "\n".join([text[0], rule, *text[1:]]) + "\n"


def on_the_page(name: str) -> Lines:
    """Cells of a marked table."""
    found = re.search(BLOCK.format(name), PAGE.read_text(encoding="utf-8"), re.S)
    assert found, f"no table between <!-- numbers: {name} --> and <!-- end -->"
    lines = [line for line in found.group(2).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[:1] + cells[2:]


def number(cell: str) -> float | None:
    """Value of a cell, or None for text."""
    found = re.fullmatch(r"(-?[\d,]+(?:\.\d+)?)(?: (?:%|kt))?", cell)
    return float(found.group(1).replace(",", "")) if found else None


# ------------------------------------------------------------------ tests


@pytest.mark.slow
@pytest.mark.xdist_group("battery")
@pytest.mark.parametrize("name", TABLES)
def test_numbers_are_those_of_the_code(name):
    """Equal but for the last digit printed, or a thousandth."""
    page, code = on_the_page(name), TABLES[name]()
    again = "; to write the tables anew: python tests/house/test_model_numbers.py"
    assert [line[0] for line in page] == [line[0] for line in code], f"other rows{again}"
    assert page[0] == code[0], f"another head{again}"
    wrong = []
    for old, new in zip(page[1:], code[1:], strict=True):
        for a, b in zip(old[1:], new[1:], strict=True):
            x, y = number(a), number(b)
            digits = len(b.split()[0].partition(".")[2]) if b else 0
            if x is None or y is None:
                equal = a == b
            else:
                equal = abs(x - y) <= max(1.01 * 10.0**-digits, 1e-3 * abs(y))
            if not equal:
                wrong.append(f"{old[0]}: {a} on the page, {b} in the code")
    assert not wrong, "\n".join(wrong) + again


def test_claims_about_gaps_hold():
    """What section 15 says of its table."""
    head, *rows = on_the_page("tonnes")
    gap, announced_at, mined_at = head.index("gap %"), head.index("announced"), head.index("mined")
    for row in rows:
        assert abs(number(row[gap])) < 2.0, row
        if row[0].endswith("2035"):
            assert abs(number(row[mined_at]) / number(row[announced_at]) - 1) < 0.01, row


def test_claim_about_new_mines_holds():
    """What section 4 says of mines decided on at the start."""
    said = re.search(
        r"that is (\d+) % in mid-2030,\s+(\d+) % in\s+mid-2035\s+and (\d+) % in\s+mid-2040",
        PAGE.read_text("utf-8"),
    )
    assert said
    online = plan().courses.online("extraction")
    for text, year in zip(said.groups(), YEARS, strict=True):
        month = (year - 2024) * 12 + 6
        assert abs(float(text) - 100 * online[month - 1 : month + 1].mean()) < 0.6, year


def test_claim_about_lithium_holds():
    """Tables and run differ by about 3 % of demand, as section 15 says."""
    share = {row[0]: number(row[1]) for row in on_the_page("lithium")}
    tables = next(value for name, value in share.items() if name.startswith("announced mines"))
    assert 0 < share["delivered over demanded"] - tables < 3.5
    assert share["released by holders of stocks"] < 1
    assert share["drawn from stocks of mines and refiners, ore under way too"] > 0


def defined(path: Path) -> set[str]:
    """Functions, methods and classes of a file."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {n.name for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, kinds)}


def test_functions_named_exist():
    named = re.findall(r"`([\w/]+\.py): (\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 50
    missing = [
        f"{file}: {name}"
        for file, name in sorted(set(named))
        if not (PACKAGE / file).exists() or name not in defined(PACKAGE / file)
    ]
    assert not missing


def test_assumptions_named_exist():
    """Names in code style that look like parameters are rows of inputs/assumptions.csv."""
    known = {row["name"] for row in worlds.battery_tables()["assumptions"].rows}
    text = PAGE.read_text(encoding="utf-8")
    heads = "tau switching suppliers patience qualification reuse stock_change_end stock_release new_partners"
    ours = rf"`((?:{heads.replace(' ', '|')})_\w+)`"
    missing = set(re.findall(ours, text)) - known
    assert not missing


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        table = in_markdown(make())
        page = re.sub(
            BLOCK.format(name), lambda found, table=table: found[1] + table + found[3], page, flags=re.S
        )
    PAGE.write_text(page, encoding="utf-8", newline="\n")
