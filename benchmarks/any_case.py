"""How many honest runs of whatever the registry has, drawn at random, the verdict refuses.

    python -m benchmarks.any_case [--checks 100000] [--seed 0] [--routes torch,tensorflow,...]
        [--families gradient,float16,...] [--jobs 2] [--json FILE]

Each draw is a family of the registry, and of it a random row of a sweep (any values of its axes that can be together, not
only those that pairs need) or one of its small cases, with a seed of its own. So every layer, network, mode, precision and kind of input that a sweep
can say is drawn, and what is added to the registry is drawn without a word here. A check is one route's answer to one draw, with all its
probes and every layer, as `parity run` makes it. What a framework or runtime refuses is counted beside; what is refused by
the verdict, and no declared divergence explains, is printed with the draw that repeats it (`--first N --draws 1`). `--json FILE`
puts the result beside those of other seeds that the file holds, with what all of them come to first.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, fields
from functools import cache
from inspect import signature
from math import prod
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np

from parity.cases import Case, known, registry
from parity.cases.shipped import SHIPPED
from parity.cases.sweep import CASE_FIELDS, Sweep, called
from parity.errors import FieldError
from parity.routes.catalog import installed
from parity.running.environment import packages
from tests.faults.harness import run

CASES = Path(__file__).parent.parent / "cases"
#: Those that take a fifth of a second or less a draw; in tf2onnx a declared divergence ends the process.
ROUTES = ("torch", "tensorflow", "definition>ort", "definition>reference", "torchscript>ort")
LARGEST = 60_000  #: elements of an input: a draw takes milliseconds
CHUNK = 200  #: draws of one call of a process


@dataclass
class Found:
    """What came of some draws."""

    draws: int = 0
    passed: collections.Counter[str] = field(default_factory=collections.Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)
    known: collections.Counter[str] = field(default_factory=collections.Counter)
    unsupported: collections.Counter[str] = field(default_factory=collections.Counter)
    families: collections.Counter[str] = field(default_factory=collections.Counter)
    ways: collections.Counter[str] = field(default_factory=collections.Counter)  #: mode and precision
    looked: int = 0
    worst: float = 0.0

    def add(self, other: Found) -> None:
        for each in fields(self):
            mine, its = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, max(mine, its) if each.name == "worst" else mine + its)


# ---- what is drawn --------------------------------------------------------------------------------------------------


@cache
def families() -> dict[str, tuple[list[Sweep], list[Case]]]:
    """Every family of the registry: its sweeps, and the small cases that are no sweep's."""
    found: dict[str, tuple[list[Sweep], list[Case]]] = {}
    of_sweeps: set[str] = set()
    through = Sweep.__iter__

    def recorded(sweep: Sweep) -> Iterator[Case]:
        found.setdefault(sweep.family.split("/")[0], ([], []))[0].append(sweep)
        for case in through(sweep):
            of_sweeps.add(case.name)
            yield case

    Sweep.__iter__ = recorded  # type: ignore[method-assign]
    try:
        every = registry.load(CASES)
    finally:
        Sweep.__iter__ = through  # type: ignore[method-assign]
    for case in every.cases.values():
        if isinstance(case, Case) and case.name not in of_sweeps and _is_small(case):
            found.setdefault(case.family, ([], []))[1].append(case)
    return {name: each for name, each in found.items() if each[0] or each[1]}


def _is_small(case: Case) -> bool:
    largest = max(prod(tensor.shape) for tensor in case.tensors.values())
    stored = sum(prod(p.shape) for node in case.network.nodes for p in node.layer.parameters().values())
    return largest <= LARGEST and stored <= LARGEST


def draw(seed: int, number: int, of: Sequence[str]) -> tuple[Case, int]:
    """The case of a draw, of one of these families, and the seed of its numbers."""
    rng = np.random.default_rng((seed, number))
    while True:
        sweeps, cases = families()[str(rng.choice(of))]
        if sweeps and (not cases or rng.integers(0, 2)):
            case = _row(sweeps[int(rng.integers(0, len(sweeps)))], rng)
        else:
            case = cases[int(rng.integers(0, len(cases)))]
        if case is not None and _is_small(case):
            return case, int(rng.integers(0, 2**31))


def _row(sweep: Sweep, rng: np.random.Generator) -> Case | None:
    """Any row of a sweep; None where what was drawn cannot be together."""
    worded = sweep.worded
    row = {axis: values[int(rng.integers(0, len(values)))] for axis, values in worded.items()}
    values = {axis: value for axis, (_, value) in row.items()}
    if any(unless(**{axis: values[axis] for axis in signature(unless).parameters}) for unless in sweep.unless):
        return None
    try:
        model, shape = sweep.make(**{axis: values[axis] for axis in signature(sweep.make).parameters})
        return Case(
            called(sweep.family, row, worded), model, shape, **{a: v for a, v in values.items() if a in CASE_FIELDS}
        )
    except FieldError:
        return None  # three values that pairs never put together


# ---- what is asked --------------------------------------------------------------------------------------------------


@cache
def _versions() -> dict[str, str]:
    return packages(installed())


