"""Inputs on a page: runs that share them are told once, what is recalled is marked, names stay text."""

from simulator.report import assumptions
from tests.report import made


def test_runs_with_the_same_inputs_are_told_once():
    datasets = [run.dataset for run in made.four()]
    (basis,) = assumptions.bases(datasets)
    assert basis.titles == [ds.attrs["title"] for ds in datasets]
    assert basis.tables == [("assumptions", [2, 0, 0, 2, 0, 0]), ("regions", [43, 0, 40, 0, 3, 0])]
    other = datasets[1].assign_attrs(assumptions="[]")
    assert [b.titles for b in assumptions.bases([datasets[0], other])] == [
        [datasets[0].attrs["title"]],
        [other.attrs["title"]],
    ]


def test_an_assumption_is_told_with_unit_range_and_source():
    first, second = assumptions.bases([made.four()[0].dataset])[0].assumptions
    assert first == {
        "name": "tau_order_days",
        "value": "106 d",
        "range": "30 to 365",
        "reason": "time to order a gap",
        "source": "made up, 2024",
        "basis": "assumed",
        "tone": "",
    }
    assert (second["value"], second["range"], second["source"], second["tone"]) == (
        "0.5",
        "–",
        "none",
        "short",
    )


def test_a_result_that_does_not_tell_is_left_out():
    bare = made.four()[0].dataset.drop_attrs(deep=False)
    assert assumptions.bases([bare]) == []


def test_the_page_marks_what_is_recalled_and_keeps_names_as_text():
    page = made.page()
    assert '<td class="text short">recalled: from memory</td>' in page
    assert "share_&lt;b&gt;" in page
    assert '<th scope="row">regions</th><td>43</td>' in page
    assert '<td class="short">3</td>' in page
