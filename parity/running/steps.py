"""What runs inside a worker process: one export, one run, one judgement. The edge between parity and the frameworks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.cases.case import Case
from parity.cases.probes import Variant, parameters_of, variants
from parity.errors import Broken
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import Program, load, observe, save
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters.check import check_file


@dataclass(frozen=True)
class Exported:
    """What an export left: variant -> path of its file, and the exporter that the files say wrote them."""

    files: dict[str, str]
    exporter: str


def export_step(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path) -> Exported:
    """Export every variant of a case into ``folder`` and check the files.

    Raises :class:`parity.errors.Unsupported` where the layer, framework or exporter cannot, and
    :class:`parity.errors.Broken` for a file that is not what was asked for.
    """
    if route.exporter is None:
        raise ValueError(f"route {route.name} exports nothing")
    framework, exporter = catalog.framework(route.framework), catalog.exporter(route.exporter)
    files: dict[str, str] = {}
    for variant in variants(case):
        path = folder / f"{variant}.onnx"
        model = framework.build(case, parameters_of(case, variant, seed), variant == "tapped")
        exporter.export(case, model, variant == "tapped", path)
        wrote = exporter.wrote(path)
        if wrote != exporter.name:
            raise Broken("fallback-exporter", f"asked {exporter.name} to export, the file was written by {wrote}")
        nodes = case.network.nodes if variant == "tapped" else case.network.nodes[-1:]
        check_file(path, [case.tensors[node.name].in_layout(framework.layout) for node in nodes])
        files[variant] = str(path)
    return Exported(files, exporter.name)


def run_step(case: Case, seed: int, route: Route, catalog: Catalog, files: dict[str, str] | None, out: Path) -> None:
    """Run every probe of a case on a route and write the observation to ``out``. ``files`` is of the export, if any."""
    framework = catalog.framework(route.framework)
    built: dict[Variant, Program] = {}

    def program(variant: Variant) -> Program:
        if variant not in built:
            tapped = variant == "tapped"
            if route.exporter is None:
                model = framework.build(case, parameters_of(case, variant, seed), tapped)
                built[variant] = framework.program(model, route.device, route.tf32)
            else:
                assert files is not None
                # The network as it ships runs as people run it; the twin as written, so that each layer is itself.
                runtime = catalog.runtime(route.runtime)
                built[variant] = runtime.program(Path(files[variant]), route.device, route.tf32, not tapped)
        return built[variant]

    save(observe(case, seed, program, framework.layout), out)


_judges: dict[tuple[str, int], Judge] = {}


def judge_step(case: Case, seed: int, route: Route, observation: Path, arrays: Path) -> Judgement:
    """Judge an observation file; the arrays of a failure are written to ``arrays``, an ``.npz``."""
    key = (case.name, seed)
    if key not in _judges or _judges[key].case != case:
        while len(_judges) >= 2:  # the truth of a large network is large: keep this case and the one before
            del _judges[next(iter(_judges))]
        _judges[key] = Judge(case, seed)
    judgement = _judges[key].judge(load(observation), route.tf32, pictures=route.exporter is None, device=route.device)
    if judgement.evidence:
        arrays.parent.mkdir(parents=True, exist_ok=True)
        with arrays.open("wb") as file:
            np.savez_compressed(file, **judgement.evidence)  # type: ignore[arg-type]
    return Judgement(**{**vars(judgement), "evidence": {}})