def check(case: Case, seed: int, number: int, route: str, found: Found) -> None:
    """One route's answer to one draw, judged; what came of it is added to ``found``."""
    # What parity ships goes by operators; the registry's own by names too, which a random row need not have.
    entries = [*registry.load(CASES).known, *SHIPPED]
    fatal = [e for e in entries if e.kind == "crash" and e.covers(case, route) and e.holds(_versions())]
    if fatal:  # it would end this process, and with it the draws behind it
        found.known[f"not run: {fatal[0].reason}"] += 1
        return
    made = run(case, route, installed(), seed).check
    ended = known.apply(made, case, entries, _versions())
    if ended.status in ("pass", "stale"):  # a draw may miss what is declared
        found.passed[route] += 1
        found.worst = max(found.worst, float(ended.ratio or 0.0))
        found.looked += any("loop" in probe.reason for probe in ended.probes)
    elif ended.status == "known":
        found.known[ended.reason] += 1
    elif ended.status == "unsupported":
        found.unsupported[f"{route}: {ended.reason.splitlines()[0][:120]}"] += 1
    else:
        told = {"draw": number, "route": route, "case": case.name, "seed": seed, "network": str(case.model)[:300]}
        found.refused.append({**told, "shape": case.shape, "ended": ended.status, "reason": ended.reason[:400]})
        print(json.dumps(found.refused[-1]), flush=True)


def several(seed: int, first: int, draws: int, routes: tuple[str, ...], of: Sequence[str]) -> Found:
    """Some draws on some routes, in this process."""
    _start(routes)
    found = Found()
    for number in range(first, first + draws):
        case, seeded = draw(seed, number, of)
        found.draws += 1
        found.families[case.family] += 1
        found.ways[f"{case.mode}, {case.precision}"] += 1
        for name in routes:
            check(case, seeded, number, name, found)
    return found


@cache
def _start(routes: tuple[str, ...]) -> None:
    """The frameworks in the order in which one process survives them: torch's compiler before TensorFlow."""
    warnings.simplefilter("ignore")
    if any(name.startswith("torch") for name in routes):
        importlib.import_module("torch._dynamo")


def _chunks(
    seed: int, first: int, draws: int, routes: tuple[str, ...], of: Sequence[str], jobs: int
) -> Iterator[Found]:
    """What came of the draws, some at a time; a process that dies is told with the draws that it had in hand."""
    starts = list(range(first, first + draws, CHUNK))
    while starts:
        # New processes now and then: the frameworks keep something of every model.
        now, starts = starts[: jobs * 5], starts[jobs * 5 :]
        with ProcessPoolExecutor(jobs) as pool:
            sent = {n: pool.submit(several, seed, n, min(CHUNK, first + draws - n), routes, of) for n in now}
            for n, done in sent.items():
                try:
                    yield done.result()
                except BrokenProcessPool:
                    yield Found(
                        refused=[{"draw": n, "ended": "crash", "reason": f"a process died in draws {n} and {CHUNK} on"}]
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--draws", type=int, help="so many draws, however many checks they are")
    parser.add_argument("--routes", default=",".join(ROUTES))
    parser.add_argument("--families", help="only these (all)")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    routes = tuple(args.routes.split(","))
    draws = args.draws if args.draws is not None else -(-args.checks // len(routes))
    of = sorted(args.families.split(",") if args.families else families())
    if unknown := set(of) - set(families()):
        parser.error(f"no family {', '.join(sorted(unknown))}")
    found, began = Found(), time.time()
    for done in _chunks(args.seed, args.first, draws, routes, of, args.jobs):
        found.add(done)
        if sys.stderr.isatty():
            print(f"\r{found.draws:,} draws, {len(found.refused)} refused", end="", file=sys.stderr)
    result = {
        "seed": args.seed,
        "of": args.families or "all families",
        "with": _versions(),
        "draws": found.draws,
        "checks": sum(found.passed.values()) + sum(found.known.values()) + len(found.refused),
        "refused": len(found.refused),
        "passed": dict(found.passed.most_common()),
        "known": dict(found.known.most_common()),
        "unsupported": dict(found.unsupported.most_common()),
        "modes and precisions": dict(found.ways.most_common()),
        "families": dict(sorted(found.families.items())),
        "passed by the second look": found.looked,
        "worst ratio": round(found.worst, 3),
        "seconds": round(time.time() - began),
        "refusals": found.refused,
    }
    print(json.dumps({k: v for k, v in result.items() if k not in ("refusals", "families")}, indent=1))
    if args.json:
        kept = json.loads(args.json.read_text())["runs"] if args.json.exists() else []
        runs = [each for each in kept if (each["seed"], each["of"]) != (args.seed, result["of"])] + [result]
        args.json.write_text(json.dumps({"all": together(runs), "runs": runs}, indent=1) + "\n")


def together(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """What several runs come to: counts added up, the worst of the worst."""
    counts = ("draws", "checks", "refused", "passed by the second look", "seconds")
    tables = ("passed", "known", "unsupported", "modes and precisions", "families")
    total: dict[str, Any] = {name: sum(each[name] for each in runs) for name in counts}
    for name in tables:
        total[name] = dict(sum((collections.Counter(each[name]) for each in runs), collections.Counter()).most_common())
    return {**total, "worst ratio": max(each["worst ratio"] for each in runs)}


if __name__ == "__main__":
    main()
