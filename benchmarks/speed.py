"""How long a run takes beside a loop that a careful person writes by hand.

    python -m benchmarks.speed [--cases 117] [--rounds 3] [--whole] [--equal] [--json FILE]

The hand-written loop takes each case in turn, in one process: it builds the torch and the Keras model with the same weights, runs
both, exports by ``torch.onnx.export`` with and without ``dynamo`` and by ``keras.Model.export``, runs each file in ONNX Runtime and in
ONNX's reference evaluator, and compares every output with torch's by ``numpy.allclose``. parity runs the same cases on the same eight routes,
with all that it does besides: a twin that gives every layer, the integer probe, other batch sizes, repeats, and a float64 oracle for each.

naive         that loop
cold          ``parity run`` with an empty cache
warm          the same again
another seed  the same cache, parameters and inputs drawn from another seed

Cases are inference of drawn float32 numbers, evenly spaced over the registry. Everything is a process of its own from start to end with one thread a
worker; the four follow each other in every round, since a machine has its moods. CPU is that of the process and of all that it
started, in seconds. With ``--whole`` the whole registry follows on all its routes, cold and warm; with ``--equal`` every third of the cases with
one process, with two, in three shards that are merged, and on a Dask cluster of two workers, each cold: which check lines differ but for ``seconds``,
``cached`` and the run's own folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ROUTES = (
    "torch",
    "tensorflow",
    *(
        f"{exporter}>{runtime}"
        for exporter in ("torch", "torchscript", "tensorflow")
        for runtime in ("ort", "reference")
    ),
)


def known() -> dict[str, Any]:
    from parity.cases.registry import load

    return dict(load(ROOT / "cases").cases)


def chosen(count: int) -> list[str]:
    """Names of cases, evenly spaced over the registry's inference of drawn float32 numbers."""
    from parity.cases.case import Case

    plain = ("inference", "float32", "float32", "normal", False)
    names = [
        name
        for name, case in known().items()
        if isinstance(case, Case)
        and (case.mode, case.precision, case.input.dtype, case.values, case.unbatched) == plain
        and all(case.shape)
    ]
    return [names[i * len(names) // count] for i in range(min(count, len(names)))]


def naive(names: Sequence[str]) -> dict[str, int]:
    """The hand-written loop: how many outputs were close, were not, or could not be had."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    import torch

    torch.set_num_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    ended: Counter[str] = Counter()
    cases = known()
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        for name in names:
            by_hand(cases[name], Path(folder), ended)
    return dict(ended)


def by_hand(case: Any, folder: Path, ended: Counter[str]) -> None:
    """One case of the loop."""
    import numpy as np
    import onnx
    import onnxruntime
    import torch
    from onnx.reference import ReferenceEvaluator

    from parity.axes import from_layout, to_layout
    from parity.cases.parameters import draw_parameters
    from parity.routes.frameworks.tensorflow import TensorFlow
    from parity.routes.frameworks.torch import Torch

    def session(path: Path, fed: Any) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        made = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return made.run(None, {made.get_inputs()[0].name: fed})[0]

    def reference(path: Path, fed: Any) -> Any:
        made = ReferenceEvaluator(onnx.load(path))
        return made.run(None, {made.input_names[0]: fed})[0]

    def tried(what: Callable[..., Any], *given: Any) -> Any:
        try:
            return what(*given)
        except Exception:  # noqa: BLE001 - whatever a framework raises, the loop goes on
            ended["raised"] += 1
            return None

    x = np.random.default_rng(0).standard_normal(case.shape, np.float32)
    last, parameters = to_layout(x, case.input, "NHWC"), draw_parameters(case, 0)
    net, model = Torch().build(case, parameters, False), TensorFlow().build(case, parameters, False)
    wanted = net(torch.from_numpy(x)).numpy()
    answers = [from_layout(model(last, training=False).numpy(), case.output, "NHWC")]
    exports: dict[str, Callable[[Path], Any]] = {
        "dynamo": lambda path: torch.onnx.export(net, (torch.from_numpy(x),), path, dynamo=True, verbose=False),
        "torchscript": lambda path: torch.onnx.export(net, (torch.from_numpy(x),), path, dynamo=False, verbose=False),
        "tf2onnx": lambda path: model.export(str(path), format="onnx", verbose=False),
    }
    for exporter, export in exports.items():
        path, keras = folder / f"{exporter}.onnx", exporter == "tf2onnx"
        path.unlink(missing_ok=True)
        tried(export, path)
        for what in (session, reference) if path.exists() else ():
            got = tried(what, path, last if keras else x)
            if got is not None:
                answers.append(from_layout(got, case.output, "NHWC") if keras else got)
    for got in answers:
        fits = got.shape == wanted.shape and np.allclose(got, wanted, rtol=1e-4, atol=1e-5)
        ended["close" if fits else "not close"] += 1


def timed(command: Sequence[str], *good: int) -> tuple[dict[str, float], str]:
    """Wall and CPU seconds of a command and of all that it started, and what it printed; it must end with 0 or what else is ``good``."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment(), check=False)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, *good):
        raise SystemExit(f"{' '.join(command[:6])} ended with {done.returncode}: {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 1), "cpu": round(cpu, 1)}, done.stdout


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def run(folder: Path, *words: str) -> dict[str, Any]:
    """``parity run`` into a folder that holds its cache and its reports."""
    command = [sys.executable, "-m", "parity", "run", "--no-github"]
    command += ["--cache", str(folder / "cache"), "--reports", str(folder / "reports"), *words]
    took, _ = timed(command, 1)
    lines = (folder / "reports" / "latest.jsonl").read_text().splitlines()
    return {**took, "ended": dict(Counter(json.loads(line).get("status", "") for line in lines[1:-1]))}


def rounds(names: Sequence[str], count: int, told: Callable[[str, dict[str, Any]], None]) -> list[dict[str, Any]]:
    """Every round's figures, by what was timed."""
    asked = [*names, *(word for route in ROUTES for word in ("--route", route))]
    made = []
    for _ in range(count):
        found: dict[str, Any] = {}
        took, printed = timed([sys.executable, "-m", "benchmarks.speed", "--naive", *names])
        found["naive"] = {**took, "ended": json.loads(printed.splitlines()[-1])}
        told("naive", found["naive"])
        with tempfile.TemporaryDirectory() as folder:
            for what, seed in (("cold", "0"), ("warm", "0"), ("another seed", "1")):
                found[what] = run(Path(folder), "--seed", seed, *asked)
                told(what, found[what])
        made.append(found)
    return made


def whole(told: Callable[[str, dict[str, Any]], None]) -> dict[str, Any]:
    """The whole registry on all its routes, cold and warm."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for what in ("cold", "warm"):
            found[what] = run(Path(folder))
            told(f"whole registry, {what}", found[what])
    return found


def equal(names: Sequence[str], told: Callable[[str, dict[str, Any]], None]) -> dict[str, Any]:
    """By how the cases were run: what it took, and the checks that are others than with one process, with the fields that differ."""
    from distributed import LocalCluster

    asked = [*names, *(word for route in ROUTES for word in ("--route", route))]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as top:
        folders = {
            name: Path(top, name.replace(" ", "-")) for name in ("one process", "two processes", "shards", "dask")
        }
        found["one process"] = run(folders["one process"], "--jobs", "1", *asked)
        found["two processes"] = run(folders["two processes"], "--jobs", "2", *asked)
        parts = [run(folders["shards"] / str(n), "--shard", f"{n}/3", *asked) for n in (1, 2, 3)]
        files = [str(folders["shards"] / str(n) / "reports" / "latest.jsonl") for n in (1, 2, 3)]
        (folders["shards"] / "reports").mkdir()
        joined = str(folders["shards"] / "reports" / "latest.jsonl")
        timed([sys.executable, "-m", "parity", "merge", *files, "-o", joined])
        found["shards"] = {of: round(sum(part[of] for part in parts), 1) for of in ("wall", "cpu")}
        with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
            found["dask"] = run(folders["dask"], "--dask", cluster.scheduler_address, *asked)
        first = lines(folders["one process"])
        for name, folder in folders.items():
            here = lines(folder)
            fields = {i: [f for f in first[i] if first[i][f] != here.get(i, {}).get(f)] for i in first}
            others = {i: differ for i, differ in fields.items() if differ} | {
                i: ["more"] for i in here if i not in first
            }
            found[name] |= {"ended": f"{len(here)} checks, {len(others)} differ", "differ": others}
            told(name, found[name])
    return found


def lines(folder: Path) -> dict[str, dict[str, Any]]:
    """The check lines of a run by their ids, without how it went."""
    found = {}
    for line in (folder / "reports" / "latest.jsonl").read_text().splitlines()[1:-1]:
        check = json.loads(line)
        for name in ("seconds", "cached"):
            check.pop(name, None)
        check["arrays"] = check.get("arrays", "").rpartition("/")[2]
        found[f"{check['case']}[{check['route']}]"] = check
    return found


def ratios(made: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """How many times as fast as the loop, the median of the rounds, each within its own round."""
    return {
        what: {
            of: round(statistics.median(each["naive"][of] / each[what][of] for each in made), 2)
            for of in ("wall", "cpu")
        }
        for what in ("cold", "warm", "another seed")
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--naive", nargs="+", metavar="CASE", help=argparse.SUPPRESS)
    parser.add_argument("--cases", type=int, default=117)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="the whole registry too")
    parser.add_argument("--equal", action="store_true", help="whether it says the same however it is run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.naive:
        warnings.simplefilter("ignore")
        print(json.dumps(naive(options.naive)))
        return

    def told(what: str, found: dict[str, Any]) -> None:
        load = os.getloadavg()[0]
        print(f"{what}: {found['wall']} s, cpu {found['cpu']} s, load {load:.1f}, {found['ended']}", flush=True)

    names = chosen(options.cases)
    made = rounds(names, options.rounds, told)
    print("times as fast as the loop:", ratios(made))
    packages = ("torch", "tensorflow-cpu", "keras", "onnx", "onnxruntime", "onnxscript", "tf2onnx")
    document = {
        "versions": {name: version(name) for name in packages},
        "where": {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()},
        "cases": len(names),
        "times as fast as the loop": ratios(made),
        "rounds": made,
        "whole registry": whole(told) if options.whole else None,
        "equal": equal(names[::3], told) if options.equal else None,
    }
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
