"""The runtimes and simplifiers behind extras, where they are installed: right on honest files, and a fault in each is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.cases import Case, Sequential
from parity.layers import BatchNorm2D, Conv2D, Flatten, Linear, ReLU
from parity.routes.catalog import Simplifier, installed
from parity.routes.exporters.check import check_file
from parity.running import selection
from parity.running.steps import export_step
from tests.faults.harness import PlantedCatalog, planted, run, started

pytest.importorskip("torch", reason="real files are run")
onnx = pytest.importorskip("onnx", reason="real files are run")

CASE = Case(
    "block",
    Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4)), ("relu", ReLU()), ("flat", Flatten()), ("dense", Linear(96, 5))),
    (2, 3, 6, 8),
)  # fmt: skip
SIMPLIFIERS = ["onnxsim", "onnxslim", "onnxoptimizer"]


def needs(name: str) -> str:
    """A route by its name; the test is skipped where it cannot run, with the reason."""
    if reason := installed().why_absent(selection.route(installed().every_route(), name)):
        pytest.skip(reason)
    return name


# ---- OpenVINO -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exporter", ["torch", "torchscript", "definition"])
def test_openvino_runs_what_is_exported(exporter: str) -> None:
    found = run(CASE, needs(f"{exporter}>openvino"), planted())
    assert found.kind is None, found.check.reason


def test_openvino_runs_a_file_with_open_axes() -> None:
    found = run(Case("conv", Conv2D(3, 4, 3), (2, 3, 6, 8)), needs("torchscript>openvino+dynamic"), planted())
    assert found.kind is None, found.check.reason


def of_all(program: Callable[..., tuple[Array, ...]]) -> Any:
    return lambda *x: tuple(y * np.float32(1.0001) for y in program(*x))


def of_the_last(program: Callable[..., tuple[Array, ...]]) -> Any:
    def run(*x: Array) -> tuple[Array, ...]:
        made = [np.array(y) for y in program(*x)]
        for y in made:
            y.flat[-1] += np.float32(0.01) * np.abs(y).max()
        return tuple(made)

    return run


@pytest.mark.parametrize("fault", [of_all, of_the_last])
def test_a_fault_of_openvino_is_found_and_no_optimiser_is_blamed(fault: Any) -> None:
    name = needs("torchscript>openvino")
    found = run(CASE, name, planted(program=fault, only=frozenset({"openvino"})))
    assert found.kind == "value"
    assert found.check.failure is not None
    assert found.check.failure.unoptimised is None  # nobody could ask
    assert run(CASE, "torchscript>reference", planted(program=fault, only=frozenset({"openvino"}))).kind is None


def test_an_operator_that_openvino_has_not_is_unsupported(tmp_path: Path) -> None:
    needs("torch>openvino")
    started("openvino")
    made = onnx.helper.make_tensor_value_info
    x, y = made("x", onnx.TensorProto.FLOAT, [2, 3]), made("y", onnx.TensorProto.FLOAT, [2, 3])
    node = onnx.helper.make_node("Nothing", ["x"], ["y"], domain="of.nobody")
    graph = onnx.helper.make_graph([node], "g", [x], [y])
    opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("of.nobody", 1)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), tmp_path / "file.onnx")
    with pytest.raises(Exception, match=r"openvino: .*Nothing") as caught:
        installed().runtime("openvino").program(tmp_path / "file.onnx", "cpu", False, True)
    assert type(caught.value).__name__ == "Unsupported"


def test_a_form_of_an_operator_that_openvino_has_not_is_unsupported(tmp_path: Path) -> None:
    needs("torch>openvino")
    started("openvino")
    made = onnx.helper.make_tensor_value_info
    x, grid = made("x", onnx.TensorProto.FLOAT, [1, 2, 3, 4, 5]), made("grid", onnx.TensorProto.FLOAT, [1, 2, 2, 2, 3])
    y = made("y", onnx.TensorProto.FLOAT, [1, 2, 2, 2, 2])
    graph = onnx.helper.make_graph([onnx.helper.make_node("GridSample", ["x", "grid"], ["y"])], "g", [x, grid], [y])
    opsets = [onnx.helper.make_opsetid("", 20)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), tmp_path / "file.onnx")
    with pytest.raises(Exception, match=r"openvino: GridSample is only supported for 4D") as caught:
        installed().runtime("openvino").program(tmp_path / "file.onnx", "cpu", False, True)
    assert type(caught.value).__name__ == "Unsupported"


# ---- simplifiers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIMPLIFIERS)
def test_a_simplifier_rewrites_the_file_and_it_stays_right(name: str, tmp_path: Path) -> None:
    route = selection.route(installed().every_route(), needs(f"torchscript>ort+unoptimised+{name}"))
    started("torch")
    (tmp_path / "written").mkdir()
    (tmp_path / "simplified").mkdir()
    written = selection.route(installed().every_route(), "torchscript>ort+unoptimised")
    before = export_step(CASE, 0, written, installed(), tmp_path / "written").files["shipped"]
    after = export_step(CASE, 0, route, installed(), tmp_path / "simplified").files["shipped"]
    kinds = [[node.op_type for node in onnx.load(path).graph.node] for path in (before, after)]
    assert Path(before).read_bytes() != Path(after).read_bytes()
    assert kinds[0] != kinds[1]
    assert check_file(Path(after), [(2, 5)]) is None
    found = run(CASE, route.name, planted())
    assert found.kind is None, found.check.reason


class _Wrong:
    """A simplifier that does something more."""

    def __init__(self, part: Any, edit: Callable[[Any], None]) -> None:
        self._part, self._edit = part, edit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    def simplify(self, path: Path) -> None:
        self._part.simplify(path)
        model = onnx.load(path)
        self._edit(model)
        onnx.save(model, path)


@dataclass(frozen=True)
class _WrongCatalog(PlantedCatalog):
    simplify: Callable[[Any], None] | None = None

    def simplifier(self, name: str) -> Simplifier:
        part: Any = super().simplifier(name)
        return part if self.simplify is None else _Wrong(part, self.simplify)  # type: ignore[return-value]


def drops_an_activation(model: Any) -> None:
    (node,) = [node for node in model.graph.node if node.op_type == "Relu"]
    node.op_type = "Identity"


def folds_wrongly(model: Any) -> None:
    tensor = next(tensor for tensor in model.graph.initializer if len(tensor.dims) == 4)
    values = np.array(onnx.numpy_helper.to_array(tensor))
    values[0] *= np.float32(1.01)
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


@pytest.mark.parametrize("name", SIMPLIFIERS)
@pytest.mark.parametrize("fault", [drops_an_activation, folds_wrongly])
def test_a_fault_of_a_simplifier_is_found_and_gone_without_it(name: str, fault: Callable[[Any], None]) -> None:
    here = installed()
    catalog = _WrongCatalog(here.frameworks, here.exporters, here.runtimes, here.simplifiers, simplify=fault)
    found = run(CASE, needs(f"torchscript>ort+{name}"), catalog)
    assert found.check.status == "fail"
    assert found.check.failure is not None
    assert found.check.failure.unoptimised == "fail"  # the runtime's optimiser is not accused
    assert run(CASE, "torchscript>ort", catalog).kind is None


def test_a_simplifier_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(installed().simplifier("onnxslim")), "modules", ("a_module_that_nobody_has",))
    route = selection.route(installed().every_route(), "torch>ort+onnxslim")
    said = "a_module_that_nobody_has is not installed: pip install 'parity[simplifiers]'"
    assert installed().why_absent(route) == said
    assert installed().why_absent(selection.route(installed().every_route(), "torch>ort")) == ""
