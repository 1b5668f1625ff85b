"""The schedule, driven by made-up workers that answer in any order and fail at will."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from parity_kit import case, route

from parity.cases import Case
from parity.routes.catalog import Route
from parity.running.schedule import AHEAD, Schedule, Task

ROUTES = [route(name, device=device) for name in ("kit", "kit>reader", "kit>other") for device in ("cpu", "cuda")] + [
    Route("second", "second", None, "second"),
    Route("second>reader", "second", "another", "reader"),
]
JUDGE = "judge"
Plan = list[tuple[Case, Route]]
plans = st.lists(
    st.sampled_from([(case(f"c{n}"), r) for n in range(4) for r in ROUTES]), unique_by=lambda c: (c[0].name, c[1].name)
)


class Drive:
    """Plays the workers: each has at most one task in hand, and ``choose`` says who answers next and how."""

    def __init__(self, plan: Plan, cached: bool, choose: Callable[[int], int]) -> None:
        self.schedule = Schedule(plan, JUDGE, cached)
        self.plan, self.choose = plan, choose
        self.ended: list[int] = []
        self.log: list[tuple[Task, bool, bool, list[int]]] = []
        self.most_unjudged = 0

    def run(self) -> None:
        held: dict[str, Task] = {}
        unjudged: set[int] = set()
        while not self.schedule.finished:
            for worker in self.schedule.workers():
                if worker not in held and (task := self.schedule.take(worker)) is not None:
                    assert task.worker == worker
                    held[worker] = task
                    if task.kind == "run":
                        unjudged.add(task.check)
                    self.most_unjudged = max(self.most_unjudged, len(unjudged))
            assert held, f"nobody has anything to do, and {self.schedule.open} are open"
            task = held.pop(sorted(held)[self.choose(len(held))])
            good, found = self.choose(4) > 0, self.choose(2) > 0
            ended = self.schedule.done(task, good, found)
            unjudged -= {*ended}
            self.ended += ended
            self.log.append((task, good, found, ended))


@given(plans, st.booleans(), st.data())
def test_every_check_ends_once_and_nothing_runs_before_what_it_needs(
    plan: Plan, cached: bool, data: st.DataObject
) -> None:
    drive = Drive(plan, cached, lambda n: data.draw(st.integers(0, n - 1)))
    drive.run()
    assert sorted(drive.ended) == list(range(len(plan)))

    made: set[tuple[str, str | None]] = set()
    asked: set[tuple[str, str]] = set()
    ran: set[int] = set()
    counts: Counter[tuple[object, ...]] = Counter()
    for task, good, found, _ in drive.log:
        c, r = plan[task.check]
        if task.kind == "ask":
            assert task.worker == r.runtime
            counts["ask", r.runtime, r.device] += 1
            if good:
                asked.add((r.runtime, r.device))
            continue
        assert (r.runtime, r.device) in asked
        if task.kind in ("look", "export"):
            assert r.exporter is not None
            assert task.worker == (JUDGE if task.kind == "look" else r.framework)
            counts[task.kind, c.name, r.exporter] += 1
            if found if task.kind == "look" else good:
                made.add((c.name, r.exporter))
        elif task.kind == "run":
            assert task.worker == r.runtime
            assert r.exporter is None or (c.name, r.exporter) in made
            counts["run", task.check] += 1
            if good:
                ran.add(task.check)
        else:
            assert task.worker == JUDGE
            assert task.check in ran
            counts["judge", task.check] += 1
    assert set(counts.values()) <= {1}
    if not cached:
        assert not any(key[0] == "look" for key in counts)


@given(plans, st.data())
def test_a_task_that_fails_ends_those_that_wait_for_it_and_no_other(plan: Plan, data: st.DataObject) -> None:
    drive = Drive(plan, True, lambda n: data.draw(st.integers(0, n - 1)))
    drive.run()
    for task, good, _, ended in drive.log:
        c, r = plan[task.check]
        if task.kind == "look" or (good and task.kind != "judge"):
            assert ended == []
        for i in ended:
            other, its = plan[i]
            if task.kind in ("run", "judge"):
                assert i == task.check
            elif task.kind == "ask":
                assert (its.runtime, its.device) == (r.runtime, r.device)
            else:
                assert (other.name, its.exporter) == (c.name, r.exporter)


def test_no_more_observations_wait_for_the_judge_than_the_disk_should_hold() -> None:
    plan = [(case(f"c{n}"), route()) for n in range(3 * AHEAD)]
    picks = iter([0] * 10_000)

    def always_good_and_the_judge_last(n: int) -> int:
        return next(picks) + n - 1  # workers sort as judge, kit: the last is kit

    drive = Drive(plan, False, always_good_and_the_judge_last)
    drive.run()
    assert drive.most_unjudged == AHEAD


def test_checks_run_in_the_order_of_the_plan() -> None:
    plan = [(case(f"c{n}"), r) for n in (2, 0, 1) for r in (route(), route("kit>reader"))]
    drive = Drive(plan, True, lambda n: n - 1)
    drive.run()
    for kind in ("look", "run"):
        for worker in {task.worker for task, *_ in drive.log}:
            order = [task.check for task, *_ in drive.log if task.kind == kind and task.worker == worker]
            assert order == sorted(order)
