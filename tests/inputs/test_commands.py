"""The commands `loopcast inputs …`, as typed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulator import cli
from simulator.scenario import tables as inputs


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command line; gives exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["loopcast", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return run


@pytest.fixture
def broken(tmp_path: Path, repository: Path) -> Path:
    """A copy of the tables with one fault."""
    folder = Path(shutil.copytree(repository / "inputs", tmp_path / "mine"))
    path = folder / "collection_rates.csv"
    path.write_text(path.read_text().replace("2024,0.5,", "2024,5,", 1))
    return folder


@pytest.mark.parametrize("words", [("inputs",), ("inputs", "list")])
def test_tables_are_listed(typed, words: tuple[str, ...]) -> None:
    code, out, err = typed(*words)
    assert (code, err) == (0, "")
    tables = inputs.load()
    assert all(f" {name} " in out for name in tables)
    assert f"{tables.n_recalled} of them recalled; hash {tables.hash[:12]}" in out


def test_source_of_a_number_is_printed(typed) -> None:
    code, out, _ = typed("inputs", "source", "lead_times", "stage=extraction")
    assert code == 0
    first, *lines = out.splitlines()
    assert first.startswith("inputs/lead_times.csv:") and first.endswith("  stage=extraction")
    assert [line.split(maxsplit=1) for line in lines] == [
        ["low_yr", "6 yr"],
        ["central_yr", "15.7 yr"],
        ["high_yr", "32 yr"],
        ["source", "S&P Global Market Intelligence 2023"],
        ["year", "2023"],
        ["basis", "quoted"],
        ["note", "discovery to production, 127 mines started 2002 to 2023"],
    ]


def test_source_of_nothing_is_a_fault(typed) -> None:
    code, out, err = typed("inputs", "source", "assumptions", "name=tau_order_day")
    assert (code, out) == (2, "")
    assert err.startswith("inputs source assumptions  name=tau_order_day\n  found    no such row\n")
    assert err.endswith("  nearest  tau_order_days\n")


def test_check_is_silent_about_good_tables(typed) -> None:
    code, out, err = typed("inputs", "check")
    assert (code, err) == (0, "")
    assert out.endswith("rows: no fault\n")


@pytest.mark.parametrize("before", [True, False])
def test_check_tells_all_faults(typed, broken: Path, before: bool) -> None:
    option = ("--inputs", str(broken))
    code, out, err = typed("inputs", *option, "check") if before else typed("inputs", "check", *option)
    assert (code, out) == (2, "")
    assert err == (
        f"{broken}/collection_rates.csv:2  column rate\n  found    5\n  allowed  a number >= 0 and <= 1\n"
    )
