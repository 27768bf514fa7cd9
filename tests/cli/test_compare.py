"""`loopcast compare` and `loopcast show` as typed: runs that are done, without running anything."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from simulator import cli, results
from simulator.errors import InputError
from tests.report import made


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    for part in made.SCENARIOS[:3]:
        made.run(folder / part["name"], years=2, **part)
        (folder / part["name"] / "run").rename(folder / "aside")
        (folder / part["name"]).rmdir()
        (folder / "aside").rename(folder / part["name"])
    return folder


def typed(*words):
    return CliRunner().invoke(cli.app, list(words), catch_exceptions=False)


def test_runs_are_found_by_name_and_by_folder_and_the_page_holds_both(home, tmp_path):
    page = tmp_path / "page.html"
    done = typed("compare", "reference", str(home / "high_recovery"), "--in", str(home), "--html", str(page))
    assert done.exit_code == 0
    assert "reference" in done.output and "high_recovery" in done.output
    assert len(made.block_of(page.read_text(encoding="utf-8"))["runs"]) == 2


def sentences(output):
    return [line for line in output.splitlines() if line.startswith("- ")]


def test_a_run_against_itself_claims_no_difference(home):
    both = sentences(typed("compare", "reference", "reference", "--in", str(home)).output)
    of_change = both[len(sentences(typed("show", "reference", "--in", str(home)).output)) :]
    assert len(of_change) == 1 and "no detectable change" in of_change[0]


def test_the_baseline_can_be_chosen_and_a_wrong_one_is_refused(home):
    names = ("reference", "cobalt_outage", "--in", str(home), "--baseline")
    own, other = (sentences(typed("compare", *names, name).output) for name in ("reference", "cobalt_outage"))
    assert own and other and own != other
    with pytest.raises(InputError) as caught:
        typed("compare", *names, "cobalt_outag")
    assert caught.value.faults[0].nearest == "cobalt_outage"


def test_runs_that_are_not_there_or_damaged_are_refused_at_once(home, tmp_path):
    with pytest.raises(InputError) as caught:
        typed("show", "referense", "nowhere", "--in", str(home))
    assert [fault.nearest for fault in caught.value.faults] == ["", "reference"]  # sorted by place
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in (results.RECORD_FILE, results.RESULT_FILE):
        (broken / name).write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        results.find(str(broken), tmp_path)
    assert caught.value.faults[0].rule == "run_damaged"


def test_results_of_another_form_are_refused_with_what_to_do(home, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(home / "reference", old)
    record = json.loads((old / results.RECORD_FILE).read_text(encoding="utf-8"))
    (old / results.RECORD_FILE).write_text(json.dumps(record | {"record_version": 1}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        typed("show", str(old), "--in", str(home))
    (fault,) = caught.value.faults
    assert fault.rule == "run_other_version" and "`loopcast run` makes them anew" in fault.allowed
