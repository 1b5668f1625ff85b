from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from parity_kit import CATALOG, MEMORY

from parity.cases import Case
from parity.records.lines import Check
from parity.routes.catalog import Route
from parity.running import engine

Runner = Callable[..., dict[str, Check]]


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    """Runs checks for real and gives them back by id; each must come once."""

    def runner(checks: Sequence[tuple[Case, Route]], **options: Any) -> dict[str, Check]:
        return run_in(tmp_path, checks, **options)

    return runner


def run_in(folder: Path, checks: Sequence[tuple[Case, Route]], **options: Any) -> dict[str, Check]:
    emitted: list[Check] = []
    usual = {
        "seed": 0,
        "catalog": CATALOG,
        "cases_folder": None,
        "cache_folder": folder / "cache",
        "arrays_folder": folder / "arrays",
        "memory_limit": MEMORY,
    }
    engine.run(checks, emit=emitted.append, **{**usual, **options})
    assert sorted(check.id for check in emitted) == sorted(f"{case.name}[{route.name}]" for case, route in checks)
    assert not list((folder / "cache").glob("scratch-*"))
    return {check.id: check for check in emitted}
