"""Who does what: a crew of made-up processes on a made-up clock, whose tasks take as long as they like."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_kit import case, route

from parity.running.crew import Crew
from parity.running.process import kind_of
from parity.running.schedule import Schedule, Task
from tests.workers.test_schedule import JUDGE, ROUTES, Plan, plans

START = 2.0  #: seconds that every process takes to start
REPEATED = 10.0  #: seconds that judging a case takes where the same process did not judge it last


class Worker:
    """What a crew looks at in a process."""

    def __init__(self, name: str, pool: Pool) -> None:
        self.name, self.pool = name, pool
        self.job: Task | None = None
        self.alive = self.refused = False
        self.starting = False
        self.started_in = self.begun = 0.0

    @property
    def busy(self) -> bool:
        return self.alive and (self.starting or self.job is not None)

    @property
    def elapsed(self) -> float:
        return self.pool.now - self.begun

    def start(self) -> None:
        self.alive = self.starting = True
        self.pool.later(START, self)

    def give(self, task: Task) -> None:
        self.job = task
        if not self.alive:
            self.start()
        elif not self.starting:
            self.pool.later(self.pool.takes(self, task), self)


class Pool:
    """Processes whose work ends when the clock says so."""

    room = True

    def __init__(self, takes: Any) -> None:
        self.now, self.takes = 0.0, takes
        self.workers: dict[str, Worker] = {}
        self._ends: list[tuple[float, int, Worker]] = []
        self._numbers = count()

    def worker(self, name: str) -> Worker:
        return self.workers.setdefault(name, Worker(name, self))

    @property
    def busy(self) -> int:
        return sum(worker.busy or worker.job is not None for worker in self.workers.values())

    def later(self, seconds: float, worker: Worker) -> None:
        worker.begun = self.now
        heappush(self._ends, (self.now + seconds, next(self._numbers), worker))

    def wait(self) -> tuple[Worker, Task, float] | None:
        self.now, _, worker = heappop(self._ends)
        task = worker.job
        if worker.starting:
            worker.starting, worker.started_in = False, START
            if task is not None:
                worker.job = None
                worker.give(task)
            return None
        assert task is not None
        worker.job = None
        return worker, task, worker.elapsed


class Run:
    """A plan done to its end."""

    def __init__(self, plan: Plan, jobs: int, takes: Any, cached: bool = False) -> None:
        self.schedule = Schedule(plan, JUDGE, cached)
        self.pool = Pool(takes)
        self.log: list[tuple[str, Task]] = []
        self.ended: list[int] = []
        self.idle = self.seconds = 0.0
        crew = Crew(self.pool, self.schedule, jobs)  # type: ignore[arg-type]
        while not self.schedule.finished:
            while (found := crew.next()) is not None:
                name, task = found
                assert kind_of(name) == task.worker
                self.pool.worker(name).give(task)
                self.log.append(found)
            busy, before = self.pool.busy, self.pool.now
            assert 0 < busy <= jobs
            over = self.pool.wait()
            self.idle += (jobs - busy) * (self.pool.now - before)
            if over is not None:
                _, task, seconds = over
                crew.ended(task, seconds)
                self.ended += self.schedule.done(task, found=False)

    def processes(self) -> Counter[str]:
        return Counter(kind_of(name) for name in self.pool.workers)


@given(plans, st.integers(1, 5), st.booleans(), st.data())
def test_every_check_ends_once_with_never_more_processes_at_work_than_asked_for(
    plan: Plan, jobs: int, cached: bool, data: st.DataObject
) -> None:
    run = Run(plan, jobs, lambda worker, task: data.draw(st.floats(0.01, 60)), cached)
    assert sorted(run.ended) == list(range(len(plan)))
    assert max(run.processes().values(), default=0) <= jobs


def exports(worker: Worker, task: Task) -> float:
    return {"export": 5.0, "run": 0.3, "judge": 0.2}.get(task.kind, 0.01)


PLAN = [(case(f"c{n}"), r) for n in range(30) for r in (route(), route("kit>reader"))]


def test_no_slot_is_idle_while_most_of_the_work_is_of_one_kind() -> None:
    one, two = Run(PLAN, 1, exports), Run(PLAN, 2, exports)
    assert one.processes()["maker"] == 1
    assert two.processes()["maker"] == 2
    assert two.idle / (2 * two.pool.now) < 0.05
    assert one.pool.now / two.pool.now > 1.8


def test_a_process_of_a_kind_is_started_only_where_it_is_worth_its_start() -> None:
    run = Run(PLAN, 4, lambda worker, task: 0.01)
    assert set(run.processes().values()) == {1}


@pytest.mark.parametrize(("first", "makers"), [(5.0, 2), (200.0, 1)])
def test_what_a_process_takes_longer_over_its_first_task_counts_as_its_start(first: float, makers: int) -> None:
    begun: set[str] = set()

    def takes(worker: Worker, task: Task) -> float:
        fresh = worker.name not in begun
        begun.add(worker.name)
        return first if fresh and task.kind == "export" else exports(worker, task)

    assert Run(PLAN, 2, takes).processes()["maker"] == makers


def test_a_process_that_has_nothing_to_do_is_used_before_another_is_started() -> None:
    run = Run(PLAN, 1, exports)
    assert run.processes() == Counter({"kit": 1, "reader": 1, "maker": 1, JUDGE: 1})


@pytest.mark.parametrize("jobs", [2, 3])
def test_one_judge_judges_a_case_at_a_time_and_mostly_the_one_that_judged_it_last(jobs: int) -> None:
    # What it worked out for a case is kept by the process that judged it last.
    last: dict[str, str] = {}

    def takes(worker: Worker, task: Task) -> float:
        if task.kind != "judge":
            return 0.5
        known, last[worker.name] = last.get(worker.name), plan[task.check][0].name
        others = [other for other in worker.pool.workers.values() if other is not worker and other.busy]
        assert last[worker.name] not in {last.get(other.name) for other in others}
        return 0.1 if known == last[worker.name] else REPEATED

    plan = [(case(f"c{n}"), r) for n in range(20) for r in ROUTES if r.device == "cpu"]
    run = Run(plan, jobs, takes)
    judges: dict[str, set[str]] = {}
    for name, task in run.log:
        if task.kind == "judge":
            judges.setdefault(plan[task.check][0].name, set()).add(name)
    shared = [name for name, processes in judges.items() if len(processes) > 1]
    assert run.processes()[JUDGE] > 1
    assert len(shared) <= len(judges) / 4


def test_where_one_could_not_start_the_others_do_its_work() -> None:
    class Refusing(Worker):
        def start(self) -> None:
            assert not self.refused, "it was tried again"
            if self.name.endswith("#2"):
                self.refused = True
            else:
                super().start()

    pool = Pool(exports)
    pool.worker = lambda name: pool.workers.setdefault(name, Refusing(name, pool))  # type: ignore[method-assign]
    schedule = Schedule(PLAN, JUDGE, False)
    crew = Crew(pool, schedule, 3)  # type: ignore[arg-type]
    while not schedule.finished:
        while (found := crew.next()) is not None:
            assert not found[0].endswith("#2")
            pool.worker(found[0]).give(found[1])
        over = pool.wait()
        if over is not None:
            crew.ended(over[1], over[2])
            schedule.done(over[1])
    assert pool.workers["maker#2"].refused
    assert "maker#3" not in pool.workers
