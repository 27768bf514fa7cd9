"""Central runs beside members: what is there is kept, the page has both, and says how many of how many."""

from __future__ import annotations

import json
import sys

import pytest

from simulator import batch as room
from simulator import cli
from simulator.report import ensembles
from simulator.results import read
from tests.batch.conftest import SHORT
from tests.fixtures import worlds

GROWTH = str(worlds.PAPER / "growth.yaml")


@pytest.fixture
def typed(monkeypatch, capsys, inputs, tmp_path):
    """Type a command on the paper world over one year; exit code, what it prints, what it complains of."""

    def run(command, *words):
        line = [
            "loopcast",
            command,
            GROWTH,
            "--inputs",
            inputs,
            "--out",
            tmp_path / "out",
            "--set",
            SHORT,
            *words,
        ]
        monkeypatch.setattr(sys, "argv", list(map(str, line)))
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return run


def test_a_run_with_members_keeps_what_is_there(typed, engine, tmp_path):
    code, out, err = typed("run", "--members", 2, "--set", "ensemble.members=50")
    assert code == 0, err
    assert engine.runs == [("growth", 0), ("growth", 0), ("growth", 1)]
    assert "2 of 50 members" in out and "--members 50" in out and "ensemble.nc" in out
    folder = tmp_path / "out" / "growth"
    side = ensembles.beside(read(folder))
    assert side.members is not None and side.members.count == "2 of 50 members"
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Ranges are those of 2 of 50 members" in page and 'id="exceedance"' in page
    assert 'id="exceedance"' in (folder / "report.html").read_text()

    engine.runs.clear()
    assert typed("run", "--members", 3, "--set", "ensemble.members=50")[0] == 0
    assert engine.runs == [("growth", 2)]
    assert "3 of 50 members" in (tmp_path / "out" / "index.html").read_text()

    (folder / "result.nc").write_bytes(b"damaged")
    engine.runs.clear()
    assert typed("run", "--members", 3, "--set", "ensemble.members=50")[0] == 0
    assert engine.runs == [("growth", 0)]


def test_members_of_other_settings_are_left_out_of_the_page(typed, engine, tmp_path):
    assert typed("run", "--members", 2)[0] == 0
    assert typed("run", "--set", "seed=9")[0] == 0
    page = (tmp_path / "out" / "index.html").read_text()
    assert "was made from other settings and is not shown" in page and 'id="exceedance"' not in page


def test_a_batch_writes_the_page_when_asked_and_renews_one_that_is_there(typed, engine, tmp_path):
    assert typed("batch", "--members", 2)[0] == 0
    assert not (tmp_path / "out" / "index.html").exists()
    engine.runs.clear()
    code, out, err = typed("batch", "--members", 2, "--html", tmp_path / "out" / "index.html")
    assert code == 0, err
    assert engine.runs == [("growth", 0)] and "index.html" in out
    assert typed("batch", "--members", 3)[0] == 0
    assert "those of 3 members" in (tmp_path / "out" / "index.html").read_text()
    assert engine.runs == [("growth", 0), ("growth", 2)]


def test_a_member_that_fails_does_not_keep_the_page_away(typed, engine, tmp_path):
    engine.failing.add(("growth", 1))
    code, _out, err = typed("run", "--members", 3)
    assert code == 4 and "growth, member 1 failed: RuntimeError: it broke" in err
    assert "those of 2 members" in (tmp_path / "out" / "index.html").read_text()


def test_what_is_printed_for_programs_stays_so(typed, engine):
    code, out, _err = typed("run", "--members", 2, "--json")
    assert code == 0 and json.loads(out)["scenarios"][0]["scenario"] == "growth"
    code, out, _err = typed("run", "--members", 2, "--dry-run")
    assert "with 2 members" in out


def test_a_result_is_done_only_if_it_is_whole_and_of_the_same_content(batch, engine):
    planned = batch(members=2)
    (job,) = room.central_jobs(planned)
    assert not room.is_done(job, planned.tables)
    room.run_job(job)
    assert room.is_done(job, planned.tables)
    (other,) = room.central_jobs(batch(members=2, sets=(SHORT, "seed=5")))
    assert not room.is_done(other, planned.tables)
    table = job.folder / read(job.folder).record["files"][-1]
    table.unlink()
    assert not room.is_done(job, planned.tables)
