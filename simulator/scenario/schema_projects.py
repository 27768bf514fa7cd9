"""What a scenario may say about projects: mines, old tailings and plants that may come, by class."""

from __future__ import annotations

from typing import Literal

from simulator.scenario.parts import NAME_TEXT, Day, Labels, Name, Part, said

ALL = "all"
"""Stands for every named project of the tables that the world can carry."""


class Project(Part):
    """A project: capacity that comes when its class allows it."""

    name: Name = said("Name of the project, once per scenario.", "north_mine", allowed=NAME_TEXT)
    process: str = said(
        "Process that it adds capacity to: a mine for deposits and old tailings, a refinery, a recycler.",
        "mine_lithium",
        allowed="a process of the world that is no by-product",
    )
    region: str = said(
        "Region of the world. Mines and refineries may lie where none was in the base year.",
        "EU27",
        allowed="a region of the world",
    )
    origin: Literal["primary", "anthropogenic"] = said(
        "From the ground, or from old tailings and waste.", "primary", default="primary"
    )
    e: Literal["E1", "E1.1", "E1.2", "E2", "E3.2", "E3.3"] = said(
        "Viability of the United Nations classification: E1 viable, E2 expected to become so, E3 not.",
        "E2",
        default="E2",
    )
    f: Literal["F1.2", "F1.3", "F2.1", "F2.2", "F2.3"] = said(
        "Feasibility: F1.2 approved, F1.3 justified, F2.1 pending, F2.2 on hold or unclarified, F2.3 not "
        "viable. What is on production already (F1.1) is in the output of the base year.",
        "F2.1",
        default="F2.1",
    )
    g1_t: float | None = said(
        "Quantity of high confidence, in the unit of the output; without any quantity it is not known, and "
        "nothing runs out.",
        150000,
        default=None,
        unit="t",
        ge=0,
    )
    g2_t: float | None = said(
        "Quantity of moderate confidence, beyond the first.", 100000, default=None, unit="t", ge=0
    )
    g3_t: float | None = said("Quantity of low confidence, beyond both.", 50000, default=None, unit="t", ge=0)
    capacity_per_year: float = said(
        "Capacity in the unit of the output; of recyclers, tonnes treated.", 10000, unit="unit/yr", gt=0
    )
    break_even: float = said(
        "Price over that of the base year at which it pays, its capital included.",
        1.2,
        default=1.0,
        unit="1",
        gt=0,
    )
    permit_days: float | None = said(
        "Time that the permit takes once it is justified; that of inputs/assumptions.csv if left out.",
        900,
        default=None,
        unit="d",
        ge=0,
    )
    build_days: float | None = said(
        "Time of building; that of inputs/assumptions.csv if left out.", 1200, default=None, unit="d", ge=0
    )
    ramp_days: float | None = said(
        "Time from opening to full capacity, in a straight line; that of inputs/assumptions.csv if left out.",
        365,
        default=None,
        unit="d",
        ge=0,
    )
    capital_usd: float | None = said(
        "Capital; capacity times the cost of capacity of inputs/costs.csv if left out.",
        4.0e8,
        default=None,
        unit="USD",
        ge=0,
    )
    opens: Day | None = said(
        "Day of opening of supply that comes whatever the price; without it the rules of promotion decide.",
        "2028-07-01",
        default=None,
    )

    @property
    def viability(self) -> str:
        """Category of viability; E1.1 and E1.2 are both viable."""
        return "E1" if self.e.startswith("E1") else self.e


class Projects(Part):
    """Projects, and the rules by which they are promoted from class to class."""

    use: Labels = said(
        "Named projects of inputs/projects.csv, or `all` that the world can carry.",
        "all",
        default=(),
        allowed="names of inputs/projects.csv, or all",
    )
    reserves: bool = said(
        "Reserves beyond the mines at work become projects, by material and region.", True, default=False
    )
    add: tuple[Project, ...] = said(
        "Projects of your own.",
        [{"name": "north_mine", "process": "mine_lithium", "region": "EU27", "capacity_per_year": 10000}],
        default=(),
    )
    confidence: Literal["P90", "P50", "P10"] = said(
        "Quantity that counts: P90 is G1, P50 is G1 + G2, P10 is G1 + G2 + G3.", "P50", default="P50"
    )
    permits: bool = said(
        "Permits are granted; `false`: no project gets one, so none is approved.", True, default=True
    )
    finance: Literal["bank", "free", "none"] = said(
        "`bank`: a project must be worth its capital, and banks take the longer the less they approve; "
        "`free`: money is there at once for what is at break-even; `none`: nobody finances.",
        "bank",
        default="bank",
    )
    depletion: bool = said(
        "Mines of the base year end with their reserves; `false`: they go on, and only projects end.",
        True,
        default=False,
    )
