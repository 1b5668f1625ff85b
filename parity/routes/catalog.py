"""What a route is made of, and how its parts are found.

A *framework* builds a case's network, an *exporter* writes it as ONNX, a *simplifier* may rewrite the file, a *runtime* runs it.
Each is one small class in one file behind an entry point (``parity.frameworks``, ``parity.exporters``, ``parity.simplifiers``,
``parity.runtimes``), so a third party ships one by installing it. Importing such a file must not import the framework: that happens in ``start``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Protocol

from parity.axes import Layout
from parity.errors import UsageError
from parity.judging.program import Program
from parity.routes.options import TF32, Option

if TYPE_CHECKING:
    from parity.cases.case import Case
    from parity.cases.parameters import Parameters

ONNX = "onnx"  #: the framework of routes that run a person's own file


class Part(Protocol):
    """What frameworks, exporters and runtimes have in common.

    options: what it can be asked for in the name of a route; asked: the words with which it was, on a copy of the part;
    default: whether its routes run where none is named.
    """

    name: str
    modules: tuple[str, ...]  #: modules that must be importable
    distributions: tuple[str, ...]  #: whose versions decide the numbers; part of cache keys and of the environment
    mend: str  #: what to do when a module is absent, for example "pip install 'parity[torch]'"
    options: tuple[Option, ...]
    asked: frozenset[str]
    default: bool


class Engine(Part, Protocol):
    """A part that has a process of its own and computes: a framework or a runtime."""

    def start(self, threads: int) -> None:
        """Import what is needed and set threads and flags, once, before any other call."""

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """Compute with so many threads meanwhile. Raises :class:`parity.errors.Unsupported` where a start fixes them."""


class Framework(Engine, Protocol):
    """Builds networks and runs them. ``layout`` is the axes its images have.

    ``native`` is whether it has a route of its own, and does not only lend its networks to exporters; ``batched`` why its
    networks take no sample without a batch axis, empty where they do.
    """

    layout: Layout
    native: bool
    batched: str

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Any:
        """The case's network with these parameters, in the case's mode. Raises :class:`parity.errors.Unsupported`."""

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """A built network, ready to run on a device.

        In training each run begins with the parameters that :meth:`build` was given, and behind the output come the case's
        states as the run left them, but not of a tapped network. Where gradients are asked they come behind the output, in the
        order and the axes of :attr:`Case.gradients`, that by the input in the framework's own layout; not of a tapped network. What is drawn at random is the same each time a program
        is made.
        """


class Exporter(Part, Protocol):
    """Writes a built network as ONNX. ``label`` is how routes name it; ``framework`` is what it exports from.

    ``states`` is whether its file of a network in training gives, behind the output, what a pass makes of each state;
    ``gradients`` is whether it writes the gradients of a network behind the output: where it does not, it is never asked for them;
    ``opens`` is whether every file that it writes leaves the batch axis open: then the network as it ships is the open one too.
    """

    label: str
    framework: str
    states: bool
    gradients: bool
    opens: bool

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        """Write the file. Raises :class:`parity.errors.Unsupported` where the exporter says it cannot."""

    def export_open(self, case: Case, model: Any, path: Path) -> None:
        """Write the file with its batch axis open, so that it takes a batch of any size. Raises Unsupported as above."""

    def wrote(self, path: Path) -> str:
        """The name of the exporter that wrote the file, by what the file itself says."""


class Simplifier(Part, Protocol):
    """Rewrites an exported file before a runtime reads it; its name is the option by which a route is asked with it.

    does: what the option does, in a sentence.
    """

    does: str

    def simplify(self, path: Path) -> None:
        """Write what it makes of a file in the place of that. Raises Unsupported for what it cannot read."""


class Runtime(Engine, Protocol):
    """Runs an ONNX file.

    label: how routes name it; optimises: whether it may rewrite the graph it is given; slow: whether a check of a model may
    ask it for the first inputs alone, where another runtime is asked for all and nothing is wrong.
    """

    label: str
    optimises: bool
    slow: bool

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Program:
        """A file, loaded and ready to run: its inputs in the order of the file, but not those that are stored in it.

        Raises :class:`parity.errors.Unsupported` for what it does not implement.
        """


@dataclass(frozen=True)
class Route:
    """One way to compute a case: a framework, or a framework's export in a runtime, on a device.

    ``exporter`` is None for a framework that runs its own network; ``runtime`` is then the framework. of_file, of_run: the
    options that can be asked for, those that decide the exported file and the others; options: those that are, in that order;
    default: whether it runs where no route is named.
    """

    base: str  #: the name without device and options: ``torch>ort``
    framework: str
    exporter: str | None
    runtime: str
    device: str = "cpu"
    options: tuple[str, ...] = ()
    of_file: tuple[Option, ...] = ()
    of_run: tuple[Option, ...] = ()
    default: bool = True

    @property
    def name(self) -> str:
        """``torch>ort``, ``torch>ort@cuda``, ``torch@cuda+tf32``, ``torch>ort+opset18+plain``."""
        device = "" if self.device == "cpu" else f"@{self.device}"
        return "+".join((f"{self.base}{device}", *self.options))

    @property
    def tf32(self) -> bool:
        """Whether what is read may be rounded to TF32."""
        return TF32.word in self.options

    @property
    def file_options(self) -> tuple[str, ...]:
        """The options that decide the exported file."""
        return tuple(word for word in self.options if any(option.takes(word) for option in self.of_file))

    @property
    def longer(self) -> float:
        """Seconds that a run may take beyond the case's limit, by what the options need."""
        return sum(option.longer for option in self.of_run if any(map(option.takes, self.options)))

    @property
    def export(self) -> str:
        """What is exported how, for those who share it: ``dynamo``, ``dynamo+opset18``; empty where nothing is."""
        return "" if self.exporter is None else "+".join((self.exporter, *self.file_options))


