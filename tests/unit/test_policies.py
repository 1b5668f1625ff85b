"""Policies of two types: which layer is computed in which, what is cast, what is known to the bit, and what nobody says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from parity import layers as every
from parity.cases import Case, Graph, KnownDivergence, Network, Sequential
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.policies import KNOWN, LOWERED, POLICIES, PROMOTED, WIDENED, under
from parity.cases.probes import exact_below
from parity.errors import FieldError, Unsupported
from parity.judging.fed import feeds_of, settled
from parity.judging.judge import Judge
from parity.judging.oracle import truths
from parity.layers import (
    Add,
    AvgPool3D,
    BatchNorm2D,
    Conv2D,
    Conv3D,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    LayerScale,
    Linear,
    LocalResponseNorm,
    Pad2D,
    PReLU,
    ReLU,
    Softmax,
)
from parity.operators.formats import rounded
from parity.operators.graph import as_value, walk

IMAGE, CONV = (2, 4, 10, 14), Conv2D(4, 4, 3, padding=1)
WORDS = tuple(POLICIES)


def case(model: Layer | Network, shape: tuple[int, ...] = IMAGE, **more: object) -> Case:
    return Case("net", model, shape, **more)  # type: ignore[arg-type]


def types(word: str, model: Layer | Network, shape: tuple[int, ...] = IMAGE) -> dict[str, str]:
    found = under(case(model, shape), [word], "cpu")
    return {name: tensor.dtype for name, tensor in found.tensors.items() if name != "input"}


@pytest.mark.parametrize(
    ("layer", "alone", "behind"),
    [
        (CONV, "bfloat16", "bfloat16"),
        (PReLU(4), "bfloat16", "bfloat16"),
        (PReLU((4, 10, 14)), "float32", "float32"),
        (ReLU(), "float32", "bfloat16"),
        (Softmax(1), "float32", "bfloat16"),
        (BatchNorm2D(4), "float32", "bfloat16"),
        (LayerNorm("W", 14), "float32", "bfloat16"),
        (LayerScale(4), "float32", "float32"),
        (Pad2D(1), "float32", "bfloat16"),
        (Pad2D(1, "reflect"), "float32", "float32"),
    ],
    ids=str,
)
def test_autocast_computes_a_layer_in_what_torch_documents(layer: Layer, alone: str, behind: str) -> None:
    assert types("autocast", layer) == {layer.kind: alone}
    assert types("autocast", Sequential(("conv", CONV), ("then", layer))) == {"conv": "bfloat16", "then": behind}


def test_autocast_promotes_to_the_widest_and_pools_volumes_in_float32() -> None:
    both = Graph(conv=(CONV, "input"), relu=(ReLU(), "conv"), add=(Add(), "conv", "relu"), sum=(Add(), "add", "input"))
    assert types("autocast", both) == {"conv": "bfloat16", "relu": "bfloat16", "add": "bfloat16", "sum": "float32"}
    volume = Sequential(("conv", Conv3D(4, 4, 3)), ("pool", AvgPool3D(2)))
    assert types("autocast", volume, (2, 4, 5, 7, 9)) == {"conv": "bfloat16", "pool": "float32"}


@pytest.mark.parametrize("word", ["mixed_float16", "mixed_bfloat16"])
def test_a_policy_of_keras_computes_every_layer_in_the_lower_type(word: str) -> None:
    low = word.removeprefix("mixed_")
    model = Sequential(BatchNorm2D(4), LayerNorm("W", 14), ReLU(), Flatten(), Linear(560, 3))
    assert {*types(word, model).values()} == {low}
    found = case(Embedding(10, 5), (2, 7), dtype="int64", below=10)
    assert under(found, [word], "cpu").output.dtype == low
    assert types(word, LayerNorm("W", 14)) == {"layernorm": low}


def test_keras_normalises_by_what_is_stored_and_a_sample_as_it_comes() -> None:
    for layer, read in ((BatchNorm2D(4), "bfloat16"), (LayerNorm("W", 14), "float32")):
        node = under(case(layer), ["mixed_bfloat16"], "cpu").network.output
        assert (node.types.reads or "float32", node.types.stored) == (read, "float32")


@pytest.mark.parametrize("word", WORDS)
def test_what_is_fed_and_cast_is_known_to_the_bit(word: str) -> None:
    low = POLICIES[word].low
    made = under(case(CONV), [word], "cpu")
    x, stored = draw_input(made, 0), draw_parameters(made, 0)["conv2d"]
    fed = {"input": as_value(x)} | {f"conv2d.{name}": as_value(array) for name, array in stored.items()}
    graph, feeds = settled(made.graph, fed)
    (truth,) = truths(graph, feeds).values()
    alike = case(CONV, precision=low)
    half = {name: as_value(rounded(value.y, low)) for name, value in fed.items()}
    (same,) = truths(alike.graph, half).values()
    np.testing.assert_array_equal(truth.y, same.y)
    np.testing.assert_array_equal(truth.allowed(), same.allowed())
    assert truth.dtype == low
    by_layer = feeds_of(made.definition(made.network.output), [x], stored)
    np.testing.assert_array_equal(by_layer["x0"].y, rounded(x, low).astype(np.float64))
    assert not np.array_equal(by_layer["weight"].y, stored["weight"])


def test_what_was_computed_before_it_is_cast_is_off_by_as_much_as_storing_it() -> None:
    made = under(case(Sequential(("norm", BatchNorm2D(4)), ("conv", CONV))), ["autocast"], "cpu")
    graph, feeds = settled(made.graph, Judge(made, 0)._feeds("data"))
    assert [node.inputs for node in graph.nodes if node.kind == "Cast"] == [("norm",)]
    (loose,) = truths(graph, feeds).values()
    read = walk(replace(graph, outputs=("norm",)), feeds)["norm"].y
    (sharp,) = truths(*settled(graph, feeds | {"norm": as_value(read.astype(np.float32))})).values()
    assert np.median(loose.allowed() / sharp.allowed()) > 1.2


@pytest.mark.parametrize("word", WORDS)
def test_whole_numbers_are_exact_below_what_the_lower_type_holds(word: str) -> None:
    assert exact_below(under(case(CONV), [word], "cpu")) == {"float16": 2**11, "bfloat16": 2**8}[POLICIES[word].low]
    assert exact_below(case(CONV)) == 2**24


@dataclass(frozen=True, repr=False)
class Another(ReLU):
    """A layer of somebody's own."""


