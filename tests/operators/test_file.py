"""Reading ONNX files: opsets, functions, branches, external data, attributes as they were meant, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.errors import UsageError
from parity.operators.base import Unsupported
from parity.operators.build import Spelling
from parity.operators.file import meant, read, write
from parity.operators.graph import Graph, Node, as_value, walk


def model(nodes: list[Any], inputs: list[str], outputs: list[str], opset: int = 22, **more: Any) -> Any:
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in inputs]
    outs = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = helper.make_graph(nodes, "g", infos, outs, more.pop("initializer", []))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **more)


X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2.5


@pytest.mark.parametrize(
    ("stored", "was"),
    [
        (1e-5, 1e-5),
        (1e-3, 1e-3),
        (0.3, 0.3),
        (1 / 6, 1 / 6),
        (2 / 3, 2 / 3),
        (1.0, 1.0),
        (0.1234567, 0.1234567),
        (0.0, 0.0),
    ],
)
def test_a_float_attribute_is_read_as_the_number_that_was_meant(stored: float, was: float) -> None:
    assert meant(float(np.float32(stored))) == was


def test_the_number_a_runtime_gets_is_read_where_that_is_asked_for() -> None:
    made = model([helper.make_node("LeakyRelu", ["x"], ["y"], alpha=0.1)], ["x"], ["y"])
    assert read(made).nodes[0].attributes["alpha"] == 0.1
    assert read(made, decimal=False).nodes[0].attributes["alpha"] == float(np.float32(0.1))


@pytest.mark.parametrize("opset", [9, 11, 13, 18, 22])
def test_one_softmax_is_read_in_every_opset_by_that_opset_s_rule(opset: int) -> None:
    made = model([helper.make_node("Softmax", ["x"], ["y"], axis=0)], ["x"], ["y"], opset)
    y = walk(read(made), {"x": as_value(X)})["y"].y
    axis = None if opset < 13 else 0  # flattened from the axis on before opset 13
    e = np.exp(X.astype(np.float64) - X.max())
    np.testing.assert_array_max_ulp(y, e / e.sum(axis=axis, keepdims=True), 4)


def test_a_branch_reads_values_around_it_and_only_the_one_that_is_taken_runs() -> None:
    def branch(kind: str) -> Any:
        node = helper.make_node(kind, ["x"], ["made"])
        return helper.make_graph([node], kind, [], [onnx.ValueInfoProto(name="made")])

    nodes = [helper.make_node("If", ["which"], ["y"], then_branch=branch("Relu"), else_branch=branch("Nonesuch"))]
    made = model(nodes, ["x"], ["y"], initializer=[numpy_helper.from_array(np.asarray(True), "which")])
    np.testing.assert_array_equal(walk(read(made), {"x": as_value(X)})["y"].y, np.maximum(X, 0))
    made.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.asarray(False), "which"))
    with pytest.raises(Unsupported, match="Nonesuch"):
        walk(read(made), {"x": as_value(X)})


def test_a_local_function_and_one_of_the_schema_are_opened() -> None:
    local = helper.make_function(
        "own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 22)]
    )
    nodes = [helper.make_node("Twice", ["x"], ["t"], domain="own"), helper.make_node("SwiGLU", ["t"], ["y"])]
    made = model(nodes[:1], ["x"], ["t"], functions=[local])
    made.opset_import.append(helper.make_opsetid("own", 1))
    np.testing.assert_array_equal(walk(read(made), {"x": as_value(X)})["t"].y, 2 * X.astype(np.float64))
    softmax = helper.make_node("SoftmaxCrossEntropyLoss", ["x", "labels"], ["loss"])
    made = model([softmax], ["x"], ["loss"], initializer=[numpy_helper.from_array(np.asarray([0, 2]), "labels")])
    e = np.exp(X.astype(np.float64))
    wanted = -np.mean(np.log(e / e.sum(axis=1, keepdims=True))[[0, 1], [0, 2]])
    assert abs(float(walk(read(made), {"x": as_value(X)})["loss"].y) - wanted) < 1e-12


def test_what_has_no_rule_is_unsupported_by_its_name() -> None:
    made = model([helper.make_node("Det", ["x"], ["y"])], ["x"], ["y"])
    assert read(made).without_rule() == ["Det"]
    with pytest.raises(Unsupported, match="Det"):
        walk(read(made), {"x": as_value(X)})


def test_data_beside_the_file_are_read_and_missed_in_one_line(tmp_path: Path) -> None:
    weight = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    made = model(nodes, ["x"], ["y"], initializer=[numpy_helper.from_array(weight, "w")])
    path = tmp_path / "net.onnx"
    onnx.save(made, path, save_as_external_data=True, location="net.data", size_threshold=0)
    np.testing.assert_array_equal(read(path).constants["w"], weight)
    (tmp_path / "net.data").unlink()
    with pytest.raises(UsageError, match=r"net\.onnx: cannot be read as an ONNX file: .*give a whole file"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"not an onnx file at all", b"\x08\x0a\x12\x80\x80"])
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"odd\.onnx: cannot be read as an ONNX file"):
        read(path)


def test_half_types_keep_their_name_and_are_computed_in_float64() -> None:
    import ml_dtypes

    half = as_value(X.astype(ml_dtypes.bfloat16))
    assert (half.dtype, half.y.dtype) == ("bfloat16", np.float64)
    assert as_value(X.astype(np.float16)).dtype == "float16"


def test_a_convolution_with_a_bias_that_onnx_has_not_is_no_number_though_it_would_broadcast() -> None:
    """torch's exporter gives a Conv3d without bias two zeros a channel."""
    graph = Graph((Node("Conv", ("x", "w", "b"), ("y",)),), ("x", "w", "b"), ("y",))
    feeds = {"x": np.ones((1, 1, 2, 2), np.float32), "w": np.ones((1, 1, 1, 1), np.float32)}
    with pytest.raises(ValueError, match=r"Conv with a bias of shape \(1, 2\) for 1 channels"):
        walk(graph, {name: as_value(a) for name, a in {**feeds, "b": np.zeros((1, 2), np.float32)}.items()})


def test_a_scalar_that_a_graph_stores_is_one_in_its_file() -> None:
    op = Spelling()
    x = op.input("x", (2, 3))
    graph = op.graph(op.CumSum(x, op.constant(1)))
    (stored,) = write(graph, {"x": ((2, 3), "float32")}, {}).graph.initializer
    assert list(stored.dims) == []
