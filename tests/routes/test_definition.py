"""The definition as a file: what runs it gives the oracle's own answer, and it is no route by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from parity.axes import Tensor
from parity.cases import Case, Sequential
from parity.cases.case import INPUT
from parity.cases.parameters import draw_input, draw_parameters
from parity.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
    layer,
)
from parity.operators.file import read
from parity.operators.graph import as_value, walk
from parity.routes.catalog import installed
from parity.routes.exporters.check import check_file
from parity.routes.exporters.definition import DefinitionFile
from parity.routes.frameworks.definition import Definition

NET = Case(
    "net",
    Sequential(
        ("conv", Conv2D(3, 4, 3, padding="same", stride=2)),
        ("norm", BatchNorm2D(4, affine=False)),
        ("leaky", LeakyReLU(0.3)),
        ("pool", MaxPool2D(2, ceil_mode=True)),
        ("drop", Dropout()),
        ("mean", AvgPool2D(2, 1, 1, count_include_pad=False)),
        ("flatten", Flatten()),
        ("fc", Linear(4 * 4 * 5, 5)),
        ("last", Sigmoid()),
    ),
    (2, 3, 11, 14),
)


def test_the_definition_lends_its_graph_to_files_and_has_no_route_of_its_own() -> None:
    routes = installed().routes()
    assert {"definition>ort", "definition>reference"} <= set(routes)
    assert "definition" not in routes


@pytest.mark.parametrize("tapped", [False, True])
def test_a_file_of_the_definition_reads_back_as_the_graph_that_is_judged(tmp_path: Path, tapped: bool) -> None:
    parameters = draw_parameters(NET, 0)
    model = Definition().build(NET, parameters, tapped)
    exporter, path = DefinitionFile(), tmp_path / "net.onnx"
    exporter.export(NET, model, tapped, path)
    assert exporter.wrote(path) == exporter.name
    back = read(path)
    assert back.outputs == model.graph.outputs
    assert [node.kind for node in back.nodes] == [node.kind for node in NET.graph.nodes]
    x = draw_input(NET, 0)
    feeds = {INPUT: as_value(x)} | {name: as_value(array) for name, array in model.parameters.items()}
    ours = walk(model.graph, feeds)
    theirs = walk(back, {INPUT: as_value(x)})
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name].y, value.y, err_msg=name)


@layer
class Grouped(Layer):
    """Of its output ONNX's shape inference knows only the type, and nothing at all of what follows."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.GroupNormalization(x, op.constant([1.0] * 4), op.constant([0.0] * 4), num_groups=2)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.GroupNorm(2, 4, affine=False)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GroupNormalization(2, epsilon=1e-5, center=False, scale=False)


@pytest.mark.parametrize("tapped", [False, True])
def test_a_file_declares_the_shapes_that_onnx_does_not_infer(tmp_path: Path, tapped: bool) -> None:
    case = Case("case", Sequential(("conv", Conv2D(3, 4, 3)), ("norm", Grouped()), ("last", ReLU())), (2, 3, 11, 14))
    path = tmp_path / "case.onnx"
    DefinitionFile().export(case, Definition().build(case, draw_parameters(case, 0), tapped), tapped, path)
    outputs = onnx.load(path).graph.output
    assert [o.name for o in outputs] == (["conv", "norm", "last"] if tapped else ["last"])
    for output in outputs:
        assert [d.dim_value for d in output.type.tensor_type.shape.dim] == [2, 4, 9, 12]
    assert check_file(path, [(2, 4, 9, 12)] * len(outputs)) is None


def test_a_file_that_another_wrote_is_not_taken_for_the_definition(tmp_path: Path) -> None:
    exporter, path = DefinitionFile(), tmp_path / "net.onnx"
    exporter.export(NET, Definition().build(NET, draw_parameters(NET, 0), False), False, path)
    model = onnx.load(path)
    model.producer_name = "somebody"
    onnx.save(model, path)
    assert exporter.wrote(path) == "somebody"
