"""A chart of a page: what is said beside it, what acts on it, and when it is there."""

from __future__ import annotations

from dataclasses import dataclass

MEMBERS, TORNADO, REGRET = BESIDE = ("members", "tornado", "regret")
"""What can lie beside a run: its ensemble, which uncertain numbers matter, and which policy is safe."""


@dataclass(frozen=True)
class Chart:
    """One chart of a page.

    Attributes
    ----------
    id : str
        Anchor, and name of its drawing function in the page.
    topic : str
        What it is about; the finding stands beside it, made from the numbers shown.
    reading : str
        How to read it.
    source : str
        Variables and table of the run's folder behind it.
    choices : tuple of str
        Its own controls besides material, region and scenario.
    needs : str
        Variable without which there is nothing to show.
    is_table : bool
        Whether the chart is a table.
    is_comparison : bool
        Whether it takes a second run.
    beside : str
        What must lie beside a run for it: a word of `BESIDE`, or nothing.
    drawn : tuple of str
        What is said more where members lie beside a run: a sentence, and controls.
    group : str
        Part of the page, a key of `GROUPS`; the page sorts by it.
    material : str
        What the filter of materials does: `one` (the chart is of one material), `each` (a place of its own
        for each, of which the chosen one stays), `all` (all of them together, or the chosen one), or nothing:
        its numbers are not told apart by material. A figure may say what its numbers are of (`what`).
    region : bool or str
        Whether the filter of regions acts; where it does not, the numbers are not told apart by region, or
        are those of a place with this name. What holds for some choices alone the figure says in the page:
        another place (`where`), or what is added to it (`note`).
    """

    id: str
    topic: str
    reading: str
    source: str
    choices: tuple[str, ...] = ()
    needs: str = ""
    is_table: bool = False
    is_comparison: bool = False
    beside: str = ""
    drawn: tuple[str, ...] = ()
    group: str = "happens"
    material: str = "one"
    region: bool | str = True
