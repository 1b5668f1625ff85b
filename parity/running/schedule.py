"""Which task is done next. Pure: what waits for what, and nothing of processes, files or time."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from parity.cases.case import Case
from parity.routes.catalog import Route

Kind = Literal["ask", "look", "export", "run", "judge"]

#: ask     whether a runtime has a device; once for each pair of them
#: look    for an export in the cache; once for each case and exporter
#: export  on a miss
#: run     one check
#: judge   one check
KINDS: tuple[Kind, ...] = ("ask", "look", "export", "run", "judge")

AHEAD = 16  #: observations that may wait for the judge: those of large networks must not fill the disk


@dataclass(frozen=True)
class Task:
    """One task. ``check`` is the first check (its number in the plan) that needs it; ``worker`` is the kind that can do it."""

    kind: Kind
    check: int
    worker: str


class Schedule:
    """The open tasks of a plan of checks.

    A worker is named here by its kind, what it hosts: how many processes of a kind there are does not matter. ``judge`` is
    the kind that judges and looks; without ``cached`` every export is made. A task that failed ends every check that waits
    for it, and nothing else.

    Cases go in the order of the plan, whatever their routes: what the judge works out for a case is then of use to all of
    them. Within a case the longest chain goes first, since exports feed runs and runs feed the judge.
    """

    def __init__(self, checks: Sequence[tuple[Case, Route]], judge: str, cached: bool) -> None:
        self._routes = [route for _, route in checks]
        self._cases = [case.name for case, _ in checks]
        first: dict[str, int] = {}
        self._place = [(first.setdefault(name, i), i) for i, name in enumerate(self._cases)]
        self._judge, self._cached = judge, cached
        self._open = set(range(len(checks)))
        self._unasked: set[int] = set(self._open)
        self._unjudged: set[int] = set()
        self._ready: dict[str, dict[Kind, list[tuple[int, int]]]] = defaultdict(lambda: {kind: [] for kind in KINDS})
        self._devices: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._exports: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._export_of: dict[int, tuple[str, str]] = {}
        for i, (case, route) in enumerate(checks):
            self._devices[route.runtime, route.device].append(i)
            if route.exporter is not None:
                self._export_of[i] = (case.name, route.export)
                self._exports[case.name, route.export].append(i)
        for waiting in self._devices.values():
            self._push("ask", waiting[0], self._routes[waiting[0]].runtime)

    @property
    def open(self) -> frozenset[int]:
        """The checks that have not ended."""
        return frozenset(self._open)

    @property
    def finished(self) -> bool:
        """Whether every check has ended."""
        return not self._open

    def workers(self, taken: Collection[str] = ()) -> list[str]:
        """The kinds that could do a task now, first that whose task is the most urgent. ``taken``: see :meth:`take`."""
        ranked = [(best[0], name) for name in self._ready if (best := self._best(name, taken)) is not None]
        return [name for _, name in sorted(ranked)]

    def waiting(self, worker: str, taken: Collection[str] = ()) -> int:
        """How many tasks of a kind could be done now. ``taken``: see :meth:`take`."""
        return sum(len(self._open_to(worker, kind, taken)) for kind in self._allowed())

    def case(self, task: Task) -> str:
        """The name of the case that a task is of."""
        return self._cases[task.check]

    def served(self, task: Task) -> list[int]:
        """The open checks that wait for a task."""
        if task.kind in ("look", "export"):
            waiting = self._exports[self._export_of[task.check]]
        elif task.kind == "ask":
            route = self._routes[task.check]
            waiting = self._devices[route.runtime, route.device]
        else:
            waiting = [task.check]
        return [i for i in waiting if i in self._open]

    def take(self, worker: str, taken: Collection[str] = ()) -> Task | None:
        """The next task of a kind, or None. ``taken``: the cases, by name, of which nothing is to be judged now."""
        best = self._best(worker, taken)
        if best is None:
            return None
        (*_, check), kind = best
        self._ready[worker][kind].remove(self._place[check])
        if kind == "run":
            self._unjudged.add(check)
        return Task(kind, check, worker)

    def done(self, task: Task, good: bool = True, found: bool = False) -> list[int]:
        """Note how a task ended; the checks that ended with it.

        good: whether it did what it is for. A look never fails: it only finds the export or does not (``found``).
        """
        waiting = self.served(task)
        if task.kind == "ask":
            self._unasked -= set(waiting)
        if task.kind == "judge" or (task.kind != "look" and not good):
            self._open -= set(waiting)
            self._unjudged -= set(waiting)
            if task.kind == "ask":
                self._release(waiting)
            return waiting
        if task.kind == "ask":
            for i in waiting:
                if i not in self._export_of:
                    self._push("run", i, self._routes[i].runtime)
            self._release(waiting)
        elif task.kind == "look" and not found:
            self._push("export", waiting[0], self._routes[waiting[0]].framework)
        elif task.kind in ("look", "export"):
            for i in waiting:
                self._push("run", i, self._routes[i].runtime)
        elif task.kind == "run":
            self._push("judge", task.check, self._judge)
        return []

    def _release(self, checks: Sequence[int]) -> None:
        """Open the exports of some checks once all who need one know whether they have a device.

        Earlier, the verdict of a check without a device would depend on which answer came first.
        """
        for key in dict.fromkeys(self._export_of[i] for i in checks if i in self._export_of):
            if any(i in self._unasked for i in self._exports[key]):
                continue
            waiting = [i for i in self._exports[key] if i in self._open]
            if waiting and self._cached:
                self._push("look", waiting[0], self._judge)
            elif waiting:
                self._push("export", waiting[0], self._routes[waiting[0]].framework)

    def _push(self, kind: Kind, check: int, worker: str) -> None:
        insort(self._ready[worker][kind], self._place[check])

    def _allowed(self) -> list[Kind]:
        """The kinds of tasks of which one may be begun."""
        return [kind for kind in KINDS if kind != "run" or len(self._unjudged) < AHEAD]

    def _open_to(self, worker: str, kind: Kind, taken: Collection[str]) -> list[tuple[int, int]]:
        ready = self._ready[worker][kind]
        return [place for place in ready if self._cases[place[1]] not in taken] if kind == "judge" and taken else ready

    def _best(self, worker: str, taken: Collection[str]) -> tuple[tuple[int, int, int], Kind] | None:
        """The most urgent task of a kind: its rank, which ends with its check, and what it is."""
        found: list[tuple[tuple[int, int, int], Kind]] = []
        for kind in self._allowed():
            if ready := self._open_to(worker, kind, taken):
                case, check = ready[0]
                # Before a runtime has said whether it has the device, nothing is begun for it.
                found.append(((-1 if kind == "ask" else case, KINDS.index(kind), check), kind))
        return min(found, default=None)
