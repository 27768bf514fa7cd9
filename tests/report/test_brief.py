"""The first screen: a line to each question, with the numbers of the data, read in fifteen seconds."""

import numpy as np
import pytest

from simulator.report.brief import QUESTIONS, brief
from simulator.report.findings import NO_CHANGE, findings, summary
from simulator.report.sentences import month_name, percent, region_names
from tests.report import fake, made


@pytest.fixture(scope="module")
def datasets():
    return [
        fake.dataset(**each, **more, years=4) for each, more in zip(made.SCENARIOS, made.FIRMS, strict=True)
    ]


@pytest.fixture(scope="module")
def told(datasets):
    return brief(datasets, region_names(datasets[0]))


def test_each_question_has_an_answer_and_each_scenario_a_line(told, datasets):
    assert list(dict.fromkeys(each.word for each in told)) == list(QUESTIONS)
    changed = [each for each in told if each.word == "What changes"]
    for ds, each in zip(datasets[1:], changed, strict=True):
        assert each.text.startswith(f"\u201c{ds.attrs['title']}\u201d: ")


def test_fifteen_seconds_are_enough(told, datasets):
    """At four words a second, the fast end of reading, sixty words; titles are not read word by word."""
    lines = [each.text for each in told]
    for ds in datasets:
        lines = [line.replace(ds.attrs["title"], "") for line in lines]
    words = [len(line.split(" ")) for line in lines]  # a number and its unit are held together
    assert max(words) <= 20
    assert sum(words) <= 60


def test_what_left_the_first_screen_stands_among_all_findings(told, datasets):
    """Months and depth of every shortage, root causes, prices and costs are told below."""
    texts = " ".join(f.text for f in findings(datasets, region_names(datasets[0])))
    for row in summary(datasets):
        if row.first_short_month:
            assert f"{row.material} runs short from {month_name(row.first_short_month)}" in texts
            assert f"{percent(row.worst_availability)} of what final users demand" in texts
    assert (
        "trace to" in texts
        and "times that of the base year" in texts
        and "Gross cost of the policies" in texts
    )


def test_the_first_shortage_is_that_of_the_first_month_under_the_line(datasets):
    alone = brief(datasets[2:3], {})
    rows = [row for row in summary(datasets[2:3]) if row.first_short_month]
    first, deep = min(rows, key=lambda r: r.first_short_month), min(rows, key=lambda r: r.worst_availability)
    assert alone[0].text.startswith(f"{first.material.capitalize()} falls short first, in ")
    assert month_name(first.first_short_month) in alone[0].text
    assert percent(deep.worst_availability) in alone[0].text
    assert [each.word for each in alone if each.word == "What changes"] == []


def test_nothing_short_is_said_as_such(datasets):
    rich = datasets[0].copy()
    rich["availability_final"] = rich.availability_final * 0 + 1.0
    assert brief([rich], {})[0].tone == "safe"


def test_changes_are_those_of_the_summary_and_the_same_run_changes_nothing(told, datasets):
    """A worst month under the baseline's is told before a mean."""
    for k in (1, 2):
        title = datasets[k].attrs["title"]
        rows = [row for row in summary(datasets) if row.title == title]
        (text,) = [f.text for f in told if title in f.text and f.word == "What changes"]
        most, deep = max(rows, key=lambda r: abs(r.change)), min(rows, key=lambda r: r.worst_availability)
        if k == 1:
            size = f"{100 * most.change:+.1f}".replace("-", "\u2212")
            is_told = abs(most.change) >= NO_CHANGE
            assert (f"{most.material} {size} points" if is_told else "no detectable change") in text
        else:
            assert f"{deep.material} down to {percent(deep.worst_availability)}" in text
    same = brief([datasets[0], datasets[0]], {})
    assert "no detectable change" in next(each.text for each in same if each.word == "What changes")


def test_costs_are_gross_sums_or_said_to_be_none(told, datasets):
    text = told[-1].text
    assert text.startswith("Policies and programmes, gross: ")
    bare = datasets[0].drop_vars([n for n in ("policy_cost", "programme_cost") if n in datasets[0]])
    cost = brief([bare], {})[-1]
    assert cost.text.startswith("No policy") and "times the base year's" in cost.text
    flat = bare.copy()
    flat["price"] = flat.price * 0 + 1.0
    assert brief([flat], {})[-1].text == "No policy with a cost of its own."


def test_demand_that_waits_for_better_prices_is_no_order_given_up(datasets):
    calm = datasets[0].copy()
    calm["unmet_by_root"] = calm.unmet_by_root * 0
    (began,) = [each for each in brief([calm], {}) if each.word == "Where it began"]
    assert began.text.startswith("In no year is 1\u00a0% or more")
    assert [e for e in brief([calm.drop_vars("unmet_by_root")], {}) if e.word == "Where it began"] == []


def test_where_it_began_is_the_largest_root_of_the_deepest_shortage(told, datasets):
    began = next(each for each in told if each.word == "Where it began")
    lost = [ds.unmet_by_root.sum(("region", "root")) for ds in datasets]
    asked = [ds.demand.sum("region").groupby("time.year").sum() for ds in datasets]
    named = [p for p in datasets[0]["product"].values if not p.startswith("other_")]
    shares = [(low / all_.where(all_ > 0)).sel(product=named) for low, all_ in zip(lost, asked, strict=True)]
    deepest = max(float(np.nanmax(share)) for share in shares)
    assert f"of the deepest loss, {percent(deepest)} of " in began.text
