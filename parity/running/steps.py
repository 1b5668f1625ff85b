"""What runs inside a worker process: one export, one run, one judgement. The edge between parity and the frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import psutil

from parity.axes import Shape
from parity.cases.case import Case
from parity.cases.parameters import Parameters
from parity.cases.policies import under
from parity.cases.probes import Variant, parameters_of, variants
from parity.cases.resized import open_axes, other_sizes, resized
from parity.errors import Broken, Unsupported
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import Observation, load, observe, save
from parity.judging.program import Program
from parity.judging.resized import of_all_sizes
from parity.routes.catalog import Catalog, Exporter, Route
from parity.routes.exporters import memo
from parity.routes.exporters.batch import fixed_axes, fixed_batch, in_layout
from parity.routes.exporters.check import Complaint, check_file
from parity.routes.exporters.places import Place, fill
from parity.routes.options import DYNAMIC, PLAIN

BATCHED = "an exported file has a batch"  #: why no sample is given to it without one
JUDGES = 32  #: cases whose truth is kept between their routes,
ROOM = 2**30  #: fewer where the process has more bytes resident than this; VGG16 at 224 and MobileNetV2 fit


@dataclass(frozen=True)
class Exported:
    """What an export left: variant -> path of its file, and the exporter that the files say wrote them, with its options.

    complaint: what the checker and ONNX's shape inference have against a file; it is run all the same; places: of a variant
    whose file is that of its structure, where the parameters go that have still to be put into it; folder: where such a file is
    then; notes: what else there is to tell of this export.
    """

    files: dict[str, str]
    exporter: str
    complaint: Complaint | None = None
    places: dict[Variant, tuple[Place, ...]] = field(default_factory=dict)
    folder: str = ""
    notes: tuple[str, ...] = ()


def export_step(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path) -> Exported:
    """Export every variant of a case with its own parameters into ``folder`` and check the files.

    Raises :class:`parity.errors.Unsupported` where the layer, framework or exporter cannot, and
    :class:`parity.errors.Broken` for a file that another exporter wrote.
    """
    files: dict[str, str] = {}
    complaint: Complaint | None = None
    for variant in variants(case):
        path = folder / f"{variant}.onnx"
        if variant == "open" and route.exporter is not None and catalog.exporter(route.exporter).opens:
            files[variant] = files["shipped"]
            continue
        try:
            found = export_file(case, parameters_of(case, variant, seed), variant, route, catalog, path)
        except NoOpenBatch:
            continue
        complaint = complaint or found  # the network as it ships is the first
        files[variant] = str(path)
    assert route.exporter is not None
    return Exported(files, route.export, complaint, notes=memo.news())


class NoOpenBatch(Exception):
    """An exporter leaves no batch axis open: then no other batch size is asked for on its routes."""


def export_file(
    case: Case, parameters: Parameters, variant: Variant, route: Route, catalog: Catalog, path: Path
) -> Complaint | None:
    """Export one variant of a case with these parameters; what there is against the file.

    Raises as :func:`export_step`, and :class:`NoOpenBatch` for the open variant where there is none.
    """
    if route.exporter is None:
        raise ValueError(f"route {route.name} exports nothing")
    framework, exporter = catalog.framework(route.framework), catalog.exporter(route.exporter, route.options)
    if said := without_gradients(case, route, catalog):
        raise Unsupported(said)
    model = framework.build(case, parameters, variant == "tapped")
    if variant != "open":
        exporter.export(case, model, variant == "tapped", path)
    else:
        try:
            exporter.export_open(case, model, path)
        except Unsupported as error:
            raise NoOpenBatch from error
    wrote = exporter.wrote(path)
    if wrote != exporter.name:
        raise Broken("fallback-exporter", f"asked {exporter.name} to export, the file was written by {wrote}")
    for word in route.options:
        if word in catalog.simplifiers:
            catalog.simplifier(word).simplify(path)
    if variant == "tapped":
        outputs = [case.tensors[node.name] for node in case.network.nodes]
    else:
        outputs = [case.output] if _stateless(case, exporter) else list(case.outputs.values())
    shapes, dtypes = [tensor.in_layout(framework.layout) for tensor in outputs], [y.dtype for y in outputs]
    return check_file(path, shapes, dtypes, [case.input.dtype])


def ready(case: Case, seed: int, made: Exported) -> dict[str, str]:
    """The files of an export, variant -> path, those of its structure filled with the case's parameters."""

    @cache
    def drawn(of: Variant) -> Parameters:
        return parameters_of(case, of, seed)

    files = dict(made.files)
    for variant, places in made.places.items():
        path = Path(made.folder, f"{variant}.onnx")
        if not path.exists():  # another runtime was here first
            fill(Path(files[variant]), path, places, drawn("integer" if variant == "integer" else "shipped"))
        files[variant] = str(path)
    return files


