"""The app: what all commands share, and how the program ends.

Good news goes to stdout, faults to stderr, exit codes are those of `errors.ExitCode`.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from simulator import __version__
from simulator.errors import ExitCode, Fault, InputError, LoopcastError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.results import StoredRun

# Before numpy is there: matrices are small here, and threads of two processes would get in each other's way.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

app = typer.Typer(
    name="loopcast",
    help="Circular value chains of critical raw materials: what is there, where, when, for whom.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)

# Options that several commands share.
Inputs = Annotated[
    Path | None,
    typer.Option("--inputs", metavar="DIR", help="Folder of tables instead of the shipped inputs/."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value, such as demand.case=APS or disruptions[0].severity=0.5.",
    ),
]
Override = Annotated[
    list[str] | None, typer.Option("--override", metavar="NAME", help="Apply a named set of the scenario.")
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"loopcast {__version__}")
        raise typer.Exit


@app.callback()
def _all_commands(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
) -> None:
    """Circular value chains of critical raw materials: what is there, where, when, for whom."""


Runs = Annotated[
    list[str],
    typer.Argument(metavar="RUN...", help="Folders of runs that are done, or their names in --in."),
]
Home = Annotated[
    Path, typer.Option("--in", metavar="DIR", help="Folder in which names of runs are looked up.")
]


def stored(names: Sequence[str], home: Path) -> list[StoredRun]:
    """Runs that are done, each read from its folder; all that cannot be read are told at once."""
    from simulator.results import find

    found: list[StoredRun] = []
    faults: list[Fault] = []
    for name in names:
        try:
            found.append(find(name, home))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return found


def _unexpected(error: Exception) -> str:
    """What is said of an error that Loopcast did not foresee: a disk that takes nothing is no bug."""
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        where = f" {error.filename}" if error.filename else ""
        return f"cannot write{where}: {(error.strerror or str(error)).lower()}"
    return f"a bug of Loopcast: {type(error).__name__}: {error}\n--debug shows where"


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        app()
        code = int(ExitCode.DONE)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except LoopcastError as error:
        if debug:
            raise
        typer.echo(str(error), err=True)
        code = int(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        code = int(ExitCode.INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        typer.echo(_unexpected(error), err=True)
        code = int(ExitCode.BUG)
    sys.exit(code)
