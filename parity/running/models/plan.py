"""What a check of a model runs: its files, and the ways to run each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from os import PathLike
from pathlib import Path

from parity.cases.asked import Asked
from parity.cases.elsewhere import Elsewhere
from parity.cases.subject import Subject
from parity.errors import UsageError
from parity.records.model import DEFINITION, OWN
from parity.routes.catalog import Catalog, Runtime
from parity.routes.frameworks.compiling import why_no_compiler

LIMIT = 600.0  #: seconds one step may take where nobody says otherwise
JUDGE = "judge"
CPU = "cpu"
JUDGES = (JUDGE, "judge 2")
LARGE = 2**28  #: bytes of constants from which on one judge has to do: it holds them as they are and in float64
PLAIN = " plain"  #: behind the label of a runtime whose optimiser is off

#: Of each framework: what has to be installed, and the extra that installs it.
NEEDS = {
    "torch": ("torch", ("torch", "onnx", "onnxscript")),
    "keras": ("tensorflow", ("tensorflow", "keras", "onnx", "tf2onnx")),
}

#: Of each framework: the route of a model's own run, and the files by the process that writes them.
FILES: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "torch": ("torch", {"torch": (DEFINITION, "torch"), "torchscript": ("torchscript",)}),
    "keras": ("tensorflow", {"tensorflow": (DEFINITION, "tensorflow")}),
}

#: Of each framework: who writes the definition of its models, in words.
DEFINERS = {"torch": "the exporter torch", "keras": "parity's own reading of Keras"}


#: Of each framework: the route of a model as its compiler makes it.
COMPILED = {"torch": "torch compiled", "keras": "tensorflow xla"}


@dataclass(frozen=True)
class Plan:
    """Everything a check has to know before it starts."""

    model: Subject
    given: Sequence[Asked]
    arrays: Path | None  #: the ``.npz`` of real inputs
    seed: int
    catalog: Catalog
    runtimes: Sequence[str]  #: labels of the runtimes that were asked for; empty for all there are
    repeat: str
    threads: int = 1
    limit: float = LIMIT
    memory_limit: int | None = None
    jobs: int | None = None  #: how many processes compute at a time; None for as many as have something to do
    memo: bool = True  #: whether exporters keep their tables from one export to the next
    script: Path | None = None  #: where a script that shows the worst finding is wanted
    kind: str = ""  #: the framework of a model that is no file, once it is known
    elsewhere: Sequence[Elsewhere] = ()  #: what ran where parity cannot reach
    compiled: bool = False  #: whether the model is run compiled too
    devices: Sequence[str] = ()  #: to run on besides the cpu: ``cuda``, ``cuda:1``
    save: Path | None = None  #: the folder to write inputs, outputs and files to


@dataclass(frozen=True)
class Way:
    """One way to run a file: a runtime, with its graph optimiser or with every value as an output.

    Without a runtime it is the run of the model itself, optimised where its framework's compiler made it, or what a person brought
    of a run elsewhere.
    """

    name: str
    graph: str  #: the name of the file
    runtime: str  #: its name in the catalog
    label: str
    optimises: bool
    spared: bool = False  #: asked for the first inputs alone, and for the others once something is wrong with the file
    brought: Elsewhere | None = None
    device: str = CPU


def graphs(plan: Plan) -> tuple[str, ...]:
    """The names of the files that a subject gives: its own, or what is written of a model."""
    if plan.model.onnx:
        return (plan.model.text,)
    return tuple(name for names in FILES[plan.kind][1].values() for name in names)


def runtime_of(plan: Plan, worker: str) -> str:
    """The runtime that a worker hosts, by its name in the catalog; empty for one that judges or has the model itself."""
    label = worker.partition("@")[0]
    return next((name for name in plan.catalog.runtimes if plan.catalog.runtime(name).label == label), "")


def hosts(plan: Plan) -> list[str]:
    """The workers of the runtimes that a check needs, each called by its label."""
    names = [name for name in plan.catalog.runtimes if not _missing(plan.catalog, name)]
    labels = [plan.catalog.runtime(name).label for name in names]
    return [label for name, label in zip(names, labels, strict=True) if _wanted(plan, plan.catalog.runtime(name))]


def judges(stored: int = 0) -> Sequence[str]:
    """The workers that judge a file with so many bytes of constants: two where two can at once and have room beside each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else len(JUDGES)
    return JUDGES[:cores] if stored < LARGE else JUDGES[:1]