def _stateless(case: Case, exporter: Exporter) -> str:
    """Why the states of a case are not among the outputs of an exporter's file; empty where they are, or there are none."""
    if not case.states or exporter.states:
        return ""
    return f"a file of the {exporter.name} exporter gives the output alone"


def without_gradients(case: Case, route: Route, catalog: Catalog) -> str:
    """Why a case of gradients has none on a route; empty where it has them, or none are asked."""
    if not case.gradient or route.exporter is None or catalog.exporter(route.exporter).gradients:
        return ""
    return f"the {route.exporter} exporter writes a network and not its gradients"


def run_step(case: Case, seed: int, route: Route, catalog: Catalog, made: Exported | None, out: Path) -> None:
    """Run every probe of a case on a route and write the observation to ``out``. ``made`` is the export, if there is one."""
    case = under(case, route.options, route.device)
    framework = catalog.framework(route.framework)
    if route.exporter is None:

        @cache
        def native(variant: Variant) -> Program:
            tapped = variant == "tapped"
            model = framework.build(case, parameters_of(case, variant, seed), tapped)
            # The twin runs as it is written, so that each layer is itself; what asks for just that holds for it too.
            asked = [word for word in route.options if not tapped or word == PLAIN.word]
            made = catalog.framework(route.framework, asked)
            return made.program(model, route.device, route.tf32)

        @contextmanager
        def native_with(threads: int) -> Iterator[Program]:
            with framework.computing_with(threads):
                yield native("shipped")

        save(observe(case, seed, native, framework.layout, computing_with=native_with, batched=framework.batched), out)
        return
    assert made is not None
    runtime, paths = catalog.runtime(route.runtime, route.options), ready(case, seed, made)

    @cache
    def loaded(variant: Variant, optimise: bool) -> Program:
        return runtime.program(Path(paths[variant]), route.device, route.tf32, optimise)

    def shipped(variant: Variant) -> Program:
        if variant not in paths:
            raise Unsupported(f"{route.exporter} leaves no batch axis open")
        # Not every runtime minds, so that would be told of the runtimes that do.
        if DYNAMIC.word in route.options:
            axes = [in_layout(axis, len(case.shape), framework.layout) for axis in open_axes(case, route.framework)]
            if fixed := fixed_axes(Path(paths[variant]), axes):
                said = ", ".join(f"axis {axis} of {size} alone" for axis, size in fixed.items())
                raise Broken("batch-size", f"asked for open axes, {route.exporter} wrote a file for {said}")
        if variant == "open" and (size := fixed_batch(Path(paths[variant]))) is not None:
            raise Broken("batch-size", f"asked for an open batch axis, {route.exporter} wrote a file for {size} alone")
        # The network as it ships runs as people run it; the twin as written, so that each layer is itself.
        return loaded(variant, runtime.optimises and variant != "tapped")

    def unoptimised(variant: Variant) -> Program:
        return loaded(variant, False)

    @contextmanager
    def shipped_with(threads: int) -> Iterator[Program]:
        with runtime.computing_with(threads):
            yield runtime.program(Path(paths["shipped"]), route.device, route.tf32, runtime.optimises)

    plain = unoptimised if runtime.optimises else None
    stateless = _stateless(case, catalog.exporter(route.exporter))
    seen = observe(case, seed, shipped, framework.layout, plain, shipped_with, stateless, BATCHED)
    if DYNAMIC.word in route.options:
        for shape in other_sizes(case, route.framework):
            seen.sizes[shape] = observe(resized(case, shape), seed, shipped, framework.layout, plain)
    save(seen, out)


_judges: dict[tuple[str, Shape, int], Judge] = {}  # the last used is the last


def judge_step(case: Case, seed: int, route: Route, observation: Path, arrays: Path) -> Judgement:
    """Judge an observation file; the arrays of a failure are written to ``arrays``, an ``.npz``."""
    case, seen = under(case, route.options, route.device), load(observation)
    judgement = _judged(case, seed, route, seen)
    sized = {shape: _judged(resized(case, shape), seed, route, given) for shape, given in seen.sizes.items()}
    if sized:
        judgement = of_all_sizes(judgement, sized)
    if judgement.evidence:
        arrays.parent.mkdir(parents=True, exist_ok=True)
        with arrays.open("wb") as file:
            np.savez_compressed(file, **judgement.evidence)  # type: ignore[arg-type]
    return Judgement(**{**vars(judgement), "evidence": {}})


def _judged(case: Case, seed: int, route: Route, seen: Observation) -> Judgement:
    key = (case.name, case.shape, seed)
    judge = _judges.pop(key, None)
    if judge is None or judge.case != case:
        # The truth of a large network took long to work out, and other cases come between its routes.
        while len(_judges) >= JUDGES or (len(_judges) > 1 and psutil.Process().memory_info().rss > ROOM):
            del _judges[next(iter(_judges))]
        judge = Judge(case, seed)
    _judges[key] = judge
    return judge.judge(seen, route.tf32, pictures=route.exporter is None, device=route.device)
