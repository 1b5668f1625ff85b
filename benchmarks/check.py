"""``parity check`` beside what else takes a person's own model: how long it takes and what is said, honest and with a fault.

    python -m benchmarks.check [--tools parity ...] [--models simple ...] [--json FILE]

Runs that FILE holds already are replaced by those made again. Every run is a process of its own, from its start to its
end, with one thread a process, and each model goes through all tools before the next does, since a machine has its moods.
CPU is that of the process and of all that it started. What is measured:

parity            parity check FILE.py:NAME: torch itself, both exporters, ONNX Runtime twice and the reference evaluator, three sets
                  of inputs, every operator
torch, outputs    torch.onnx.export(verify=True): the outputs, warned of from 5e-3 or relative 0.1
torch, all        torch.onnx.verification.verify_onnx_program(compare_intermediates=True) of an export: every value that bears one
                  name in both, warned of from 0.01 or relative 0.1
polygraphy        torch (by a runner of this file, as Polygraphy's own needs CUDA), ONNX Runtime optimised and plain with every
                  value, by CompareFunc.simple() as it ships
onnx-diagnostic   torch.onnx.export without its optimiser (with it a folded weight keeps its name, and an honest SimpleCNN is told
                  to be off by 0.2) and run_aligned in its reference evaluator (its OnnxruntimeEvaluator stops in onnxruntime 1.32,
                  whose OrtValue.from_dlpack takes one argument); told from 1e-5, the default of its command

What is needed: pip install -c constraints.txt -e '.[all,architectures,dev]' onnx-diagnostic scipy
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import check_faults as faults

SHAPE = (1, 3, faults.SIZE, faults.SIZE)


class Heard(logging.Handler):
    """What a tool warns of."""

    def __init__(self, *loggers: str) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        for name in loggers:
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _few(said: list[str], kept: int = 2) -> list[str]:
    return said[:kept] + ([f"and {len(said) - kept} more"] if len(said) > kept else [])


def _fed() -> Any:
    import torch

    torch.set_num_threads(1)
    return torch.rand(SHAPE, generator=torch.Generator().manual_seed(0))


def _network(name: str) -> Any:
    from benchmarks import check_models

    return getattr(check_models, name)()


def by_parity(name: str) -> list[str]:
    from parity.cases.asked import Asked
    from parity.cases.subject import subject
    from parity.routes.catalog import installed
    from parity.running.models.check import check
    from parity.running.models.plan import Plan

    text = f"{Path(__file__).with_name('check_models.py')}:{name}"
    parts = replace(installed(), runtimes={**installed().runtimes, "onnxruntime": f"{faults.__name__}:Planted"})
    found = check(Plan(subject(text), [Asked("", SHAPE)], None, 0, parts, (), f"parity check {text}"))
    said = [found.status]
    for finding in found.findings:
        place = finding.born or ""
        said.append(
            "; ".join(filter(None, [", ".join(finding.routes), finding.what, place, finding.looks, finding.whose]))
        )
    return said


def by_torch_outputs(name: str) -> list[str]:
    import torch

    heard = Heard("torch.onnx._internal.exporter._core")
    torch.onnx.export(_network(name), (_fed(),), dynamo=True, verify=True, verbose=False)
    return _few(heard.said) or ["nothing"]


def by_torch_all(name: str) -> list[str]:
    import torch
    from torch.onnx.verification import verify_onnx_program

    heard = Heard("torch.onnx._internal.exporter._verification")
    program = torch.onnx.export(_network(name), (_fed(),), dynamo=True, verbose=False)
    compared = verify_onnx_program(program, compare_intermediates=True)
    return [*_few(heard.said), f"{len(compared)} values compared"]


def by_polygraphy(name: str) -> list[str]:
    import onnxruntime as ort
    import torch
    from polygraphy.backend.base import BaseRunner
    from polygraphy.backend.onnx import modify_outputs
    from polygraphy.backend.onnxrt import OnnxrtRunner
    from polygraphy.common import TensorMetadata
    from polygraphy.comparator import Comparator, CompareFunc
    from polygraphy.constants import MARK_ALL
    from polygraphy.logger import G_LOGGER

    G_LOGGER.module_severity = G_LOGGER.CRITICAL
    model, x = _network(name), _fed()
    program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
    proto = program.model_proto
    feed, output = proto.graph.input[0].name, proto.graph.output[0].name

    class OnCpu(BaseRunner):  # type: ignore[misc]
        """PyTorch as Polygraphy's PytRunner runs it, on the cpu."""

        def get_input_metadata_impl(self) -> Any:
            return TensorMetadata().add(feed, "float32", SHAPE)

        def infer_impl(self, feed_dict: Any) -> Any:
            begun = time.perf_counter()
            with torch.no_grad():
                made = {output: model(torch.from_numpy(feed_dict[feed])).numpy()}
            self.inference_time = time.perf_counter() - begun
            return made

    def session(level: Any, raw: bytes) -> Any:
        options = ort.SessionOptions()
        options.graph_optimization_level, options.intra_op_num_threads = level, 1
        return ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])

    level = ort.GraphOptimizationLevel
    optimised = session(level.ORT_ENABLE_ALL, proto.SerializeToString())
    every = modify_outputs(proto, outputs=MARK_ALL).SerializeToString()
    runners = [
        OnCpu("torch"),
        OnnxrtRunner(optimised, name="optimised"),
        OnnxrtRunner(session(level.ORT_ENABLE_ALL, every), name="every value, optimised"),
        OnnxrtRunner(session(level.ORT_DISABLE_ALL, every), name="every value, plain"),
    ]
    ran = Comparator.run(runners, data_loader=[{feed: x.numpy()}])
    said = []
    for pair in ((0, 1), (2, 3)):
        found = Comparator.compare_accuracy(ran, compare_func=CompareFunc.simple(), comparisons=[pair])
        for (one, two), results in (item for result in found for item in result.items()):
            for each in results:
                bad = [name for name, result in each.items() if not bool(result)]
                said.append(
                    f"{one} and {two}: {len(bad)} of {len(each)} differ{''.join(f', {b} first' for b in bad[:1])}"
                )
    return said


