"""Faults caught and false alarms: parity beside three rules with a fixed tolerance, on the same runs.

    python benchmarks/faults.py [--seeds 20] [--json FILE]

Every planted bug of tests/faults is run at four input scales; every honest case of the same set at the same scales over
many seeds. parity compares with its oracle. The other rules compare two routes, as people use them: torch with
tensorflow, and an export with the framework it came from. numpy.allclose looks at the outputs that both sides have, as
a loop over zip does; torch.testing.assert_close and Polygraphy's CompareFunc.simple() run as they ship.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from polygraphy.logger import G_LOGGER

from parity.axes import Array
from parity.cases import Case
from parity.running import steps
from tests.faults.harness import planted, run
from tests.faults.plants import FAULTS

SCALES = (1e-3, 1.0, 1e3, 1e6)
#: route -> the route whose answer people would compare it with
PARTNER = {
    "torch": "tensorflow",
    "tensorflow": "torch",
    "torch>ort": "torch",
    "torchscript>ort": "torch",
    "tensorflow>ort": "tensorflow",
}
HONEST_ROUTES = ("torch", "tensorflow", "torchscript>ort", "tensorflow>ort")
Outputs = tuple[Array, ...]


def numpy_allclose(got: Outputs, expected: Outputs) -> bool:
    try:
        return all(np.allclose(a, b) for a, b in zip(got, expected, strict=False))
    except ValueError:  # shapes that do not broadcast
        return False


def torch_assert_close(got: Outputs, expected: Outputs) -> bool:
    import torch

    try:
        torch.testing.assert_close(tuple(map(torch.from_numpy, got)), tuple(map(torch.from_numpy, expected)))
    except AssertionError:
        return False
    return True


def polygraphy_simple(got: Outputs, expected: Outputs) -> bool:
    from polygraphy.comparator import CompareFunc, IterationResult

    sides = [IterationResult({f"output{i}": a for i, a in enumerate(side)}) for side in (got, expected)]
    try:
        return all(bool(match) for match in CompareFunc.simple()(*sides).values())
    except Exception:  # noqa: BLE001 - whatever it raises, a person sees it: that is not silence
        return False


RULES: dict[str, Callable[[Outputs, Outputs], bool]] = {
    "numpy.allclose": numpy_allclose,
    "torch.testing.assert_close": torch_assert_close,
    "Polygraphy default": polygraphy_simple,
}


def answers(case: Case, route: str, seed: int, **where: Any) -> Outputs | None:
    """What the route answers to the case's own input, whatever it is; None where it raised an exception."""
    checked = steps.check_file
    steps.check_file = lambda *_: None  # the other rules look at values only
    try:
        observation = run(case, route, planted(**where), seed).observation
    except Exception:  # noqa: BLE001 - a planted bug may raise anything, and a person would see it
        return None
    finally:
        steps.check_file = checked
    return None if observation is None else observation.answers["data"][0]


def says(case: Case, route: str, seed: int, partner: Outputs, **where: Any) -> dict[str, bool]:
    """Which rules say that something is wrong."""
    try:
        found = run(case, route, planted(**where), seed)
        said = {"parity": found.kind is not None}
        got = found.observation.answers["data"][0] if found.observation is not None else None
    except Exception:  # noqa: BLE001 - an exception is an error verdict
        said, got = {"parity": True}, None
    if got is None:
        got = answers(case, route, seed, **where)
    for name, rule in RULES.items():
        said[name] = got is None or not rule(got, partner)
    return said


def faults() -> tuple[dict[str, list[tuple[str, float, bool]]], int]:
    """For each rule, (fault, scale, caught); and how many were planted."""
    caught: dict[str, list[tuple[str, float, bool]]] = {}
    for fault in FAULTS:
        for scale in SCALES:
            case = replace(fault.case, scale=scale)
            partner = answers(case, PARTNER[fault.route], 0)
            assert partner is not None, f"the honest {PARTNER[fault.route]} did not answer {case.name}"
            for name, alarm in says(case, fault.route, 0, partner, **fault.where).items():
                caught.setdefault(name, []).append((fault.name, scale, alarm))
        progress(f"planted: {fault.name}")
    return caught, len(FAULTS) * len(SCALES)


def honest(seeds: int) -> tuple[dict[str, dict[str, int]], int]:
    """For each rule, case@scale -> false alarms; and how many honest checks were made."""
    alarms: dict[str, dict[str, int]] = {}
    checks = 0
    for case in {fault.case.name: fault.case for fault in FAULTS}.values():
        for scale in SCALES:
            for seed in range(seeds):
                scaled = replace(case, scale=scale)
                seen = {route: answers(scaled, route, seed) for route in ("torch", "tensorflow")}
                for route in HONEST_ROUTES:
                    partner = seen[PARTNER[route]]
                    assert partner is not None
                    checks += 1
                    for name, alarm in says(scaled, route, seed, partner).items():
                        where = alarms.setdefault(name, {})
                        where[f"{case.name}@{scale:g}"] = where.get(f"{case.name}@{scale:g}", 0) + alarm
        progress(f"honest: {case.name}")
    return alarms, checks


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="honest runs of each case and scale (default 20)")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    G_LOGGER.module_severity = G_LOGGER.CRITICAL
    caught, planted_count = faults()
    alarms, checks = honest(arguments.seeds)
    case_of = {fault.name: fault.case.name for fault in FAULTS}
    print("| Rule | Faults caught | False alarms | Caught where it gives no false alarm |")
    print("|---|---|---|---|")
    figures: dict[str, Any] = {"planted": planted_count, "honest": checks, "seeds": arguments.seeds, "rules": {}}
    for name, results in caught.items():
        hits = sum(alarm for _, _, alarm in results)
        clean = sum(alarm and not alarms[name][f"{case_of[fault]}@{scale:g}"] for fault, scale, alarm in results)
        false = sum(alarms[name].values())
        missed = sorted({f"{fault} @ {scale:g}" for fault, scale, alarm in results if not alarm})
        figures["rules"][name] = {"caught": hits, "false alarms": false, "clean": clean, "missed": missed}
        print(
            f"| {name} | {hits} of {planted_count} ({hits / planted_count:.0%}) "
            f"| {false} of {checks} ({false / checks:.1%}) | {clean} of {planted_count} ({clean / planted_count:.0%}) |"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
