"""Runs one check in this process through parity's own steps, with a fault planted in the real framework or file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from parity.axes import Array
from parity.cases import Case, Network
from parity.judging.observation import Observation, load
from parity.layers import Layer
from parity.records.lines import Check, Step
from parity.routes.catalog import Catalog, Exporter, Framework, Runtime, installed
from parity.running import selection, steps
from parity.running.checks import judged_as, refused, revised, troubled, unrun
from parity.running.worker import explain

Edit = Callable[[Any], Any]
Spelled = Callable[[Any], Any]  #: a spelling, made of torch or of keras
State = Callable[[Any], Any]  #: what is stored, made of what should be: torch's state dict, or Keras' list of weights

#: What a slip may stand in: a layer's spelling in a framework, and how its parameters are stored there.
SPELLINGS = {"torch": ("to_torch", "torch_state"), "tensorflow": ("to_keras", "keras_weights")}


@dataclass(frozen=True)
class Result:
    """What parity said: the kind of failure (None for a pass), where it was born, the check, and what the route gave."""

    kind: str | None
    born: str | None
    check: Check
    observation: Observation | None


class _Planted:
    """A part whose product is edited; everything else is the real part's."""

    def __init__(self, part: Any, method: str, edit: Edit, optimised: bool = False) -> None:
        self._part, self._method, self._edit, self._optimised = part, method, edit, optimised

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._part, name)
        if name != self._method:
            return real

        def edited(*arguments: Any) -> Any:
            return self._edit_after(real, arguments)

        return edited

    def _edit_after(self, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        made = real(*arguments)
        if self._optimised and not arguments[-1]:
            return made
        changed = self._edit(made)
        return made if changed is None else changed


class _PlantedFile(_Planted):
    """An exporter whose file is edited before anyone looks at it."""

    def _edit_after(self, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        import onnx

        real(*arguments)
        path = arguments[-1]
        model = onnx.load(path)
        changed = self._edit(model)
        onnx.save(model if changed is None else changed, path)


@dataclass(frozen=True)
class PlantedCatalog(Catalog):
    """The installed parts with one edit: of the built model, of the exported file, or of the loaded program.

    only: the names of the parts that are edited, None for all; optimised: runtimes only where they optimise.
    """

    model: Edit | None = None
    file: Edit | None = None
    program: Edit | None = None
    only: frozenset[str] | None = None
    optimised: bool = False

    def framework(self, name: str, options: Iterable[str] = ()) -> Framework:
        part: Any = super().framework(name, options)
        if self.spares(name):
            return part  # type: ignore[no-any-return]
        if self.model is not None:
            part = _Planted(part, "build", self.model)
        if self.program is not None:
            part = _Planted(part, "program", self.program)
        return part  # type: ignore[no-any-return]

    def exporter(self, name: str, options: Iterable[str] = ()) -> Exporter:
        part: Any = super().exporter(name, options)
        return part if self.file is None or self.spares(name) else _PlantedFile(part, "export", self.file)  # type: ignore[return-value]

    def runtime(self, name: str, options: Iterable[str] = ()) -> Runtime:
        part: Any = super().runtime(name, options)
        if self.program is None or self.spares(name):
            return part  # type: ignore[no-any-return]
        return _Planted(part, "program", self.program, self.optimised)  # type: ignore[return-value]

    def spares(self, name: str) -> bool:
        """Whether a part is not edited."""
        return self.only is not None and name not in self.only


def planted(**fault: Any) -> PlantedCatalog:
    """A catalog with the fault in it (the fields of :class:`PlantedCatalog`); without arguments, an honest one."""
    here = installed()
    return PlantedCatalog(here.frameworks, here.exporters, here.runtimes, here.simplifiers, **fault)


@cache
def started(name: str) -> bool:
    """Start an engine in this process, once."""
    installed().engine(name).start(1)
    return True


def run(case: Case, route_name: str, catalog: Catalog, seed: int = 0) -> Result:
    """Export, run and judge one check with the parts of ``catalog``."""
    with tempfile.TemporaryDirectory() as name:
        return run_in(Path(name), case, route_name, catalog, seed)


def run_in(folder: Path, case: Case, route_name: str, catalog: Catalog, seed: int = 0) -> Result:
    """The same in a folder of one's own; where that holds the export already, it is not made again.

    What a step raises ends the check as it would in a worker process.
    """
    route = selection.route(installed().every_route(), route_name)
    for engine in {route.framework, route.runtime}:
        started(engine)
    check, made, observation = unrun(case, route, seed), None, None
    step: Step = "export"
    try:
        if route.exporter is not None:
            made = _exported(folder / route.export, lambda out: steps.export_step(case, seed, route, catalog, out))
            check = revised(check, exporter=made.exporter)
        step, seen = "run", folder / "observation.pickle"
        steps.run_step(case, seed, route, catalog, made, seen)
        step, observation = "judge", load(seen)
        check = judged_as(check, steps.judge_step(case, seed, route, seen, folder / "arrays.npz"))
    except Exception as error:  # noqa: BLE001 - a planted bug may raise anything, and it is one check's
        check = troubled(check, explain(error), step, f"exporting with {route.exporter}")
    if made is not None and made.complaint is not None:
        check = refused(check, made.complaint)
    failure = check.failure
    return Result(failure.kind if failure else None, failure.born if failure else None, check, observation)


def slipped(right: Layer, spelled: Layer | Spelled | None, state: State | None, framework: str = "torch") -> Layer:
    """The layer, defined as it is, with another layer's spelling in a framework, a function's, or with its weights stored otherwise."""
    kind, (spelling, storing) = type(right), SPELLINGS[framework]

    def spell(self: Any, module: Any, x: Any) -> Any:
        return getattr(spelled, spelling)(module, x) if isinstance(spelled, Layer) else spelled(module)  # type: ignore[misc]

    def store(self: Any, x: Any, **parameters: Array) -> Any:
        return state(getattr(kind, storing)(right, x, **parameters))  # type: ignore[misc]

    made: dict[str, Any] = {} if spelled is None else {spelling: spell}
    made |= {} if state is None else {storing: store}
    given = {f.name: getattr(right, f.name) for f in fields(right)}  # type: ignore[arg-type]
    wrong: Layer = type(kind.__name__, (kind,), made)(**given)
    return wrong


def with_slip(
    right: Case, node: str, spelled: Layer | Spelled | None, state: State | None = None, framework: str = "torch"
) -> Case:
    """The case with the slip in one layer, wherever it stands."""
    changed = slipped(next(n.layer for n in right.network.nodes if n.name == node), spelled, state, framework)
    nodes = [replace(n, layer=changed) if n.owner == node else n for n in right.network.nodes]
    return replace(right, model=Network(tuple(nodes)))


_exports: dict[Path, steps.Exported] = {}


def _exported(folder: Path, export: Callable[[Path], steps.Exported]) -> steps.Exported:
    if folder not in _exports or not folder.exists():
        folder.mkdir()
        _exports[folder] = export(folder)
    return _exports[folder]
