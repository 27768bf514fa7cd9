"""Bars with the simulated date, for commands that run something; on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.batch.drive import Done


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


@contextmanager
def members_bar(is_shown: bool = True) -> Iterator[Callable[[Done], None]]:
    """One bar for all members of a batch: how many are there, how fast they come, how long it still takes."""
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("members"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left{task.fields[failed]}"),
    )
    started = time.monotonic()
    with Progress(
        *columns, console=Console(stderr=True), disable=not is_shown, speed_estimate_period=600
    ) as shown:
        task = shown.add_task("members", total=None, rate="", failed="")

        def tell(done: Done) -> None:
            made = done.n_made + len(done.failures)
            rate = made / max(time.monotonic() - started, 1e-9)
            per = f"{rate:.1f} a second" if rate >= 1.0 else f"{rate * 60.0:.1f} a minute"
            failed = f", {len(done.failures)} failed" if done.failures else ""
            shown.update(task, total=done.n_members, completed=done.n_kept + made, rate=per, failed=failed)

        yield tell
