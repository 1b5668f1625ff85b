"""Networks: wiring, names, shapes after each layer and what one element sees of the input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import Tensor
from parity.cases import Case
from parity.cases.network import INPUT, Graph, Network, Node, Sequential, as_network
from parity.cases.parameters import draw_parameters
from parity.cases.registry import Registry
from parity.errors import FieldError, Unsupported
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Draw,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2D,
    MultiHeadAttention,
    Permute,
    ReLU,
    Reshape,
    Roll,
    WindowPartition,
    layer,
)
from parity.layers.definition import define
from tests.unit.strategies import reference


def test_layers_in_a_row_are_named_by_kind_and_number() -> None:
    network = Sequential(Conv2D(3, 4, 3), ReLU(), Conv2D(4, 5, 3), ReLU(), ("head", Flatten()))
    assert [node.name for node in network.nodes] == ["conv2d1", "relu1", "conv2d2", "relu2", "head"]
    assert [node.inputs for node in network.nodes] == [(INPUT,), ("conv2d1",), ("relu1",), ("conv2d2",), ("relu2",)]
    assert network.output.name == "head"


def test_a_graph_reads_by_name_and_its_last_node_is_the_output() -> None:
    network = Graph(
        conv=(Conv2D(3, 3, 3, padding=1), "input"),
        join=(Add(), "conv", "input"),
        both=(Concatenate(), "join", "conv"),
    )
    shapes = {name: tensor.shape for name, tensor in network.trace(Tensor((2, 3, 5, 7))).items()}
    assert shapes == {"input": (2, 3, 5, 7), "conv": (2, 3, 5, 7), "join": (2, 3, 5, 7), "both": (2, 6, 5, 7)}
    assert network.output.name == "both"


def test_a_single_layer_is_the_network_of_one_node() -> None:
    (node,) = as_network(Conv2D(3, 4, 3)).nodes
    assert node == Node("conv2d", Conv2D(3, 4, 3), (INPUT,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(()), "Network: nodes=() must hold at least one layer"),
        (lambda: Sequential(("a", ReLU()), ("a", ReLU())), "Network: nodes='a' names two nodes"),
        (lambda: Sequential(("input", ReLU())), "Network: nodes='input' names two nodes"),
        (lambda: Sequential(("a.b", ReLU())), "Network: nodes='a.b' must name a node as Python names a variable"),
        (lambda: Sequential(("a", ReLU)), "Network node 'a': layer="),  # type: ignore[arg-type]
        (lambda: Graph(a=(ReLU(), "b")), "Network node 'a': inputs='b' names no earlier node; there are input"),
        (lambda: Graph(a=(ReLU(), "b"), b=(ReLU(), "input")), "Network node 'a': inputs='b' names no earlier node"),
        (lambda: Graph(a=(ReLU(),)), "Network node 'a': inputs=() must name as many nodes as the layer reads: 1"),  # type: ignore[arg-type]
        (
            lambda: Graph(a=(ReLU(), "input", "input")),
            "Network node 'a': inputs=('input', 'input') must name as many nodes as the layer reads: 1",
        ),
        (
            lambda: Graph(a=(Add(), "input")),
            "Network node 'a': inputs=('input',) must name as many nodes as the layer reads: two or more",
        ),
        (lambda: as_network(Concatenate()), "must name as many nodes as the layer reads: two or more"),
        (
            lambda: Graph(a=(ReLU(), "input"), b=(ReLU(), "input")),
            "Network: nodes='a' is read by no later node; wire it or remove it",
        ),
        (lambda: Graph(a=("b", "input")), "Network node 'a': layer='b' must be a layer, or an earlier node"),
        (
            lambda: Graph(a=(ReLU(), "input"), b=("a", "a"), c=("b", "b")),
            "Network node 'c': layer='b' must be a layer, or an earlier node that has one of its own: a",
        ),
        (
            lambda: Network((Node("a", ReLU(), (INPUT,)), Node("b", Flatten(), ("a",), of="a"))),
            "Network node 'b': of='a' must name the node that has this layer",
        ),
    ],
)
def test_wrong_wiring_is_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Sequential(("first", Conv2D(3, 4, 3)), ("second", Conv2D(5, 6, 3))), "second: Conv2D: in_channels=5"),
        (Sequential(("small", MaxPool2D(9)), ("next", ReLU())), "small: MaxPool2D: kernel="),
        (Sequential(("fc", Linear(7, 2))), "fc: Linear: in_features=7"),
        (
            Sequential(("flatten", Flatten()), ("pool", AvgPool2D(2))),
            "pool: AvgPool2D: kernel=2 needs an image (N, C, H, W)",
        ),
        (
            Graph(conv=(Conv2D(3, 4, 3, padding=1), "input"), join=(Add(), "conv", "input")),
            "node 'join': inputs=('conv', 'input') do not fit: Add: inputs [(2, 4, 5, 7), (2, 3, 5, 7)]",
        ),
        (
            Graph(pool=(MaxPool2D(2), "input"), both=(Concatenate(), "pool", "input")),
            "node 'both': inputs=('pool', 'input') do not fit: Concatenate",
        ),
        (
            Graph(conv=(Conv2D(3, 3, 3), "input"), again=("conv", "conv")),
            "node 'again': inputs=('conv',) have the shapes ((2, 3, 3, 5),); a layer that is shared is spelled once, for ((2, 3, 5, 7),)",
        ),
    ],
)
def test_an_input_that_does_not_fit_names_the_node(network: Network, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        network.trace(Tensor((2, 3, 5, 7)))
    assert message in str(caught.value)


def test_a_layer_in_two_places_has_one_set_of_parameters_and_is_told_from_two_layers() -> None:
    shared = Graph(conv=(Conv2D(3, 3, 1), "input"), again=("conv", "conv"))
    apart = Graph(conv=(Conv2D(3, 3, 1), "input"), again=(Conv2D(3, 3, 1), "conv"))
    case = Case("shared", shared, (2, 3, 5, 7))
    assert [node.owner for node in shared.nodes] == ["conv", "conv"]
    assert {name: sorted(stored) for name, stored in draw_parameters(case, 0).items()} == {
        "conv": ["bias", "weight"],
        "again": [],
    }
    assert case.graph.inputs == ("input", "conv.weight", "conv.bias")
    assert [node.inputs[1:] for node in case.graph.nodes] == [("conv.weight", "conv.bias")] * 2
    assert shared.spec() != apart.spec()
    with pytest.raises(FieldError, match=r"names no parameter; there are conv\.bias, conv\.weight"):
        Case("shared", shared, (2, 3, 5, 7), draws={"again.weight": Draw()})


def test_a_shared_layer_with_states_is_refused_in_training() -> None:
    shared = Graph(norm=(BatchNorm2D(3), "input"), again=("norm", "norm"))
    assert Case("shared", shared, (2, 3, 5, 7)).output.shape == (2, 3, 5, 7)
    with pytest.raises(
        FieldError, match="is shared by norm and again, so two calls of one step would change its states"
    ):
        Case("shared", shared, (2, 3, 5, 7), mode="training")


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (MultiHeadAttention(6, 2, axes="hw"), (2, 6, 5, 7)),
        (MultiHeadAttention(6, 2, axes="w"), (2, 6, 5, 7)),
        (Roll((1, 0)), (2, 6, 5, 7)),
        (WindowPartition((5, 7)), (2, 6, 5, 7)),
        (Permute((1, 3, 2)), (2, 6, 5, 7)),
        (Reshape((6, 35)), (2, 6, 5, 7)),
        (Sequential(Reshape((6, 35)), Conv1D(6, 4, 3)), (2, 6, 5, 7)),
        (Sequential(Flatten(), Reshape((6, 35)), Conv1D(6, 4, 3)), (2, 6, 5, 7)),
    ],
    ids=str,
)
def test_what_moves_places_or_mixes_them_claims_no_window(model: Layer | Network, shape: tuple[int, ...]) -> None:
    network = as_network(model)
    assert network.receptive_fields(Tensor(shape))[network.output.name] is None


def test_simple_cnn_has_the_shapes_of_the_chapter(registry: Registry) -> None:
    case = registry.cases["simple_cnn"]
    shapes = {name: tensor.shape for name, tensor in case.tensors.items()}
    assert shapes == {
        "input": (1, 3, 224, 224),
        "conv1": (1, 16, 224, 224),
        "relu1": (1, 16, 224, 224),
        "pool1": (1, 16, 112, 112),
        "conv2": (1, 32, 112, 112),
        "relu2": (1, 32, 112, 112),
        "pool2": (1, 32, 56, 56),
        "flatten": (1, 32 * 56 * 56),
        "fc": (1, 10),
    }
    assert case.tensors["pool2"].in_layout("NHWC") == (1, 56, 56, 32)


def test_simple_cnn_sees_ten_pixels_after_its_last_pool_and_all_after_the_dense_layer(registry: Registry) -> None:
    case = registry.cases["simple_cnn"]
    fields = case.network.receptive_fields(case.input)
    assert fields["conv1"] == fields["relu1"] == (3, 3)
    assert fields["pool1"] == (4, 4)
    assert fields["conv2"] == (8, 8)
    assert fields["pool2"] == fields["flatten"] == (10, 10)
    assert fields["fc"] is None


def test_vgg16_takes_224_pixels_to_7_and_sees_212_of_them(registry: Registry) -> None:
    case = registry.cases["vgg16_features"]
    assert case.output.shape == (1, 512, 7, 7)
    assert sum(isinstance(node.layer, Conv2D) for node in case.network.nodes) == 13
    fields = case.network.receptive_fields(case.input)
    pools = {name: field for name, field in fields.items() if name.startswith("pool")}
    # Araujo, Norris and Sim (Distill 2019) give 212 for the last pool.
    expected = {"pool1": (6, 6), "pool2": (16, 16), "pool3": (44, 44), "pool4": (100, 100), "pool5": (212, 212)}
    assert pools == expected


WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.booleans())


@settings(max_examples=40)
@given(st.lists(WINDOWS, min_size=1, max_size=3), st.lists(WINDOWS, min_size=1, max_size=3))
def test_a_receptive_field_spans_the_inputs_that_move_an_output_element(
    rows: list[tuple[int, int, int, bool]], columns: list[tuple[int, int, int, bool]]
) -> None:
    layers: list[Conv2D | AvgPool2D] = []
    for (kh, sh, dh, pool), (kw, sw, dw, _) in zip(rows, columns, strict=False):
        if pool:
            layers.append(AvgPool2D((kh, kw), (sh, sw)))
        else:
            layers.append(Conv2D(1, 1, (kh, kw), stride=(sh, sw), dilation=(dh, dw), bias=False))
    network = Sequential(*layers)
    size = (2, 2)  # two output elements by two
    for each in reversed(layers):
        window = define(each, (Tensor((1, 1, 99, 99)),)).window
        spans = [(k - 1) * d + 1 for k, d in zip(window.kernel, window.dilation, strict=True)]
        size = tuple((n - 1) * s + span for n, s, span in zip(size, window.stride, spans, strict=True))  # type: ignore[assignment]
    field = network.receptive_fields(Tensor((1, 1, *size)))[network.output.name]

    moved = np.zeros(size, bool)  # by which input pixels output element (1, 1) is moved
    for place in np.ndindex(*size):
        y = np.zeros((1, 1, *size))
        y[0, 0, *place] = 1
        for each in layers:
            weights = {name: np.ones(p.shape) for name, p in each.parameters().items()}
            y = reference(each, y, **weights)
        assert y.shape == (1, 1, 2, 2)
        moved[place] = y[0, 0, 1, 1] != 0
    spans = [np.flatnonzero(moved.any(axis=axis)) for axis in (1, 0)]
    assert field == tuple(found[-1] - found[0] + 1 for found in spans)


def test_where_branches_join_the_wider_field_counts() -> None:
    network = Graph(
        wide=(Conv2D(3, 3, 5, padding=2), "input"),
        join=(Add(), "wide", "input"),
        pool=(MaxPool2D(2), "join"),
        last=(Conv2D(3, 3, 3, padding=1), "pool"),
    )
    fields = network.receptive_fields(Tensor((2, 3, 8, 10)))
    assert (fields["join"], fields["pool"], fields["last"]) == ((5, 5), (6, 6), (10, 10))


def test_behind_a_transposed_convolution_neighbours_lie_nearer_in_the_input() -> None:
    network = Sequential(
        ("half", Conv2D(3, 4, 3, stride=2, padding=1)),
        ("up", ConvTranspose2D(4, 4, 4, 2, 1)),
        ("next", Conv2D(4, 4, 3, padding=1)),
        ("twice", ConvTranspose2D(4, 4, 2, 2)),
    )
    fields = network.receptive_fields(Tensor((2, 3, 16, 14)))
    assert fields == {"input": (1, 1), "half": (3, 3), "up": (5, 5), "next": (7, 7), "twice": (7, 7)}


@layer
class Shuffle(Layer):
    """Channels become places: no window says what an element sees."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.DepthToSpace(x, blocksize=2)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.PixelShuffle(2)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        raise Unsupported("nobody runs it here")


def test_where_places_move_and_no_window_says_how_everything_may_be_seen() -> None:
    network, x = Sequential(("shuffle", Shuffle())), Tensor((2, 4, 5, 7))
    assert network.sees(x, "shuffle", (9, 13)) == ((0, 4), (0, 6), False)
    assert network.receptive_fields(x)["shuffle"] is None


def test_specs_tell_wiring_and_layers_apart() -> None:
    networks = [
        Sequential(ReLU()),
        Sequential(LeakyReLU()),
        Sequential(("other", ReLU())),
        Graph(a=(ReLU(), "input"), b=(Add(), "a", "input")),
        Graph(a=(ReLU(), "input"), b=(Add(), "input", "a")),
    ]
    assert len({str(network.spec()) for network in networks}) == len(networks)
