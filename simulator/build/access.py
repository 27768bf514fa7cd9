"""Access scores, programmes and the partners that follow from them, from labels to arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.exogenous import firms_that_fit
from simulator.build.network import Network
from simulator.build.plan import Plan
from simulator.scenario.schema import choose
from simulator.terms import FIRM_STAGES, SCORES, SIZES
from simulator.world.msme import (
    DATA,
    FINANCE,
    MARKET,
    NEVER,
    SKILLS,
    TECHNOLOGY,
    Access,
    Programme,
    partner_clock,
    scores_at,
)
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Firms,
    Floats,
    Ints,
    Kind,
    Mode,
    Relations,
    Role,
)

if TYPE_CHECKING:
    from datetime import date

    from simulator.scenario.dated import Dated
    from simulator.scenario.schema_economy import Programme as Said

ANY = "*"
ACTS_ON = {
    "training": SKILLS,
    "credit_guarantee": FINANCE,
    "digital_platform": DATA,
    "matchmaking": MARKET,
    "technology_grant": TECHNOLOGY,
}
"""Score that each kind of programme moves."""


def make_access(plan: Plan, firms: Firms) -> Access | None:
    """Access scores of a world.

    Parameters
    ----------
    plan : Plan
    firms : Firms

    Returns
    -------
    Access or None
        None where nothing moves a score and nothing reads one.
    """
    scenario, value = plan.scenario, plan.closure.value
    if not (scenario.access or scenario.programmes or scenario.rules.finance):
        return None
    courses, follows = _stated(plan, firms)
    return Access(
        base=base_scores(plan, firms),
        courses=courses,
        follows=follows,
        programmes=tuple(_programme(plan, said, firms) for said in scenario.programmes),
        acts=tuple(bool(getattr(scenario.mechanisms, score)) for score in SCORES),
        final_weight=value("access_final_weight"),
        best_yield=value("access_best_yield"),
        cost_saving=value("access_cost_saving"),
        switching=value("access_switching"),
        productivity=value("access_productivity"),
    )


def base_scores(plan: Plan, firms: Firms) -> Floats:
    """Scores (score, firm) [1] of the base year: mean of size class and region, spread evenly about it."""
    closure = plan.closure
    spread = closure.value("access_spread")
    mean = np.zeros((len(SCORES), len(SIZES), len(closure.regions)))
    for i, score in enumerate(SCORES):
        for j, size in enumerate(SIZES):
            rows = closure.tables["access"].where(score=score, size=size)
            found = {str(row["region"]): float(row["value"]) for row in rows}
            mean[i, j] = [found[label if label in found else ANY] for label in closure.table_regions]
    out = np.zeros((len(SCORES), len(firms)))
    industry = np.flatnonzero(firms.size >= 0)
    draw = [closure.draws("access", firms.name[i]).random(len(SCORES)) for i in industry]
    around = 1.0 + spread * (2.0 * np.array(draw).reshape(-1, len(SCORES)).T - 1.0)
    out[:, industry] = np.minimum(1.0, mean[:, firms.size[industry], firms.region[industry]] * around)
    return out


def _stated(plan: Plan, firms: Firms) -> tuple[Floats, Ints]:
    """Courses (course, 2, month) of what the scenario states, and the course (score, firm) of each firm.

    A stated value is a number and a part of the base score, which holds before the first date.
    """
    closure, rows = plan.closure, plan.scenario.access
    follows = np.full((len(SCORES), len(firms)), -1)
    courses: list[Floats] = []
    number: dict[int, int] = {}

    def code(value: Dated | None) -> int:
        if value is None:
            return -1
        if id(value) not in number:
            number[id(value)] = len(courses)
            constant = value.series(closure.dates, 0.0)
            courses.append(np.stack([constant, value.series(closure.dates, 1.0) - constant]))
        return number[id(value)]

    if rows:
        industry = np.flatnonzero(firms.size >= 0)
        cell = np.stack([firms.size, firms.region, firms.stage])[:, industry]
        kinds, place = np.unique(cell, axis=1, return_inverse=True)
        for i, score in enumerate(SCORES):
            chosen = [
                choose(
                    rows,
                    score=score,
                    size=SIZES[size],
                    region=closure.regions[region],
                    stage=FIRM_STAGES[stage],
                )
                for size, region, stage in kinds.T.tolist()
            ]
            follows[i, industry] = np.array([code(value) for value in chosen])[place.reshape(-1)]
    return np.array(courses).reshape(len(courses), 2, closure.n_months), follows


def _programme(plan: Plan, said: Said, firms: Firms) -> Programme:
    """A programme, with the month in which each firm takes part.

    Firms are turned to one after the other in an order drawn once, and so is who would take part: a larger
    reach or uptake adds firms to those of a smaller one.
    """
    table = plan.closure.tables["programmes"]

    def stated(key: str) -> float:
        own = getattr(said, key)
        return float(table.one(kind=said.kind, quantity=key)["value"] if own is None else own)

    fits = np.flatnonzero(firms_that_fit(plan, said.where, firms))
    names = [firms.name[i] for i in fits]
    draw = np.array([plan.closure.draws(said.name, name).random(2) for name in names]).reshape(-1, 2)
    first, reach = _months(plan, said.start), stated("reach_per_year") / MONTHS_PER_YEAR
    when = np.full(len(fits), np.inf)
    np.divide(draw[:, 0], reach, out=when, where=reach > 0)
    ends = np.inf if said.end is None else _months(plan, said.end)
    takes_part = (first + when < ends) & (draw[:, 1] < stated("uptake"))
    joins = np.full(len(firms), NEVER)
    joins[fits[takes_part]] = np.floor(first + when[takes_part]).astype(np.int64)
    return Programme(
        score=ACTS_ON[said.kind],
        effect=stated("effect"),
        covers=said.kind == "credit_guarantee",
        half_life=stated("half_life_years"),
        cost=stated("cost_usd"),
        joins=joins,
    )


def _months(plan: Plan, day: date) -> float:
    """Model months from the period's start to a day."""
    days = (day - plan.scenario.period.start).days
    return float(days * MINUTES_PER_DAY / MINUTES_PER_MONTH)


