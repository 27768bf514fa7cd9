"""Memory does not grow with the number of members: what a member was made of goes when it is done."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections import Counter

from simulator.batch.drive import tasks_of
from simulator.batch.member import run_member
from simulator.build.kept import kept
from simulator.run.clock import Clock, Rank

KINDS = ("Plan", "Closure", "Network", "Scenario", "Tables", "Blueprint", "State", "Member", "Recorder")


def alive() -> Counter[str]:
    gc.collect()
    gc.unfreeze()  # what a batch keeps is counted too
    names = Counter(type(each).__name__ for each in gc.get_objects())
    return Counter({kind: names[kind] for kind in KINDS})


def test_members_leave_nothing_behind(batch):
    made = batch("growth", members=5, sets=("period.end=2024-03-01", "ensemble.members=5"))
    tasks = list(tasks_of(made, made.cells[0], range(5)))
    for task in tasks[:2]:
        run_member(pickle.loads(pickle.dumps(task.work)))
    before = alive()
    for task in tasks[2:]:
        run_member(pickle.loads(pickle.dumps(task.work)))
    assert alive() == before
    assert before["Tables"] > 0, "the cell's own tables are kept, so that the count can see something"


def test_an_answer_is_kept_with_the_object_that_gave_it():
    class Asked:
        n = 0

        @kept
        def double(self, value: int, more: int = 0) -> int:
            """Twice."""
            self.n += 1
            return 2 * value + more

    asked, other = Asked(), Asked()
    assert [asked.double(2), asked.double(2), asked.double(2, more=1), asked.double(3)] == [4, 4, 5, 6]
    assert (asked.n, other.n) == (3, 0)
    assert Asked.double.__doc__ == "Twice."
    gone = weakref.ref(asked)
    del asked
    assert gone() is None, "at once, without a search for circles"


def test_a_clock_that_is_done_lets_go_of_what_it_would_still_call():
    class World:
        n = 0

        def step(self) -> None:
            self.n += 1

    gc.disable()
    try:
        world, clock = World(), Clock()
        clock.every(10, 0, Rank.GOODS, 0, world.step, until=100)
        clock.at(90, Rank.GOODS, 1, world.step)
        clock.run(50)
        assert world.n == 6
        clock.close()
        gone = weakref.ref(world)
        del world
        assert gone() is None
    finally:
        gc.enable()