@pytest.mark.parametrize(
    ("given", "word", "device", "said"),
    [
        (case(Another()), "autocast", "cpu", "relu: nobody says which functions of torch"),
        (case(Another()), "mixed_float16", "cpu", "relu: nobody says which layers of Keras"),
        (
            case(Sequential(("a", CONV), ("b", LocalResponseNorm(3)))),
            "autocast",
            "cpu",
            "b: torch composes a localresp",
        ),
        (case(CONV), "autocast", "cuda", "parity has what is documented of cpu, not of cuda"),
        (case(CONV, precision="float16"), "autocast", "cpu", "that are stored in float32"),
        (case(CONV, mode="training"), "mixed_float16", "cpu", "of networks at inference"),
    ],
)
def test_what_no_policy_speaks_of_is_unsupported(given: Case, word: str, device: str, said: str) -> None:
    with pytest.raises(Unsupported, match=rf"^\+{word}: .*{said}"):
        under(given, [word], device)


def test_no_option_leaves_a_case_as_it_is_and_none_is_declared_under_a_policy() -> None:
    plain = case(CONV)
    assert under(plain, ["compile"], "cpu") is plain
    again = under(plain, ["autocast"], "cpu")
    assert under(again, ["autocast"], "cpu") is again
    with pytest.raises(FieldError, match="policy='autocast' must be left out"):
        case(CONV, policy="autocast")


def test_a_layer_is_in_one_table_of_torch_at_most() -> None:
    assert not (LOWERED & WIDENED | LOWERED & PROMOTED | WIDENED & PROMOTED)
    assert {each for each in KNOWN if issubclass(each, Layer)} >= {getattr(every, name) for name in ("ReLU", "Conv2D")}


def test_a_divergence_of_a_type_holds_where_a_policy_computes_in_it() -> None:
    entry = KnownDivergence(routes="torch", precision="bfloat16", kind="value", reason="some", evidence="none")
    assert entry.covers(case(CONV), "torch+autocast")
    assert not entry.covers(case(CONV), "torch")
    assert not entry.covers(case(CONV), "torch+compile")
    assert entry.covers_any([case(CONV)], ["torch", "torch+autocast"])
