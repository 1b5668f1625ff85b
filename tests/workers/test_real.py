"""The installed frameworks and runtimes in their workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.cases import Case
from parity.layers import Linear
from parity.routes.catalog import installed
from tests.workers.conftest import Runner


def test_real_routes_pass_for_any_seed_and_write_nothing_to_the_home_folder(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    routes = [installed().routes()[name] for name in ("torch", "torchscript>ort", "tensorflow", "tensorflow>ort")]
    if absent := [reason for r in routes if (reason := installed().why_absent(r))]:
        pytest.skip(absent[0])
    case = Case("linear", Linear(7, 3), (2, 7))
    made = run([(case, r) for r in routes], catalog=installed(), memory_limit=8 * 2**30)
    assert {check.status for check in made.values()} == {"pass"}
    assert list(home.rglob("*")) == []

    def takes(seed: int) -> bool:
        """Whether another seed passes on the files that are there, so that no framework is started for it."""
        files = [(case, r) for r in routes if r.exporter is not None]
        again = run(files, catalog=installed(), memory_limit=8 * 2**30, seed=seed).values()
        assert {check.status for check in again} == {"pass"}
        return all(check.cached for check in again)

    assert any(takes(seed) for seed in (1, 2, 3))  # of one in fifty files an export is made to compare
