"""A model of one's own as a case of a run: what its checks say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity.cases import ModelCase
from parity.errors import FieldError
from parity.judging.blame import whose
from parity.records.lines import Check
from parity.routes.catalog import installed
from parity.running.models import registered
from parity.running.selection import takes

for needed in ("torch", "onnxscript", "onnxruntime", "tensorflow"):
    pytest.importorskip(needed, reason="models of both frameworks are exported and run")

HERE = Path(__file__).parent


def checks(case: ModelCase, *routes: str) -> dict[str, Check]:
    every = installed().every_route()
    wanted = [every[name] for name in routes] if routes else [r for r in every.values() if r.default and takes(case, r)]
    made = registered.run(case.within(HERE), wanted, 0, installed(), 1, 2, None)
    assert [check.route for check in made] == [route.name for route in wanted]
    return {check.route: check for check in made}


@pytest.fixture(scope="module")
def slipping() -> dict[str, Check]:
    """The checks of a module of which one exporter writes another function."""
    return checks(
        ModelCase(name="own/slips", torch="own.py:traced_otherwise", inputs=("2x3x12x14",), tags=("pictures",))
    )


def test_each_route_has_the_operators_of_its_own_file_and_the_figures_of_its_end(slipping: dict[str, Check]) -> None:
    assert set(slipping) == {"torch", "torch>ort", "torch>reference", "torchscript>ort", "torchscript>reference"}
    honest = [check for check in slipping.values() if not check.route.startswith("torchscript")]
    assert {check.status for check in honest} == {"pass"}
    for check in honest:
        assert {layer.layer for layer in check.layers} >= {"Conv", "Relu"}
        assert {probe.note for probe in check.probes} == {"inputs 0 to 1", "inputs about 0", "inputs constant"}
        assert check.ratio is not None
    assert {check.route for check in honest if any(layer.maps for layer in check.layers)} >= {"torch"}


def test_a_port_that_is_another_function_fails_on_all_its_routes_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.check import port_torch

    monkeypatch.chdir(tmp_path)  # the port reads its weights there
    np.savez("weights.npz", **{name: value.numpy() for name, value in port_torch.build().state_dict().items()})
    case = ModelCase(name="own/port", torch="port_torch.py:build", keras="port_keras.py:wrong", inputs=("2x3x20x24",))
    found = checks(case, "tensorflow", "tensorflow>ort")
    assert [check.status for check in found.values()] == ["fail", "fail"]
    for route in ("tensorflow", "tensorflow>ort"):
        failure = found[route].failure
        assert failure is not None
        assert (failure.kind, failure.whose) == ("function", "")
        assert "epsilon: 1e-05 in the first, 0.001 in the second" in failure.message
    assert found["tensorflow"].input_shape == [2, 20, 24, 3]


def test_what_ends_a_check_ends_its_cases_with_the_lines_of_the_person_s_code(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def build():\n    return 1 / 0\n")
    case = ModelCase(name="own/broken", torch=str(tmp_path / "broken.py:build"), inputs=("1x3",))
    (check,) = checks(case, "torch").values()
    assert check.status == "error"
    assert "ZeroDivisionError" in check.reason
    assert "return 1 / 0" in check.notes[0]


def test_a_finding_keeps_the_party_that_its_own_witnesses_name(slipping: dict[str, Check]) -> None:
    slipped = slipping["torchscript>ort"]
    assert (slipped.status, slipped.failure and slipped.failure.kind) == ("fail", "function")
    assert whose(slipped, slipping.values()).startswith("the exporter torchscript: ")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "torch='' must say where the model is"),
        ({"onnx": "net.py:build"}, "must be a file that ends in .onnx"),
        ({"torch": "net.onnx"}, "is an ONNX file: give it as onnx"),
        ({"onnx": "net.onnx", "inputs": ("3y4",)}, "is no shape"),
        ({"onnx": "net.onnx", "inputs": ("3x4",), "data": "x.npz"}, "must be empty where inputs says shapes"),
    ],
)
def test_a_case_that_cannot_be_meant_is_refused_by_its_field(fields: dict[str, object], said: str) -> None:
    with pytest.raises(FieldError, match=said):
        ModelCase(name="own/net", **fields)  # type: ignore[arg-type]