def steps(plan: Plan) -> int:
    """About how many steps a check has, for a bar that only has to move."""
    return len(ways(plan)) + 4 if plan.model.onnx else 21 + plan.compiled + 5 * len(plan.devices)


def ways(plan: Plan) -> list[Way]:
    """The ways to run a model here, of each file those of runtimes that optimise first.

    Raises :class:`UsageError` for no such runtime.
    """
    parts = {name: plan.catalog.runtime(name) for name in plan.catalog.runtimes}
    labels = [part.label for part in parts.values()]
    for label in plan.runtimes:
        if label not in labels:
            raise UsageError(f"--runtime {label}: there is no such runtime; there are {', '.join(labels)}")
    if plan.compiled and plan.model.onnx:
        raise UsageError(
            "--compiled is for a torch module or a Keras model; a file is run with and without an optimiser"
        )
    quick = [n for n in parts if not parts[n].slow and not _missing(plan.catalog, n)]
    spares = any(_wanted(plan, parts[name]) for name in quick)
    found = []
    for graph in graphs(plan):
        if graph == DEFINITION:
            route = FILES[plan.kind][0]
            found.append(Way(route, DEFINITION, "", OWN, False))
            if plan.compiled:
                found.append(Way(COMPILED[plan.kind], DEFINITION, "", OWN, True))
            continue
        begin = "" if plan.model.onnx else f"{graph}>"
        for name, part in sorted(parts.items(), key=lambda item: not item[1].optimises):
            if not _wanted(plan, part):
                continue
            if part.optimises:
                found.append(Way(f"{begin}{part.label}", graph, name, part.label, True, part.slow and spares))
            label = f"{part.label}{PLAIN}" if part.optimises else part.label
            found.append(Way(f"{begin}{label}", graph, name, part.label, False, part.slow and spares))
    return found + _placed(plan, found) + _brought(plan, found)


def _placed(plan: Plan, routes: Sequence[Way]) -> list[Way]:
    """The ways again on every other device; there a runtime is another one, with kernels of its own."""
    found = []
    for device in plan.devices:
        for way in routes:
            if way.runtime or not way.optimises:  # what a framework compiles runs on the cpu alone
                label = way.name if way.label == OWN else way.label
                placed = replace(way, name=f"{way.name}@{device}", label=f"{label}@{device}", device=device)
                found.append(placed)
    return found


def device(text: str) -> str:
    """A device as it is typed. Raises :class:`UsageError`."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", text):
        raise UsageError(f"--device {text}: there is no such device; there are cpu, cuda and cuda:1 for the second one")
    return text


def refuse_of_two(given: Mapping[str, object]) -> None:
    """Raise :class:`UsageError` for what is given of two models, by the words that a person says it in, and is for one."""
    for word, value in given.items():
        if value:
            raise UsageError(f"{word} is for one model; leave it out where two are compared")


def script_file(given: str | PathLike[str]) -> Path:
    """The file that a script is to be written to. Raises :class:`UsageError`."""
    file = Path(given)
    if file.suffix != ".py":
        raise UsageError(f"--script {file}: name it SOMETHING.py; its data lies in the folder SOMETHING beside it")
    return file


def _brought(plan: Plan, routes: Sequence[Way]) -> list[Way]:
    """What ran elsewhere, each by its own name; of a model that is no file it is judged by the definition, as its own run is."""
    taken = {word for way in routes for word in (way.name, way.label)}
    found = []
    for each in plan.elsewhere:
        if plan.arrays is None:
            raise UsageError(f"--outputs {each.name}={each.file}: give what it was fed by --inputs FILE.npz")
        if each.name in taken:
            raise UsageError(f"--outputs {each.name}={each.file}: there is a route of that name; take another")
        taken.add(each.name)
        graph = graphs(plan)[0] if plan.model.onnx else DEFINITION
        found.append(Way(each.name, graph, "", each.name, False, brought=each))
    return found


def why_absent(catalog: Catalog, way: Way) -> str:
    """Why a way cannot be gone here; empty where it can."""
    if way.name == COMPILED["torch"]:
        return why_no_compiler()
    return _missing(catalog, way.runtime) if way.runtime else ""


def _wanted(plan: Plan, part: Runtime) -> bool:
    return part.label in plan.runtimes if plan.runtimes else part.default


def _missing(catalog: Catalog, runtime: str) -> str:
    part = catalog.runtime(runtime)
    missing = next((module for module in part.modules if find_spec(module) is None), None)
    return "" if missing is None else f"{missing} is not installed: {part.mend}"
