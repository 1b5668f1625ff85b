"""A records file of real failures: bugs planted in real modules, models and files, judged by parity's own steps.

``python -m tests.report.planted OUT.jsonl`` writes it. Each case runs honestly on the routes beside the one with the
bug, so that the report can say whose a failure is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity.cases import Case
from parity.records.file import Records, Writer
from parity.records.lines import SCHEMA, Check, End, Run
from parity.records.wording import count
from parity.routes.catalog import Catalog, Route
from parity.running import environment
from tests.faults.harness import planted, run
from tests.faults.plants import FAULTS, Fault

#: One and more of every kind of look: numbers, one channel, border, offset, swapped axes, not finite, structure, files.
NAMES = (
    "kernel height and width swapped",
    "one bias dropped",
    "one of 36864 weights off by 1e-4",
    "same padded at the wrong side in the file",
    "eps 1e-3 for 1e-5 in a network",
    "dense kernel not reordered after flatten",
    "leaky ReLU for ReLU in a network",
    "one layer of a network through fp16",
    "padded average divided by the wrong count",
    "equal axes swapped",
    "one NaN",
    "an overflow to infinity",
    "right values as float64 from torch",
    "one row that would broadcast",
    "ceil_mode lost in the file",
    "a layer's output lost from the twin",
    "branches concatenated in the other order",
)
BESIDE = ("torch", "tensorflow", "torch>ort", "torchscript>ort", "tensorflow>ort")


def records(names: Sequence[str] = NAMES, seed: int = 0) -> Records:
    """The checks of these faults, each on every route of ``BESIDE``."""
    honest = planted()
    faults = [fault for fault in FAULTS if fault.name in names]
    checks = [
        _check(_named(fault), route, _catalog(fault, route), seed) for fault in faults for route in _routes(honest)
    ]
    first = Run(
        schema=SCHEMA,
        id="planted",
        started="2026-01-31T12:00:00+00:00",
        argv=["run"],
        seed=seed,
        lam=3.0,
        planned=len(checks),
        environment=environment.environment(honest, 1),
    )
    counts, not_run = count(checks)
    return Records(first, checks, End(finished=True, counts=counts, not_run=not_run, exit_code=1, seconds=1.0))


def write(path: Path, made: Records) -> None:
    """The records as a file."""
    with Writer(path) as writer:
        for line in (made.run, *made.checks, *([] if made.end is None else [made.end])):
            writer.write(line)


def _routes(catalog: Catalog) -> list[Route]:
    return [catalog.routes()[name] for name in BESIDE]


def _named(fault: Fault) -> Case:
    """The case of a fault under a name of its own, in the family of its kind of network."""
    family = re.sub(r"[0-9]+$", "", fault.case.name.split("-")[-1])
    return replace(fault.case, name=f"{family}/{re.sub('[^a-z0-9]+', '-', fault.name.lower()).strip('-')}")


def _catalog(fault: Fault, route: Route) -> Catalog:
    """The fault where it belongs: a model's in every route that starts from that model, any other's on its own route."""
    at = fault.route.partition(">")[0].removesuffix("script")
    here = route.framework == at if set(fault.where) == {"model"} else route.name == fault.route
    return planted(**fault.where) if here else planted()


def _check(case: Case, route: Route, catalog: Catalog, seed: int) -> Check:
    return run(case, route.name, catalog, seed).check


if __name__ == "__main__":
    write(Path(sys.argv[1]), records())
