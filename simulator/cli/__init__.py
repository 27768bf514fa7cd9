"""The command line: text only, no thinking.

Every command is thin: it asks a room of the package and prints what that says. Heavy packages are imported
inside the commands, so that `--help` and `check` answer at once. A file for each group of commands; the
order of the imports is that of the help.
"""

from simulator.cli import runs, batch, verify, export, stress  # noqa: F401, I001 - order of the help
from simulator.cli import sensitivity, decisions, validate, scenarios, factors, inputs  # noqa: F401
from simulator.cli.app import app, main

__all__ = ["app", "main"]