@dataclass(frozen=True)
class Catalog:
    """The parts that exist here, by name, each as ``module:object``. Plain text, so it crosses to worker processes."""

    frameworks: Mapping[str, str] = field(default_factory=dict)
    exporters: Mapping[str, str] = field(default_factory=dict)
    runtimes: Mapping[str, str] = field(default_factory=dict)
    simplifiers: Mapping[str, str] = field(default_factory=dict)

    def framework(self, name: str, options: Iterable[str] = ()) -> Framework:
        """The framework called ``name``, asked with those of a route's options that are its own."""
        return _asked(_part(self.frameworks[name]), options)  # type: ignore[no-any-return]

    def exporter(self, name: str, options: Iterable[str] = ()) -> Exporter:
        """The exporter called ``name``, asked with those of a route's options that are its own."""
        return _asked(_part(self.exporters[name]), options)  # type: ignore[no-any-return]

    def runtime(self, name: str, options: Iterable[str] = ()) -> Runtime:
        """The ONNX runtime called ``name``, asked with those of a route's options that are its own."""
        return _asked(_part(self.runtimes[name]), options)  # type: ignore[no-any-return]

    def simplifier(self, name: str) -> Simplifier:
        """The simplifier called ``name``."""
        return _part(self.simplifiers[name])  # type: ignore[no-any-return]

    def engine(self, name: str) -> Engine:
        """The framework or runtime called ``name``: what a worker process hosts."""
        return self.framework(name) if name in self.frameworks else self.runtime(name)

    def routes(self) -> dict[str, Route]:
        """The routes that run where none is named, by base name, in the order of the names: a framework's stand together."""
        return {name: route for name, route in self._networks().items() if route.default}

    def every_route(self) -> dict[str, Route]:
        """Every route that can be named, on cpu; of each runtime that of an ONNX file of one's own too: ``onnx>ort``."""
        parts = {name: self.runtime(name) for name in self.runtimes}
        files = [
            Route(f"{ONNX}>{part.label}", ONNX, None, name, of_run=part.options, default=part.default)
            for name, part in parts.items()
        ]
        return self._networks() | {route.base: route for route in files}

    def _networks(self) -> dict[str, Route]:
        made = []
        simplifying = [Option(name, self.simplifier(name).does, group="simplifier") for name in self.simplifiers]
        for name in self.frameworks:
            if (framework := self.framework(name)).native:
                made.append(Route(name, name, None, name, of_run=framework.options, default=framework.default))
        for runtime_name in self.runtimes:
            runtime = self.runtime(runtime_name)
            for exporter_name in self.exporters:
                exporter = self.exporter(exporter_name)
                made.append(
                    Route(
                        f"{exporter.label}>{runtime.label}",
                        exporter.framework,
                        exporter_name,
                        runtime_name,
                        of_file=(*exporter.options, *simplifying),
                        of_run=runtime.options,
                        default=exporter.default and runtime.default,
                    )
                )
        return {route.base: route for route in sorted(made, key=lambda route: route.base)}

    def parts(self, route: Route) -> list[Part]:
        """Everything a route needs, in the order in which it is used."""
        if route.framework == ONNX:
            return [self.runtime(route.runtime)]
        parts: list[Part] = [self.framework(route.framework)]
        if route.exporter is not None:
            simplifiers = [self.simplifier(word) for word in route.options if word in self.simplifiers]
            parts += [self.exporter(route.exporter), *simplifiers, self.runtime(route.runtime)]
        return parts

    def every_part(self) -> list[Part]:
        """All parts that there are, those that no route takes by itself among them."""
        made: list[Part] = [*map(self.framework, self.frameworks), *map(self.exporter, self.exporters)]
        return [*made, *map(self.simplifier, self.simplifiers), *map(self.runtime, self.runtimes)]

    def why_absent(self, route: Route) -> str:
        """Why a route cannot run in this environment: the module that is missing and the mend. Imports nothing."""
        for part in self.parts(route):
            for module in part.modules:
                if find_spec(module) is None:
                    return f"{module} is not installed: {part.mend}"
        return ""


@cache
def _part(path: str) -> Any:
    return resolve_name(path)()


def _asked(part: Any, options: Iterable[str]) -> Any:
    own = frozenset(word for word in options if any(option.takes(word) for option in part.options))
    if not own:
        return part
    made = copy(part)
    made.asked = own
    return made


@cache
def installed() -> Catalog:
    """The parts of all installed distributions, parity's own first."""
    every = entry_points()  # reads every distribution

    def found(group: str) -> dict[str, str]:
        own_first = sorted(every.select(group=group), key=lambda e: not e.value.startswith("parity."))
        seen: dict[str, str] = {}
        for entry in own_first:
            if entry.name in seen and seen[entry.name] != entry.value:
                raise UsageError(
                    f"entry point {group}: {entry.name!r} is both {seen[entry.name]} and {entry.value}; uninstall one"
                )
            seen[entry.name] = entry.value
        return seen

    return Catalog(
        found("parity.frameworks"), found("parity.exporters"), found("parity.runtimes"), found("parity.simplifiers")
    )
