"""A run says the same however many processes work on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from parity_kit import LIMIT, case, route

from parity.records.lines import Check, Seconds
from tests.workers.conftest import run_in

FAULTS = ("run:null-read", "run:sleep", "run:wrong", "export:lie", "export:raise")
ROUTES = ("kit", "kit>reader", "kit>other")


def plan() -> list[Any]:
    cases = [case(f"honest-{n}") for n in range(5)]
    for n, fault in enumerate(FAULTS):
        cases.insert(2 * n, case(fault.replace(":", "-"), fault, time_limit=2 * LIMIT if "sleep" in fault else 60.0))
    return [(c, route(name)) for c in cases for name in ROUTES]


def untimed(checks: dict[str, Check]) -> dict[str, Check]:
    return {name: msgspec.structs.replace(check, seconds=Seconds(), cached=None) for name, check in checks.items()}


def test_checks_are_the_same_but_for_their_times_with_one_process_at_work_and_with_three(tmp_path: Path) -> None:
    made = {
        (state, jobs): untimed(run_in(tmp_path / str(jobs), plan(), jobs=jobs))
        for state in ("cold", "warm")
        for jobs in (1, 3)
    }
    assert made["cold", 1] == made["cold", 3]
    assert made["warm", 1] == made["warm", 3]
    assert {check.status for check in made["cold", 1].values()} >= {"pass", "crash", "timeout", "error", "fail"}
