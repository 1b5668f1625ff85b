"""Every file that a run would fill with parameters, held against a real export with them; printed as JSON.

    python -m benchmarks.filled [--exporter NAME] [--seed N] [--every N] [PATTERN ...] > benchmarks/filled.json

For each exporter: how many structures there are, how many of them take parameters and why the others do not; how many files
are filled, how many are exported with their own parameters since an exporter may look at those, and every difference between a
filled file and its export. ``--every N`` takes each N-th file alone. Inputs without elements are left out: of one of them the
TorchScript exporter takes its process down (docs/divergences/torchscript_groupnorm_empty_batch.py), and here all is one process.
tf2onnx gives the very same model now one graph, now another, so a file that differs is exported again before it counts as another,
as in a run. It ends with 1 where one is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from parity.cases.case import Case
from parity.cases.probes import Variant, parameters_of, variants
from parity.cases.registry import load
from parity.cases.structure import marked, marks, plain, structure
from parity.errors import Unsupported
from parity.routes.catalog import Catalog, Route, installed
from parity.routes.exporters.filled import held
from parity.routes.exporters.places import Place, Unplaced, fill, places
from parity.running.selection import cases
from parity.running.steps import NoOpenBatch, export_file

CASES = Path(__file__).parent.parent / "cases"


@dataclass
class Found:
    """What came of one exporter."""

    structures: int = 0
    unplaced: Counter[str] = field(default_factory=Counter)
    refused: int = 0  #: files that the exporter cannot make, or not with an open batch axis
    unstored: int = 0  #: files of networks without parameters, which need none
    looked_at: int = 0  #: files of parameters that are not plain
    made_anew: int = 0  #: files of structures that take no parameters
    filled: int = 0
    at_another_try: int = 0  #: of them: not what a first export gave, and what a later one of the very same did
    differ: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  #: of this process's CPU


def asked(of: Iterable[Case]) -> Iterator[tuple[Case, Variant]]:
    """The files that a run asks for, those of one structure one after another."""
    pairs = [(case, variant) for case in of for variant in variants(case)]
    return iter(sorted(pairs, key=lambda pair: _same(*pair)))


def compared(pairs: Iterable[tuple[Case, Variant]], seed: int, route: Route, catalog: Catalog, folder: Path) -> Found:
    """Fill and export each of these files in ``folder``."""
    found, begun, last = Found(), time.process_time(), ""
    where: tuple[Place, ...] | None = None
    path, filled, exported = (folder / f"{name}.onnx" for name in ("structure", "filled", "exported"))
    for case, variant in pairs:
        bare = structure(case)
        if not marks(bare):
            found.unstored += 1
            continue
        if (same := _same(case, variant)) != last:
            last, where = same, None
            try:
                export_file(bare, marked(bare), "shipped" if variant == "integer" else variant, route, catalog, path)
                found.structures += 1
                where = places(path, bare)
            except (Unsupported, NoOpenBatch):
                last = ""
                found.refused += 1
                continue
            except Unplaced as why:
                found.unplaced[str(why).partition(" ")[2]] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, a run exports the case with its own parameters then
                found.unplaced[type(error).__name__] += 1
        parameters = parameters_of(case, variant, seed)
        if where is None or not plain(parameters):
            found.made_anew += where is None
            found.looked_at += where is not None
            continue
        fill(path, filled, where, parameters)
        found.filled += 1
        said, tried = held(filled, exported, partial(export_file, case, parameters, variant, route, catalog, exported))
        if said:
            found.differ[f"{case.name} {variant}"] = said
        else:
            found.at_another_try += tried > 1
    found.seconds = round(time.process_time() - begun, 1)
    return found


def _same(case: Case, variant: Variant) -> str:
    bare = structure(case)
    return json.dumps([bare.spec(), bare.tags, "shipped" if variant == "integer" else variant])


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--exporter", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    # The JSON alone is printed there: torch's exporter writes to it from C++ too.
    printed = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    catalog = installed()
    given = cases(load(CASES).cases, options.patterns)
    chosen = [case for case in given if isinstance(case, Case) and 0 not in case.shape]
    made: dict[str, Any] = {}
    for route in catalog.routes().values():
        if route.exporter is None or route.exporter in made:
            continue
        if options.exporter and route.exporter not in options.exporter:
            continue
        catalog.framework(route.framework).start(1)
        pairs = list(asked(chosen))[:: options.every]
        with tempfile.TemporaryDirectory() as name:
            made[route.exporter] = vars(compared(pairs, options.seed, route, catalog, Path(name)))
    print(json.dumps(made, indent=2), file=printed)
    sys.exit(int(any(found["differ"] for found in made.values())))


if __name__ == "__main__":
    main()
