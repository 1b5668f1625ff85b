"""Every operator's derivative against central differences in float64, and how nodes are chained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from parity.axes import F64, Array
from parity.operators.base import Unsupported
from parity.operators.gradient import base
from parity.operators.gradient.backward import backward
from parity.operators.gradient.table import DERIVATIVES
from parity.operators.graph import Graph, Node, Value, walk

IMAGE = (2, 4, 5, 6)
H = 1e-6  #: step of a difference
NEAR = 1e-7  #: of the largest gradient: what a step rounds away, and what bends within it

Fixed = Mapping[int, Any]  #: inputs that are stored in the graph, by their place


def drawn(shape: tuple[int, ...], seed: int) -> F64:
    """Numbers no two of which are near, nor near a whole number or a half of one, so that no kink is within a step."""
    count = int(np.prod(shape))
    steps = np.random.default_rng(seed).permutation(count) + 0.5
    return (4 * steps / count - 2 + 1e-3).reshape(shape)


def op(kind: str, *shapes: tuple[int, ...], fixed: Fixed | None = None, **attributes: Any) -> Any:
    said = "-".join(f"{name}={value}".replace(" ", "") for name, value in attributes.items() if name != "outputs")
    return pytest.param(kind, shapes, fixed or {}, attributes, id=f"{kind}-{len(shapes)}{'-' if said else ''}{said}")


PLAIN = [
    "Identity",
    "Neg",
    "Abs",
    "Exp",
    "Erf",
    "Relu",
    "LeakyRelu",
    "Clip",
    "Shrink",
    "ThresholdedRelu",
    "HardSigmoid",
    "HardSwish",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softsign",
    "Elu",
    "Selu",
    "Celu",
    "Gelu",
    "Mish",
    "Softmax",
    "LogSoftmax",
    "Transpose",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Dropout",
]
POOL = dict(kernel_shape=(3, 2), strides=(2, 1), pads=(1, 0, 1, 1))

SPECS = [
    *(op(kind, IMAGE) for kind in PLAIN),
    op("Gelu", IMAGE, approximate="tanh"),
    op("LeakyRelu", IMAGE, alpha=0.3),
    op("Celu", IMAGE, alpha=0.7),
    op("Softmax", IMAGE, axis=1),
    op("LogSoftmax", IMAGE, axis=1),
    op("Transpose", IMAGE, perm=(2, 0, 3, 1)),
    op("Clip", IMAGE, fixed={1: np.float32(-0.7), 2: np.float32(1.1)}),
    op("Cast", IMAGE, to="float32"),
    *(op(kind, IMAGE, IMAGE) for kind in ("Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min")),
    *(op(kind, IMAGE, (4, 1, 6)) for kind in ("Add", "Sub", "Mul", "Div", "Max")),
    *(op(kind, (1, 4, 1, 1), IMAGE, (6,)) for kind in ("Sum", "Mean", "Max", "Min")),
    op("PRelu", IMAGE, (4, 1, 1)),
    op("Pow", IMAGE, fixed={1: np.float32(3.0)}),
    op("Pow", IMAGE, fixed={1: np.float32(2.0)}),
    op("Where", IMAGE, (4, 1, 1), fixed={0: drawn(IMAGE, 9) > 0.3}),
    op("Reshape", IMAGE, fixed={1: np.asarray([8, 30])}),
    op("Squeeze", (2, 1, 5), fixed={1: np.asarray([1])}),
    op("Unsqueeze", (2, 5), fixed={1: np.asarray([1])}),
    op("Expand", (4, 1, 6), fixed={1: np.asarray(IMAGE)}),
    op("Concat", IMAGE, (2, 3, 5, 6), axis=1),
    op("Split", IMAGE, fixed={1: np.asarray([1, 3])}, axis=1, outputs=2),
    op("Slice", IMAGE, fixed={1: np.asarray([1, -1]), 2: np.asarray([4, -7]), 3: np.asarray([2, 3]), 4: np.asarray([1, -2])}),
    op("Pad", IMAGE, fixed={1: np.asarray([0, 0, 1, 2, 0, 0, 2, 0])}),
    op("Pad", IMAGE, fixed={1: np.asarray([0, 0, 1, 2, 0, 0, -2, 0]), 2: np.float32(3.0)}),
    op("Pad", IMAGE, fixed={1: np.asarray([0, 0, 1, 2, 0, 0, 2, 0])}, mode="reflect"),
    op("Pad", IMAGE, fixed={1: np.asarray([0, 0, 1, 2, 0, 0, 2, 0])}, mode="edge"),
    op("Gather", IMAGE, fixed={1: np.asarray([3, 0, 3])}, axis=1),
    op("ScatterElements", (3, 4), (2, 4), fixed={1: np.asarray([[0, 2, 2, 1], [1, 0, 1, 2]])}, axis=0),
    op("GatherElements", (3, 4), fixed={1: np.asarray([[0, 0, 2, 1]])}, axis=0),
    op("DepthToSpace", IMAGE, blocksize=2, mode="CRD"),
    op("SpaceToDepth", (2, 3, 4, 6), blocksize=2),
    op("Tile", (2, 3), fixed={1: np.asarray([2, 2])}),
    *(
        op(f"Reduce{kind}", IMAGE, fixed={1: np.asarray([1, 3])}, keepdims=keep)
        for kind in ("Sum", "Mean", "SumSquare", "L1", "L2", "LogSumExp", "Prod", "Max", "Min")
        for keep in (0, 1)
    ),
    op("ReduceSum", IMAGE),
    *(op("CumSum", IMAGE, fixed={1: np.asarray(2)}, exclusive=e, reverse=r) for e in (0, 1) for r in (0, 1)),
    op("Conv", IMAGE, (3, 4, 3, 2), (3,)),
    op("Conv", IMAGE, (6, 2, 3, 2), group=2, strides=(2, 3), pads=(1, 0, 1, 1)),
    op("Conv", (2, 4, 9, 8), (3, 4, 3, 2), dilations=(2, 3), pads=(2, 1, 0, 3)),
    op("Conv", (2, 4, 9, 8), (4, 1, 2, 2), (4,), group=4, strides=(3, 3), dilations=(2, 1)),
    op("Conv", (2, 3, 9), (4, 3, 3), (4,), strides=(2,), pads=(1, 1)),
    op("Conv", (2, 2, 4, 5, 3), (3, 2, 2, 3, 1), strides=(1, 2, 1)),
    op("ConvTranspose", IMAGE, (4, 3, 3, 2), (3,), strides=(2, 3), pads=(1, 0, 0, 1), output_padding=(1, 2)),
    op("ConvTranspose", IMAGE, (4, 3, 3, 2), group=2, dilations=(2, 1)),
    op("Gemm", (3, 4), (4, 5), (5,)),
    op("Gemm", (3, 4), (5, 4), (3, 5), transB=1),
    op("Gemm", (4, 3), (4, 5), transA=1),
    op("Gemm", (4, 3), (5, 4), transA=1, transB=1),
    op("MatMul", (2, 3, 4), (4, 5)),
    op("MatMul", (2, 3, 4), (2, 4, 5)),
    op("Einsum", (2, 3), (4, 3, 5), equation="ni,oij->noj"),
    op("Einsum", (2, 4, 5), (2, 5), (2, 4), equation="noj,nj,no->n"),
    *(
        op("GridSample", (2, 3, 4, 5), (2, 2, 3, 2), mode=mode, padding_mode=padding, align_corners=corners)
        for mode in ("linear", "nearest")
        for padding in ("zeros", "border")
        for corners in (0, 1)
    ),
    op("GridSample", (1, 2, 3, 4, 5), (1, 2, 3, 2, 3), mode="linear"),
    op("MaxPool", IMAGE, **POOL),
    op("MaxPool", IMAGE, kernel_shape=(2, 2), strides=(2, 2), ceil_mode=1),
    op("MaxPool", IMAGE, kernel_shape=(2, 3), dilations=(2, 1)),
    op("AveragePool", IMAGE, **POOL),
    op("AveragePool", IMAGE, count_include_pad=1, **POOL),
    op("AveragePool", IMAGE, kernel_shape=(2, 2), strides=(2, 2), ceil_mode=1),
    op("AveragePool", (2, 3, 8, 9), kernel_shape=(2, 2), strides=(3, 4)),
    op("LpPool", IMAGE, p=2, **POOL),
    op("LpPool", IMAGE, p=1, kernel_shape=(2, 2), strides=(2, 2)),
    op("LpPool", IMAGE, p=3, kernel_shape=(2, 2), strides=(2, 2), ceil_mode=1),
    *(op("GlobalLpPool", IMAGE, p=p) for p in (1, 2, 3)),
    op("Col2Im", (2, 6, 12), fixed={1: np.asarray([5, 4]), 2: np.asarray([2, 1])}, strides=(2, 1), pads=(1, 0, 1, 0)),
    op("Col2Im", (2, 12, 6), fixed={1: np.asarray([6, 4]), 2: np.asarray([3, 2])}, dilations=(2, 1)),
    op("Resize", (2, 3, 4, 5), fixed={1: np.float32([]), 2: np.float32([1, 1, 1.5, 2])}),
    op("Resize", (2, 3, 4, 5), fixed={1: np.float32([]), 2: np.float32([1, 1, 2, 2])}, mode="linear"),
    op("Resize", (2, 3, 4, 5), fixed={1: np.float32([]), 2: np.float32([1, 1, 2, 4])}, mode="cubic"),
    op("LRN", (2, 7, 3, 2), size=3, alpha=0.5, beta=0.6, bias=0.8),
    op("LRN", (2, 7, 3, 2), size=4, alpha=0.5),
    op("BatchNormalization", IMAGE, (4,), (4,), fixed={3: np.float32([0.1, -0.3, 1, 2]), 4: np.float32([0.004, 1, 2, 3])}),
    op("LayerNormalization", IMAGE, (5, 6), (5, 6), axis=-2),
    op("LayerNormalization", IMAGE, (6,)),
    op("InstanceNormalization", IMAGE, (4,), (4,)),
    op("GroupNormalization", IMAGE, (4,), (4,), num_groups=2),
    *(op(kind, (2, 3)) for kind in ("Sqrt", "Log", "Reciprocal")),
]  # fmt: skip


def graph_of(kind: str, shapes: tuple[tuple[int, ...], ...], fixed: Fixed, attributes: dict[str, Any]) -> Graph:
    """One node whose inputs are fed but for the fixed ones; of several outputs the last is squared and added."""
    count = len(shapes) + len(fixed)
    names = tuple(f"x{i}" for i in range(count))
    outputs = attributes.pop("outputs", 1)
    made = tuple(f"y{i}" for i in range(outputs))
    nodes = [Node(kind, names, made, attributes, "node")]
    if outputs > 1:
        nodes.append(Node("ReduceSumSquare", (made[-1],), ("square",), {"keepdims": 1}, "square"))
        nodes.append(Node("Add", ("square", made[0]), ("all",), {}, "all"))
    constants = {f"x{i}": np.asarray(value) for i, value in fixed.items()}
    fed = tuple(name for name in names if name not in constants)
    return Graph(tuple(nodes), fed, (nodes[-1].outputs[0],), constants)


def gradients(graph: Graph, feeds: dict[str, F64], cotangent: F64) -> dict[str, Array]:
    """What the backward pass gives, by input."""
    shapes = {name: value.shape for name, value in feeds.items()}
    made = backward(graph, shapes, "c", {name: f"d {name}" for name in graph.inputs})
    values = {name: Value(value, "float32") for name, value in {**feeds, "c": cotangent}.items()}
    found = walk(made, values)
    return {name: found[f"d {name}"].y for name in graph.inputs}


def differences(graph: Graph, feeds: dict[str, F64], cotangent: F64) -> dict[str, Array]:
    """The same by central differences, one element at a time."""

    def loss(changed: dict[str, F64]) -> float:
        y = walk(graph, {name: Value(value, "float32") for name, value in changed.items()})[graph.outputs[0]].y
        return float(np.sum(y * cotangent))

    found = {}
    for name, value in feeds.items():
        slope = np.zeros(value.size)
        for i in range(value.size):
            step = np.zeros(value.size)
            step[i] = H
            up, down = value + step.reshape(value.shape), value - step.reshape(value.shape)
            slope[i] = (loss({**feeds, name: up}) - loss({**feeds, name: down})) / (2 * H)
        found[name] = slope.reshape(value.shape)
    return found


def held(kind: str, shapes: tuple[tuple[int, ...], ...], fixed: Fixed, attributes: dict[str, Any]) -> None:
    graph = graph_of(kind, shapes, fixed, dict(attributes))
    feeds = {name: drawn(shape, i) for i, (name, shape) in enumerate(zip(graph.inputs, shapes, strict=True))}
    if kind in ("Sqrt", "Log", "Reciprocal"):
        feeds = {name: np.abs(value) + 0.5 for name, value in feeds.items()}
    y = walk(graph, {name: Value(value, "float32") for name, value in feeds.items()})[graph.outputs[0]].y
    cotangent = drawn(np.shape(y), 77)
    found, right = gradients(graph, feeds, cotangent), differences(graph, feeds, cotangent)
    for name in graph.inputs:
        assert found[name].shape == feeds[name].shape
        scale = np.abs(right[name]).max() + np.abs(y).max() + 1
        assert np.abs(found[name] - right[name]).max() <= NEAR * scale, name


@pytest.mark.parametrize(("kind", "shapes", "fixed", "attributes"), SPECS)
def test_a_derivative_is_what_central_differences_are(
    kind: str, shapes: tuple[tuple[int, ...], ...], fixed: Fixed, attributes: dict[str, Any]
) -> None:
    held(kind, shapes, fixed, attributes)


def test_of_a_product_with_one_factor_of_0_that_factor_alone_has_a_gradient() -> None:
    graph = graph_of("ReduceProd", ((3, 4),), {1: np.asarray([1])}, {"keepdims": 0})
    x = drawn((3, 4), 0)
    x[0, 1] = x[1, 0] = x[1, 3] = 0.0
    ones = np.ones(3)
    found = gradients(graph, {"x0": x}, ones)["x0"]
    assert np.abs(found - differences(graph, {"x0": x}, ones)["x0"]).max() < NEAR
    assert np.flatnonzero(found[:2]).tolist() == [1]


def test_every_derivative_is_held_to_them() -> None:
    assert {spec.values[0] for spec in SPECS} == set(DERIVATIVES)


WRONG = {
    "Relu": lambda at, dy, x: [at.op.Mul(dy, at.op.Sigmoid(x))],
    "Mul": lambda at, dy, a, b: [at.op.Mul(dy, b), dy],
    "LeakyRelu": lambda at, dy, x: DERIVATIVES["Relu"](at, dy, x),
    "Tanh": lambda at, dy, x: [at.op.Mul(dy, at.op.Sub(at.op.constant(1.0), at.y[0]))],
    "MaxPool": lambda at, dy, x: DERIVATIVES["AveragePool"](at, dy, x),
    "Softmax": lambda at, dy, x: [at.op.Mul(dy, at.y[0])],
    "CumSum": lambda at, dy, x, axis: [at.op.CumSum(dy, axis), None],
    "ScatterElements": lambda at, dy, x, places, updates: [dy, None, at.op.GatherElements(dy, places)],
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_derivative_is_seen(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = next(spec for spec in SPECS if spec.values[0] == kind)
    held(*spec.values)
    monkeypatch.setitem(base.DERIVATIVES, kind, WRONG[kind])
    with pytest.raises(AssertionError):
        held(*spec.values)


# ---- chained ---------------------------------------------------------------------------------------------------------


def chained(*nodes: Node, inputs: tuple[str, ...], constants: dict[str, Array] | None = None) -> Graph:
    return Graph(nodes, inputs, (nodes[-1].outputs[0],), constants or {})


def test_what_is_read_twice_gets_both_gradients() -> None:
    graph = chained(
        Node("Tanh", ("x",), ("t",), {}, "t"),
        Node("Mul", ("t", "x"), ("m",), {}, "m"),
        Node("Add", ("m", "t"), ("y",), {}, "y"),
        inputs=("x",),
    )
    feeds, cotangent = {"x": drawn((3, 5), 0)}, drawn((3, 5), 1)
    found, right = gradients(graph, feeds, cotangent), differences(graph, feeds, cotangent)
    assert np.abs(found["x"] - right["x"]).max() <= NEAR


def test_what_nothing_depends_on_has_zeros_and_one_gradient_may_have_two_names() -> None:
    graph = Graph((Node("Add", ("a", "b"), ("y",), {}, "y"),), ("a", "b", "c"), ("y",))
    made = backward(graph, dict.fromkeys("abc", (2, 3)), "dy", {name: f"d {name}" for name in "abc"})
    dy = drawn((2, 3), 0)
    found = walk(made, {name: Value(dy, "float32") for name in ("a", "b", "c", "dy")})
    assert made.outputs == ("y", "d a", "d b", "d c")
    assert np.array_equal(found["d a"].y, dy)
    assert np.array_equal(found["d b"].y, dy)
    assert not found["d c"].y.any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_what_is_looked_up_at_computed_places_is_added_where_it_stands(axis: int) -> None:
    graph = chained(
        Node("Cast", ("i",), ("j",), {"to": "int64"}), Node("Gather", ("x", "j"), ("y",), {"axis": axis}), inputs=("x", "i")
    )  # fmt: skip
    feeds = {"x": drawn((3, 4, 5), 0), "i": np.asarray([[2.3, 0.3, 2.4], [1.3, 2.3, 1.4]])}
    cotangent = drawn((*(3, 4, 5)[:axis], 2, 3, *(3, 4, 5)[axis + 1 :]), 1)
    found, right = gradients(graph, feeds, cotangent), differences(graph, feeds, cotangent)
    assert np.abs(found["x"] - right["x"]).max() <= NEAR
    assert not found["i"].any()


def test_what_is_not_derived_by_is_not_computed() -> None:
    graph = chained(Node("MatMul", ("x", "w"), ("y",), {}, "y"), inputs=("x", "w"))
    made = backward(graph, {"x": (2, 3), "w": (3, 4)}, "dy", {"w": "d w"})
    assert [node.kind for node in made.nodes] == ["MatMul", "Transpose", "MatMul"]
    assert made.outputs == ("y", "d w")


CAST = Node("Cast", ("i",), ("j",), {"to": "int64"})


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ((Node("Ceil", ("x",), ("y",)),), "the derivative of Ceil"),
        ((Node("Pow", ("e", "x"), ("y",)),), "the derivative of Pow by its input 1"),
        (
            (CAST, Node("Expand", ("x", "j"), ("k",)), Node("GatherElements", ("k", "j"), ("y",))),
            "the derivative of GatherElements whose input 1 is computed",
        ),
        ((Node("Resize", ("x", "", "f"), ("y",), {"mode": "linear"}),), "by weights that are rounded"),
        ((Node("Conv", ("x", "w"), ("y",), {"auto_pad": "SAME_UPPER"}),), "Conv whose padding is not spelled out"),
    ],
)
def test_an_operator_without_a_derivative_is_named(nodes: tuple[Node, ...], said: str) -> None:
    shapes = {"x": (2, 3, 4, 4), "w": (2, 3, 2, 2), "i": (1,), "e": (1,)}
    graph = chained(*nodes, inputs=("x", "w", "i", "e"), constants={"f": np.float32([1, 1, 1.3, 1])})
    with pytest.raises(Unsupported, match=said):
        backward(graph, shapes, "dy", {"x": "d x"})
