"""The definition as a file: what runs it gives the oracle's own answer, and it is no route by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity.cases import Case, Sequential
from parity.cases.case import INPUT
from parity.cases.parameters import draw_input, draw_parameters
from parity.layers import AvgPool2D, BatchNorm2D, Conv2D, Dropout, Flatten, LeakyReLU, Linear, MaxPool2D, Sigmoid
from parity.operators.file import read
from parity.operators.graph import as_value, walk
from parity.routes.catalog import installed
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


def test_a_file_that_another_wrote_is_not_taken_for_the_definition(tmp_path: Path) -> None:
    import onnx

    exporter, path = DefinitionFile(), tmp_path / "net.onnx"
    exporter.export(NET, Definition().build(NET, draw_parameters(NET, 0), False), False, path)
    model = onnx.load(path)
    model.producer_name = "somebody"
    onnx.save(model, path)
    assert exporter.wrote(path) == "somebody"
