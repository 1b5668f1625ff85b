"""What tf2onnx searches for an einsum is kept, here and for other processes, and no file is another for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.cases.probes import parameters_of
from parity.cases.registry import load
from parity.routes.catalog import installed
from parity.routes.exporters import memo
from parity.routes.exporters.einsum import MEMO
from parity.routes.exporters.filled import difference
from tests.faults.harness import started

pytest.importorskip("tensorflow", reason="compares files of the real exporter")
optimizer: Any = pytest.importorskip("tf2onnx.optimizer.einsum_optimizer", reason="asks the real search")

ROOT = Path(__file__).parents[2]
PRODUCT = "bac,dc->dab"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memo, "_kept", {})
    monkeypatch.setattr(memo, "_left", {})
    yield
    memo.use(True)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The equations for which every order of letters was tried."""
    found, search = list[str](), optimizer.CachedEinsum._build_optimize_ml

    def searched(self: Any) -> Any:
        found.append(self.equation)
        return search(self)

    monkeypatch.setattr(optimizer.CachedEinsum, "_build_optimize_ml", searched)
    return found


def best(**how: Any) -> SimpleNamespace:
    """What tf2onnx makes of an einsum as in an export, in a process that has not seen it."""
    memo._kept.clear()
    optimizer.CachedEinsum.einsum_cache.clear()  # its own, within a process
    with MEMO.kept():
        made = optimizer.optimize_einsum(PRODUCT, **{"dtype": np.float32, "opset": 17, **how})
    return SimpleNamespace(equation=made.equation_, nodes=[node.op_type for node in made.onnx_.graph.node])


def test_an_equation_is_searched_once_for_all_processes_that_share_a_cache(tmp_path: Path, searches: list[str]) -> None:
    memo.use(False)
    plain = best()
    memo.use(True, tmp_path)
    assert [best() for _ in range(3)] == [plain] * 3
    assert searches == [PRODUCT] * 2
    best(opset=18)
    assert searches == [PRODUCT] * 3  # it decides what is found
    file = tmp_path / memo.FILE
    file.write_text(file.read_text().replace(plain.equation, plain.equation[::-1]))  # not what was stored
    assert best() == plain
    assert searches == [PRODUCT] * 4


def test_without_a_cache_nothing_is_kept_for_others(searches: list[str]) -> None:
    assert best() == best()
    assert searches == [PRODUCT] * 2


def test_both_tables_of_the_version_that_is_pinned_are_remembered() -> None:
    assert [table.found().name for table in MEMO.tables] == [table.name for table in MEMO.tables]
    assert not memo.news()


def test_a_file_is_the_same_with_an_equation_that_was_kept(tmp_path: Path, searches: list[str]) -> None:
    started("tensorflow")
    case, catalog = load(ROOT / "cases").cases["multiheadattention/base"], installed()

    def exported(name: str) -> Path:
        optimizer.CachedEinsum.einsum_cache.clear()
        model = catalog.framework("tensorflow").build(case, parameters_of(case, "shipped", 0), False)
        catalog.exporter("tf2onnx").export(case, model, False, tmp_path / name)
        return tmp_path / name

    memo.use(False)
    plain = exported("plain.onnx")
    assert searches
    memo.use(True, tmp_path)
    exported("searched.onnx")
    memo._kept.clear()
    searches.clear()
    assert not difference(plain, exported("kept.onnx"))
    assert not searches
