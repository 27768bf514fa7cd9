"""Bars with the simulated date, for commands that run something; on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date


@contextmanager
def bars(names: Sequence[str], is_shown: bool = True) -> Iterator[Callable[[int, date, float], None]]:
    """A bar for each name; what it gives is called with place in the list, simulated date, fraction done."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as shown:
        tasks = [shown.add_task(escape(name), total=1.0, day="waits") for name in names]
        yield lambda i, day, done: shown.update(tasks[i], completed=done, day=f"{day:%Y-%m}")
        for task in tasks:
            shown.update(task, completed=1.0)
