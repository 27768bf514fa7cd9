"""Charts of members and of decisions: which there are, and what is said beside each."""

from __future__ import annotations

from simulator.report.chart import MEMBERS, REGRET, TORNADO, Chart

BANDS = (
    "Members: bands hold 5 to 95 % and 25 to 75 % of them at each time, the thick line is their median, the "
    "thin line the run with central values."
)

YEARLY_BANDS = f"{BANDS} Members are told by year."

DRAWN_CHARTS = (
    Chart(
        "exceedance",
        "How likely",
        "Share of members in which the outcome reaches or passes the value below. One panel per material, "
        "one line per scenario. For the world each member is a step, or of more than 100 each percent; for "
        "other places, in four figures, each member, or of more than 20 a line through every 5 %.",
        "outcomes of members; ensemble.nc",
        ("chance",),
        beside=MEMBERS,
        group="sure",
        material="each",
    ),
    Chart(
        "settling",
        "Are the members enough?",
        "Half width of the 95 % interval of a mean over the first members: of the outcome itself, or of its "
        "difference to the baseline, pair by pair. A line that is still falling says that more "
        "members would help; four times the members halve it.",
        "outcomes of members; ensemble.nc",
        ("settled", "settled_of"),
        beside=MEMBERS,
        group="sure",
        material="each",
    ),
    Chart(
        "tornado",
        "Which uncertain numbers matter",
        "Outcome with one uncertain number at a time at 5 % and at 95 % of its range, all others at their "
        "central values; the widest first. What numbers do together is not in it. With a material chosen: "
        "the same outcome of that material, if it was asked about.",
        "`loopcast sensitivity`; tornado.csv",
        ("swing_of", "swing_run"),
        beside=TORNADO,
        group="sure",
        material="all",
        region="World",
    ),
    Chart(
        "regret",
        "Which choice is safe",
        "Regret in a future is what a choice leaves on the table: the best that any of them reaches there, "
        "less what this one reaches. Bars: the largest over all futures, and the mean. With a material "
        "chosen: the same outcome of that material, if it was judged.",
        "`loopcast decide`; regret.csv",
        ("regret_of",),
        beside=REGRET,
        group="sure",
        material="all",
        region="World",
    ),
)
"""In the part of the page that tells how sure its numbers are."""