def by_onnx_diagnostic(name: str) -> list[str]:
    import torch
    from onnx_diagnostic.reference import ExtendedReferenceEvaluator
    from onnx_diagnostic.torch_onnx.sbs import run_aligned

    x = _fed()
    program = torch.onnx.export(_network(name), (x,), dynamo=True, verbose=False, optimize=False)
    faults.edit(program)
    aligned = run_aligned(
        program.exported_program, program.model_proto, ExtendedReferenceEvaluator, (x,), atol=1e-5, rtol=1e-5
    )
    rows = [row for row in aligned if row.err_abs is not None]
    far = [row for row in rows if not row.err_abs <= 1e-5]
    said = [f"{row.onnx_op_type} {row.onnx_name}: {row.err_abs:.3g}, relative {row.err_rel:.3g}" for row in far]
    return [*_few(said), f"{len(rows)} values compared"]


TOOLS: dict[str, Callable[[str], list[str]]] = {
    "parity": by_parity,
    "torch, outputs": by_torch_outputs,
    "torch, all": by_torch_all,
    "polygraphy": by_polygraphy,
    "onnx-diagnostic": by_onnx_diagnostic,
}


def one(tool: str, name: str, fault: str) -> dict[str, Any]:
    """One run in a process of its own."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.check", "--one", tool, name],
        env={**os.environ, "PARITY_FAULT": fault, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    load = round(os.getloadavg()[0], 1)  # of this and of whatever else runs, over the last minute
    wall, after = time.perf_counter() - begun, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])  # of children that ended, and theirs
    said = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr.splitlines()[-1:]
    figures = {"wall": round(wall, 1), "cpu": round(cpu, 1), "load": load}
    return {"tool": tool, "model": name, "fault": fault, **figures, "status": done.returncode, "said": said}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=2, metavar=("TOOL", "MODEL"))
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--models", nargs="+", default=list(faults.FAULTS), choices=list(faults.FAULTS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.one:
        warnings.simplefilter("ignore")
        print(json.dumps(TOOLS[options.one[0]](options.one[1])))
        return
    runs = json.loads(options.json.read_text())["runs"] if options.json and options.json.exists() else []
    todo = [(name, faults.HONEST) for name in options.models]
    todo += [(name, fault) for name in options.models for fault in faults.FAULTS[name]]
    for name, fault in todo:
        for tool in options.tools:
            run = one(tool, name, fault)
            runs = [each for each in runs if _which(each) != _which(run)] + [run]
            print(
                f"{name}, {fault}, {tool}: {run['wall']} s, cpu {run['cpu']} s", *run["said"], sep="\n    ", flush=True
            )
            if options.json:
                _write(options.json, runs)
    stopped = [
        run["model"] for run in runs if run["tool"] == "parity" and run["fault"] == faults.HONEST and run["status"]
    ]
    if stopped:
        sys.exit(f"parity stopped on an honest model: {', '.join(stopped)}")


def _which(run: dict[str, Any]) -> tuple[str, str, str]:
    return run["model"], run["fault"], run["tool"]


def _write(path: Path, runs: list[dict[str, Any]]) -> None:
    names = ("torch", "onnx", "onnxruntime", "polygraphy", "onnx-diagnostic", "torchvision", "timm")
    where = {"cores": os.cpu_count(), "machine": platform.machine()}
    found = {"versions": {name: version(name) for name in names}, "where": where, "runs": runs}
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
