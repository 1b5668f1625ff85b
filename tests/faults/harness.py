"""Runs one check in this process through parity's own steps, with a fault planted in the real framework or file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from parity.cases import Case
from parity.errors import Broken
from parity.judging.judge import Judgement
from parity.judging.observation import Observation, load
from parity.routes.catalog import Catalog, Exporter, Framework, Route, Runtime, installed
from parity.running import steps

Edit = Callable[[Any], Any]


@dataclass(frozen=True)
class Result:
    """What parity said: the kind of failure (None for a pass), where it was born, and the observation if there was one."""

    kind: str | None
    born: str | None
    judgement: Judgement | None
    observation: Observation | None


class _Planted:
    """A part whose product is edited; everything else is the real part's."""

    def __init__(self, part: Any, method: str, edit: Edit) -> None:
        self._part, self._method, self._edit = part, method, edit

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._part, name)
        if name != self._method:
            return real

        def edited(*arguments: Any) -> Any:
            return self._edit_after(real, arguments)

        return edited

    def _edit_after(self, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        made = real(*arguments)
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
    """The installed parts with one edit: of the built model, of the exported file, or of the loaded program."""

    model: Edit | None = None
    file: Edit | None = None
    program: Edit | None = None

    def framework(self, name: str) -> Framework:
        part: Any = super().framework(name)
        if self.model is not None:
            part = _Planted(part, "build", self.model)
        if self.program is not None:
            part = _Planted(part, "program", self.program)
        return part  # type: ignore[no-any-return]

    def exporter(self, name: str) -> Exporter:
        part: Any = super().exporter(name)
        return part if self.file is None else _PlantedFile(part, "export", self.file)  # type: ignore[return-value]

    def runtime(self, name: str) -> Runtime:
        part: Any = super().runtime(name)
        return part if self.program is None else _Planted(part, "program", self.program)  # type: ignore[return-value]


def planted(*, model: Edit | None = None, file: Edit | None = None, program: Edit | None = None) -> Catalog:
    """A catalog with the fault in it; without arguments, an honest one."""
    here = installed()
    return PlantedCatalog(here.frameworks, here.exporters, here.runtimes, model, file, program)


@cache
def started(name: str) -> bool:
    """Start an engine in this process, once."""
    installed().engine(name).start(1)
    return True


def run(case: Case, route_name: str, catalog: Catalog, seed: int = 0) -> Result:
    """Export, run and judge one check with the parts of ``catalog``."""
    route: Route = installed().routes()[route_name]
    for engine in {route.framework, route.runtime}:
        started(engine)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = None
        try:
            if route.exporter is not None:
                files = steps.export_step(case, seed, route, catalog, folder).files
            steps.run_step(case, seed, route, catalog, files, folder / "observation.npz")
        except Broken as broken:
            return Result(broken.kind, None, None, None)
        judgement = steps.judge_step(case, seed, route, folder / "observation.npz", folder / "arrays.npz")
        observation = load(folder / "observation.npz")
    failure = judgement.failure
    return Result(failure and failure.kind, failure and failure.born, judgement, observation)
