"""The course of a check: which step makes what, and which wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from parity.cases.elsewhere import Elsewhere
from parity.errors import ParityError, UsageError
from parity.records.model import DEFINITION, OWN
from parity.running.models import comparing, elsewhere, module, ready, runs, saving, verdict
from parity.running.models.document import Found
from parity.running.models.module import Written
from parity.running.models.order import Order
from parity.running.models.plan import FILES, JUDGE, Plan, Way, graphs, judges
from parity.running.models.ready import Prepared, Ready, Refusal
from parity.running.models.workers import asking, here_of, value_of, worker_of
from parity.running.pool import Pool
from parity.running.process import Job
from parity.running.worker import Answer as Ending

TWIN = "twin"


class Course:
    """One check on its way. ``ways`` are those that can be gone here; the rest is as :func:`parity.running.models.check.check` says."""

    def __init__(
        self, plan: Plan, ways: Sequence[Way], pool: Pool, folder: Path, heard: Callable[[bool], None]
    ) -> None:
        self._plan, self._ways, self._folder = plan, ways, folder
        self._order = Order(pool, heard, here_of(plan), plan.jobs)
        self._asking = asking(plan)
        self._weights: bytes | None = None
        self._found = Found(Prepared({}, {}))
        self._told: list[str] = []
        self._judged: dict[tuple[int, str], verdict.Judged] = {}

    def run(self) -> Found:
        """Do every step. Raises what :func:`parity.running.models.check.check` raises."""
        if self._plan.model.onnx:
            assert self._plan.model.file is not None
            self._read({self._plan.model.text: self._plan.model.file})
        else:
            for process, names in FILES[self._plan.kind][1].items():
                job = self._job(module.export, (self._asking, self._folder, process, names), f"exporting by {process}")
                self._order.add(job().doing, [OWN], job, partial(self._wrote, names))
        self._order.finish()
        if not self._found.prepared.ready:
            self._refuse()
        self._ask_spared()
        self._order.finish()
        self._save()
        self._put_together()
        self._differ()
        return self._found

    # ---- files -----------------------------------------------------------------------------------------------------

    def _wrote(self, names: Sequence[str], ending: Ending) -> None:
        """What an exporter wrote, or why it did not."""
        wrote = ending.value
        if isinstance(wrote, Refusal):
            raise wrote.error()
        if not isinstance(wrote, Written):
            self._found.lost |= dict.fromkeys(names, ending)
            return
        self._found.lost |= wrote.lost
        self._found.notes = wrote.notes
        if self._weights not in (None, wrote.weights):
            said = "its weights are others each time it is made, whatever the seed is"
            mend = "load them from a file, or draw them from the framework's generator"
            raise UsageError(f"{self._plan.model.text}: {said}; {mend}")
        self._weights = wrote.weights
        if wrote.files:
            self._read(wrote.files)

    def _read(self, files: Mapping[str, Path]) -> None:
        """Have files read, and the inputs drawn for the first of all."""

        def job() -> Job:
            fed = next((made.fed for made in self._found.prepared.ready.values()), None)
            arguments = (files, self._plan.given, self._plan.arrays, self._plan.seed, self._folder, fed)
            return Job(None, ready.ready, arguments, "reading the model", self._plan.limit)

        self._order.add(f"reading {', '.join(files)}", [JUDGE], job, self._prepared)

    def _prepared(self, ending: Ending) -> None:
        """Have every file run that can be read, and judged when that is done."""
        made = value_of(ending)
        if isinstance(made, Refusal):
            raise made.error()
        assert isinstance(made, Prepared)
        first = not self._found.prepared.ready
        self._found.prepared.ready.update(made.ready)
        self._found.prepared.reasons.update(made.reasons)
        self._told += made.notes
        if made.ready and first and not self._plan.model.onnx:
            self._add_twin(next(iter(made.ready.values())))
        for name, each in made.ready.items():
            mine = [way for way in self._ways if way.graph == name]
            for way in mine:
                if way.brought is not None:
                    self._add_brought(way, way.brought, each)
                else:
                    self._add_run(way, each, 1 if way.spared else len(each.fed.tried))
            for i in range(len(each.fed.tried)):
                self._add_judging(name, i, each, mine)

    def _refuse(self) -> None:
        """Raise why there is no file to judge."""
        prepared, lost = self._found.prepared, self._found.lost
        if self._plan.model.onnx:
            raise UsageError("; ".join(prepared.reasons.values()))
        if prepared.reasons:
            raise ParityError("; ".join(prepared.reasons.values()))
        said = "; ".join(f"{name}: {lost[name].message}" for name in graphs(self._plan) if name != DEFINITION)
        raise UsageError(f"{self._plan.model.text}: no exporter could write it: {said}")

    # ---- runs ------------------------------------------------------------------------------------------------------

    def _add_run(self, way: Way, made: Ready, sets: int) -> None:
        """Have a way gone on the first so many sets of inputs."""
        out = self._folder / f"run-{self._ways.index(way)}"
        if way.runtime:
            arguments: tuple[Any, ...] = (
                made,
                way.runtime,
                way.optimises,
                not way.optimises,
                way.device,
                self._plan.threads,
                self._plan.catalog,
                out,
                sets,
            )
            job = self._job(runs.run, arguments, f"running in {way.name}")
        else:
            doing = "running the model compiled" if way.optimises else "running the model"
            own = (self._asking, made, way.optimises, way.device, out, self._weights)
            job = self._job(module.run, own, doing)

        def then(ending: Ending) -> None:
            self._found.ended[way.name] = ending

        self._order.add(way.name, [worker_of(way)], job, then)

    def _add_brought(self, way: Way, brought: Elsewhere, made: Ready) -> None:
        """Take what ran elsewhere among the runs."""

        def then(ending: Ending) -> None:
            if isinstance(ending.value, Refusal):
                raise ending.value.error()
            self._found.ended[way.name] = ending
            if ending.ending == "ok" and (names := ending.value.unread):
                self._told.append(f"{way.name}: nothing of the model is called {', '.join(names)}")

        arguments = (made, brought, self._folder / f"brought-{self._ways.index(way)}.values")
        self._order.add(way.name, [JUDGE], self._job(elsewhere.read, arguments, f"reading {brought.file}"), then)

    def _ask_spared(self) -> None:
        """Have the ways that were spared gone on all inputs where something is wrong with their file: they are witnesses then."""
        for name, made in self._found.prepared.ready.items():
            mine = [way for way in self._ways if way.graph == name]
            ended = {way: self._found.ended[way.name] for way in mine}
            spared = [way for way in mine if way.spared and ended[way].ending == "ok" and len(made.fed.tried) > 1]
            lost = any(e.ending != "ok" or e.value.repeats is False or e.value.inner for e in ended.values())
            judged = (each for (_, graph), each in self._judged.items() if graph == name)
            if spared and (lost or any(each.fails() for each in judged)):
                for way in spared:
                    self._add_run(way, made, len(made.fed.tried))
                for i in range(1, len(made.fed.tried)):
                    self._add_judging(name, i, made, mine)

    def _add_twin(self, made: Ready) -> None:
        arguments = (self._asking, made, self._folder / TWIN, self._weights)

        def then(ending: Ending) -> None:
            self._found.twin = ending

        self._order.add(TWIN, [OWN], self._job(module.run_twin, arguments, "running the model in float64"), then)

    def _save(self) -> None:
        """Keep the inputs, the files and what every route gave where the person wants them."""
        if self._plan.save is None:
            return
        folder = self._plan.save
        ran = {name: ending.value for name, ending in self._found.ended.items() if ending.ending == "ok"}

        def then(ending: Ending) -> None:
            if isinstance(refusal := value_of(ending), Refusal):
                raise refusal.error()

        job = self._job(saving.save, (folder, self._found.prepared, ran), f"writing to {folder}")
        self._order.add(f"writing to {folder}", [JUDGE], job, then)
        self._order.finish()

    # ---- judging ---------------------------------------------------------------------------------------------------

    def _add_judging(self, graph: str, i: int, made: Ready, ways: Sequence[Way]) -> None:
        """Judge a file on one set of inputs, after its definition, whose allowance it has too."""
        inputs, allowed = made.fed.tried[i], self._folder / f"allowed-{i}.values"

        def job() -> Job | None:
            ended = self._found.ended
            ran = {way.name: ended[way.name].value for way in ways if ended[way.name].ending == "ok"}
            ran = {name: each for name, each in ran.items() if i < len(each.files)}
            done = self._found.twin is not None and self._found.twin.ending == "ok"
            twin = self._found.twin.value[i] if done and self._found.twin is not None else None
            if not ran and twin is None:
                return None
            beside = verdict.Beside(allowed, graph == DEFINITION)
            arguments = (made, i, ran, self._plan.seed, twin, beside)
            return Job(None, verdict.judge, arguments, f"judging {graph}, inputs {inputs!r}", self._plan.limit)

        def then(ending: Ending) -> None:
            self._judged[i, graph] = value_of(ending)

        after = {TWIN, *(way.name for way in ways)}
        if graph != DEFINITION:
            after.add(_judging(DEFINITION, i))
        self._order.add(_judging(graph, i), judges(made.stored), job, then, after)

    def _put_together(self) -> None:
        """What was judged, set by set and file by file, whatever came first."""
        found = self._found
        found.prepared = Prepared(
            {name: found.prepared.ready[name] for name in graphs(self._plan) if name in found.prepared.ready},
            found.prepared.reasons,
        )
        found.notes += tuple(self._told)
        found.lost |= {name: Ending("error", message=reason) for name, reason in found.prepared.reasons.items()}
        places = {name: n for n, name in enumerate(found.prepared.ready)}
        for (_, graph), judged in sorted(self._judged.items(), key=lambda item: (item[0][0], places[item[0][1]])):
            for route, answer in judged.answers.items():
                found.answers.setdefault(route, []).extend(answer)
            missed = found.unjudged.setdefault(graph, {})
            for each in judged.unjudged:
                missed[each.kind, each.reason] = max(each.count, missed.get((each.kind, each.reason), 0))
            if judged.function is not None:
                found.functions.setdefault(graph, []).append(judged.function)

    def _differ(self) -> None:
        """Where each file that is another function than the model differs from one that is the same, first from its definition."""
        found = self._found
        judged = {name: {f.status for f in figures} for name, figures in found.functions.items() if figures}
        fine = (name for name, made in found.prepared.ready.items() if all(own == fed for own, fed in made.inputs))
        right = next((name for name in fine if judged.get(name) == {"pass"}), None)
        if right is None:
            return
        same, found.same = found.prepared.ready[right], right
        for name in sorted(name for name, statuses in judged.items() if "fail" in statuses):
            made = found.prepared.ready[name]
            turns: dict[str, tuple[str, None]] = {own: (fed, None) for own, fed in made.inputs}
            one, two = ("float64" if each == DEFINITION else "float32" for each in (right, name))
            arguments = (same.path, made.path, (one, two), made.fed.files, turns)

            def then(ending: Ending, name: str = name) -> None:
                compared = value_of(ending)
                if isinstance(compared, Refusal):
                    raise compared.error()
                found.differences[name] = compared.differences

            job = self._job(comparing.compare, arguments, f"comparing {name}")
            self._order.add(f"comparing {name}", [JUDGE], job, then)
        self._order.finish()

    def _job(self, function: Callable[..., Any], arguments: tuple[Any, ...], doing: str) -> Callable[[], Job]:
        return lambda: Job(None, function, arguments, doing, self._plan.limit)


def _judging(graph: str, i: int) -> str:
    return f"judging {graph}, {i}"
