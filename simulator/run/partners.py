"""Orders and shares of the partners of firms that end or start."""

from __future__ import annotations

import numpy as np

from simulator.run.state import State
from simulator.world.state import Blueprint, Floats, Ints, Kind, Mode, Role, sums


class _Rows:
    """Items by an integer key, found without a search."""

    def __init__(self, key: Ints, n: int) -> None:
        self._order = np.argsort(key, kind="stable")
        self._start = np.searchsorted(key[self._order], np.arange(n + 1))

    def of(self, keys: Ints) -> Ints:
        """Items of some keys, one key after the other."""
        parts = [self._order[self._start[key] : self._start[key + 1]] for key in keys.tolist()]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


class Partners:
    """Who trades with whom when firms end and start.

    Shares are split in groups: over the suppliers of a buyer's slot, or, where goods are pushed, over the
    buyers of a supplier's slot.

    Parameters
    ----------
    world : Blueprint
    state : State
    source_firm, target_firm : (relation,) int
    """

    def __init__(self, world: Blueprint, state: State, source_firm: Ints, target_firm: Ints) -> None:
        self.world, self.state = world, state
        relations, slots, n_firms = world.relations, world.slots, len(world.firms)
        self._pushed = relations.mode == Mode.PUSH
        self._group = np.where(self._pushed, len(slots) + relations.source, relations.target)
        self._member = np.where(self._pushed, target_firm, source_firm)
        self._source_firm, self._target_firm = source_firm, target_firm
        self._of_group = _Rows(self._group, 2 * len(slots))
        self._of_member = _Rows(self._member, n_firms)
        self._of_source, self._of_target = _Rows(source_firm, n_firms), _Rows(target_firm, n_firms)
        is_maker = world.firms.kind[slots.firm] == Kind.CONVERT
        self._adjusts = is_maker & (slots.role == Role.INPUT)  # slots that know what they have on order

    def leave(self, firms: Ints) -> None:
        """Dead firms' open orders are struck, their shares go to others, what they owed returns to buyers.

        Parameters
        ----------
        firms : (item,) int
            Not alive any more.
        """
        state = self.state
        mine = self._of_target.of(firms)
        mine = mine[~self._pushed[mine]]
        np.subtract.at(state.on_order, self.world.relations.target[mine], state.backlog[mine])
        state.backlog[mine] = 0.0
        state.offered[mine] = 0.0
        self._move_shares(firms)
        self._return_backlog(self._of_source.of(firms))

    def join(self, firms: Ints) -> None:
        """Entrants get their predecessors' base share, less what was lost of capacity; the others shrink.

        Parameters
        ----------
        firms : (item,) int
            Alive again.
        """
        state = self.state
        mine = self._of_member.of(firms)
        new = np.zeros(len(self.world.firms), dtype=bool)
        new[firms] = True
        groups, rows, place = self._groups(mine[state.base_share[mine] > 0])
        is_new = new[self._member[rows]]
        fair = state.base_share[rows] * np.minimum(1.0, state.kept[self._member[rows]]) * is_new
        whole = sums(place, fair, len(groups))
        rest = state.share[rows] * state.alive[self._member[rows]] * ~is_new
        others = sums(place, rest, len(groups))
        room = np.where(others > 0, np.maximum(0.0, 1.0 - whole), 0.0)
        scale = np.divide(room, others, out=np.zeros_like(room), where=others > 0)
        total = np.where(room > 0, 1.0, whole)
        state.share[rows] = np.where(is_new, fair / total[place], rest * scale[place])
        self._renew_pipelines()
        self._return_backlog(rows[~state.alive[self._source_firm[rows]]])

    def fair_orders(self, firms: Ints, there: Floats) -> Floats:
        """What would be asked of entrants now, over base sales.

        Parameters
        ----------
        firms : (item,) int
        there : (firm,) float [1]
            1 where a firm is alive or about to be.

        Returns
        -------
        (item,) float [1]
            Base share of what buyers need now; of recyclers and collectors: the part of their partners that
            is there.
        """
        world, state = self.world, self.state
        need = state.need_rate.copy()
        need[world.user_slot] = world.paths.demand[state.now_month] * state.demand_factor
        need[world.holder_slot] = world.paths.stock_change[state.now_month]
        out = np.ones(len(firms))
        kind, flow = world.firms.kind, world.relations.flow
        for i, firm in enumerate(firms):
            feeds = kind[firm] == Kind.RECYCLE
            rows = (self._of_target if feeds else self._of_source).of(np.array([firm]))
            if kind[firm] in (Kind.SOURCE, Kind.CONVERT):
                rows = rows[~self._pushed[rows]]
                asked = state.base_share[rows] * need[world.relations.target[rows]]
            elif kind[firm] in (Kind.RECYCLE, Kind.COLLECT):
                rows = rows[self._pushed[rows]]
                asked = flow[rows] * there[(self._source_firm if feeds else self._target_firm)[rows]]
            else:
                continue
            base = flow[rows].sum()
            if base > 0:
                out[i] = asked.sum() / base
        return out

    def _groups(self, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """Groups that relations belong to, all relations of them, and the group of each by position."""
        groups = np.unique(self._group[rows])
        rows = self._of_group.of(groups)
        return groups, rows, np.searchsorted(groups, self._group[rows])

    def _move_shares(self, firms: Ints) -> None:
        """A dead partner's share goes to the living ones of its group.

        Where nobody is left, shares stay: orders wait for a successor, and the spot round serves them; but
        what would be pushed stays where it is.
        """
        state = self.state
        mine = self._of_member.of(firms)
        groups, rows, place = self._groups(mine[state.share[mine] > 0])
        living = state.alive[self._member[rows]]
        weight = state.share[rows] * living
        whole = sums(place, weight, len(groups))
        weight = np.where((whole <= 0)[place], state.base_share[rows] * living, weight)
        whole = sums(place, weight, len(groups))
        left = (whole > 0)[place]
        state.share[rows[left]] = weight[left] / whole[place[left]]
        state.share[rows[~left & self._pushed[rows]]] = 0.0
        self._renew_pipelines()

    def _return_backlog(self, rows: Ints) -> None:
        """What dead firms owe on relations without a share: makers may order anew, others wait elsewhere."""
        state, relations = self.state, self.world.relations
        mine = rows[~self._pushed[rows] & (state.share[rows] == 0.0)]
        target, waiting = relations.target[mine], state.backlog[mine]
        state.backlog[mine] = 0.0
        state.offered[mine] = 0.0
        maker = self._adjusts[target]
        np.subtract.at(state.on_order, target[maker], waiting[maker])
        slots, place = np.unique(target[~maker], return_inverse=True)
        moved = sums(place, waiting[~maker], len(slots))
        others = self._of_group.of(slots)
        more = state.share[others] * moved[np.searchsorted(slots, self._group[others])]
        state.backlog[others] += more
        np.add.at(state.received, relations.source[others], more)

    def _renew_pipelines(self) -> None:
        for tier in self.state.tiers:
            for batch in tier.batches:
                self.state.set_pipeline(batch)