def find_partners(
    plan: Plan, network: Network, firms: Firms, relations: Relations, access: Access | None
) -> Relations:
    """Partners that buyers find after the start, sooner or later as their access to markets changes.

    Parameters
    ----------
    plan : Plan
    network : Network
    firms : Firms
    relations : Relations
        With the partners found at the base pace.
    access : Access or None

    Returns
    -------
    Relations
        The same object where no buyer's access to markets ever differs from its base score.
    """
    if access is None or not access.acts[MARKET]:
        return relations
    n_months = plan.closure.n_months
    base = access.base[MARKET]
    pace = np.ones((n_months, len(firms)))
    for month in range(n_months):
        np.divide(scores_at(access, month)[MARKET], base, out=pace[month], where=base > 0)
    if (pace == 1.0).all():
        return relations
    buyer = network.firm[relations.target]
    moved = (relations.flow == 0) & (relations.mode == Mode.PULL) & (relations.ready > 0)
    moved &= (pace != 1.0).any(axis=0)[buyer]
    wait = plan.closure.value("qualification_days") * MINUTES_PER_DAY
    ready = relations.ready.copy()
    for firm in np.unique(buyer[moved]):
        mine = np.flatnonzero(moved & (buyer == firm))
        found = partner_clock((ready[mine] - wait) / MINUTES_PER_MONTH, pace[:, firm])
        # who is not found before the end is not found in this run
        months = np.minimum(found, 2.0 * n_months)
        ready[mine] = np.round(months * MINUTES_PER_MONTH + wait).astype(np.int64)
    relations = replace(relations, ready=ready)
    return _merged(relations, _further(plan, network, firms, relations, pace, wait))


def _further(
    plan: Plan, network: Network, firms: Firms, known: Relations, pace: Floats, wait: float
) -> Relations:
    """Partners that only a faster search finds before the end."""
    closure = plan.closure
    value = closure.value
    rate = value("new_partners_per_year") * value("market_access") / MONTHS_PER_YEAR
    searched = pace.sum(axis=0)
    buys = (network.role == Role.INPUT) & (network.kind == Kind.CONVERT)
    buyers = np.flatnonzero(buys & (searched[network.firm] > closure.n_months))
    sells = (network.role == Role.OUTPUT) & np.isin(
        network.kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT, Kind.RECYCLE)
    )
    taken = set((known.source * len(network.firm) + known.target).tolist())
    source, target, ready = [], [], []
    for slot in buyers.tolist():
        firm, good = int(network.firm[slot]), int(network.good[slot])
        suppliers = np.flatnonzero(sells & (network.good == good))
        weight = np.cumsum(network.base[suppliers])
        if rate <= 0 or not len(suppliers):
            continue
        rng = closure.draws("further partners", firms.name[firm], plan.goods[good])
        clock, pick = rng.exponential(1 / rate), rng.random()
        while closure.n_months + clock <= searched[firm]:
            found = partner_clock(np.array([closure.n_months + clock]), pace[:, firm])[0]
            place = min(int(np.searchsorted(weight, pick * weight[-1])), len(suppliers) - 1)
            pair = int(suppliers[place]) * len(network.firm) + slot
            if pair not in taken and np.isfinite(found):
                taken.add(pair)
                source.append(int(suppliers[place]))
                target.append(slot)
                ready.append(round(found * MINUTES_PER_MONTH + wait))
            clock, pick = clock + rng.exponential(1 / rate), rng.random()
    sources, targets = np.array(source, dtype=np.int64), np.array(target, dtype=np.int64)
    n = len(sources)
    lead = network.lead(sources, targets) if n else sources
    return Relations(
        sources, targets, np.zeros(n), lead, np.full(n, int(Mode.PULL)), np.array(ready, dtype=np.int64)
    )


def _merged(known: Relations, added: Relations) -> Relations:
    """All relations in the order of a network."""
    if not len(added):
        return known
    names = ("source", "target", "flow", "lead", "mode", "ready")
    parts = {name: np.concatenate([getattr(known, name), getattr(added, name)]) for name in names}
    rank = np.lexsort((parts["ready"], parts["target"], parts["source"]))
    return Relations(**{name: part[rank] for name, part in parts.items()})
