"""A Keras run judged layer by layer: nothing honest is called wrong, and what is wrong is named at its layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.judging.nodes import node_by_node
from parity.records.model import Figure
from parity.routes.lowering.lower import Lowered, lower
from parity.routes.lowering.tapped import tapped
from tests.routes.keras_judged import drawn, feeds

SHAPE = (2, 12, 14, 3)


def network(keras: Any) -> Any:
    """Every kind of piece: turned axes at the end, an activation behind, a model inside, a permutation alone."""
    L = keras.layers
    image = keras.Input(SHAPE[1:], name="image")
    x = L.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    inner = keras.Sequential(
        [L.Input((6, 7, 6)), L.SeparableConv2D(6, 3, padding="same", name="sep"), L.BatchNormalization(name="norm")],
        name="block",
    )
    x = L.Add(name="sum")([x, inner(x)])
    x = L.AveragePooling2D(2, padding="same", name="pool")(x)
    x = L.Permute((3, 1, 2), name="turn")(x)
    x = L.LayerNormalization(name="rows")(x) * 0.7
    return drawn(keras.Model(image, L.Dense(5, activation="softmax", name="head")(L.Flatten(name="flat")(x))))


def judged(low: Lowered, run: dict[str, Array], fed: dict[str, Array]) -> dict[str, Figure]:
    """What is found of each layer on what it really got, by its value's name, in computing order."""
    values = {low.layers[path]: array for path, array in run.items()}
    return {name.partition(".")[0]: found.figure for found, name in node_by_node(low.graph, fed | values)}


def wrong(model: Any, low: Lowered) -> list[str]:
    """The layers that are wrong."""
    fed = feeds(low, (SHAPE,))
    return [name for name, figure in judged(low, tapped(model, fed), fed).items() if figure.status != "pass"]


def test_an_honest_run_has_no_wrong_layer_and_every_layer_is_judged(keras: Any) -> None:
    model = network(keras)
    low = lower(model)
    fed = feeds(low, (SHAPE,))
    found = judged(low, tapped(model, fed), fed)
    assert {figure.status for figure in found.values()} == {"pass"}
    expected = ["stem", "block/sep", "block/norm", "sum", "pool", "turn", "rows", "multiply", "flat", "head"]
    assert [name.split("_")[0] for name in found] == expected


def shift_a_weight(model: Any) -> None:
    kernel = model.get_layer("block").get_layer("sep").pointwise_kernel
    kernel.assign(kernel.numpy() * np.where(np.arange(kernel.numpy().size).reshape(kernel.shape) == 7, 1.001, 1))


def change_an_epsilon(model: Any) -> None:
    model.get_layer("block").get_layer("norm").epsilon *= 1.01


def pad_the_other_side(model: Any) -> None:
    stem = model.get_layer("stem")
    own = stem.convolution_op
    stem.convolution_op = lambda x, kernel: own(x[:, ::-1, ::-1], kernel[::-1, ::-1])[:, ::-1, ::-1]


def forget_a_bias(model: Any) -> None:
    model.get_layer("head").bias.assign(np.zeros(5))


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (shift_a_weight, "block/sep"),
        (change_an_epsilon, "block/norm"),
        (pad_the_other_side, "stem"),
        (forget_a_bias, "head"),
    ],
)
def test_a_layer_that_computes_something_else_is_the_only_one_named(keras: Any, plant: Any, named: str) -> None:
    model = network(keras)
    low = lower(model)
    plant(model)
    assert wrong(model, low) == [named]
