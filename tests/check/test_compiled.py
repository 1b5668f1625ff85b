"""``parity check --compiled``: a model as its framework's compiler makes it, beside the model as it is."""

from __future__ import annotations

from pathlib import Path
from shutil import which
from typing import Any

import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.errors import UsageError
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check import models
from tests.check.parts import catalog

HERE = Path(__file__).parent


def checked(text: str, given: Asked) -> ModelCheck:
    parts: Any = (catalog(), ("reference",), "parity check")
    return check(Plan(subject(text), (given,), None, 0, *parts, limit=300.0, compiled=True))


def statuses(found: ModelCheck) -> dict[str, str]:
    return {route.name: route.status for route in found.routes}


def test_a_compiler_that_makes_another_function_is_named_where_the_module_itself_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("onnxscript", reason="a torch module is exported")
    if which("g++") is None:
        pytest.skip("inductor compiles with g++")
    monkeypatch.setenv("TORCHINDUCTOR_VEC_ISA_OK", "0")  # to know of vectors it compiles a program first
    found = checked(f"{HERE / 'own.py'}:compiled_otherwise", Asked("image", (2, 3, 12, 14)))
    assert statuses(found) == {
        "torch": "pass",
        "torch compiled": "fail",
        "torch>reference": "pass",
        "torchscript>reference": "pass",
    }
    (finding,) = found.findings
    assert finding.routes == ["torch compiled"]
    assert finding.born == "not seen: what an optimised run computes in between has no place in the file"
    assert finding.whose == "the compiler of torch compiled: torch, which is not compiled, is right"


def test_a_keras_model_that_xla_compiles_passes(tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx", reason="a Keras model is exported")
    pytest.importorskip("tensorflow", reason="it compiles the model")
    found = checked(f"{HERE / 'own_keras.py'}:honest", Asked("", (2, 12, 14, 3)))
    assert statuses(found) == dict.fromkeys(("tensorflow", "tensorflow xla", "tensorflow>reference"), "pass")
    assert found.routes[1].repeats


def test_a_file_is_not_compiled(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="it writes the file")
    path = models.saved(models.chain(), tmp_path / "chain.onnx")
    with pytest.raises(UsageError, match="--compiled is for a torch module or a Keras model"):
        checked(str(path), Asked("x", (1, 3, 9, 11)))
