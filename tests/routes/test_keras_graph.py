"""A Keras model as a graph of operators: names, models inside models, what is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Shape
from parity.errors import Unsupported
from parity.judging.oracle import truths
from parity.operators.file import write
from parity.operators.graph import as_value, walk
from parity.routes.lowering.lower import Lowered, lower
from parity.routes.lowering.tapped import tapped
from parity.routes.lowering.twin import twin
from tests.routes.keras_cases import CASES
from tests.routes.keras_judged import assert_alike, assert_honest, built, drawn, every_value, feeds, widened

ROOT = Path(__file__).parents[2]

# ---- models -----------------------------------------------------------------------------------------------------------


def branched(keras: Any) -> Any:
    """Two inputs in a dictionary, a model inside called twice, a sequence inside that, operations, two outputs."""
    L, ops = keras.layers, keras.ops
    tail = keras.Sequential(
        [L.Input((5, 6, 4)), L.Conv2D(4, 3, padding="same", name="conv"), L.ReLU(name="act")], name="tail"
    )
    inner = keras.Input((5, 6, 4), name="x")
    block = keras.Model(inner, L.Add(name="sum")([tail(inner), L.BatchNormalization(name="norm")(inner)]), name="block")
    image, factor = keras.Input((10, 12, 3), name="image"), keras.Input((4,), name="factor")
    x = block(block(L.Conv2D(4, 3, strides=2, padding="same", name="stem")(image)))
    scale = ops.sigmoid(L.Dense(4, name="gate")(factor))[:, None, None, :]
    x = x * scale / 1.7 - 0.1
    pooled = ops.mean(x[:, 1:, ::-2], axis=(1, 2))
    table = np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)
    rows = ops.matmul(ops.reshape(x, (-1, 30, 4)), table)
    outputs = {
        "mean": L.Dropout(0.5, name="drop")(pooled),
        "attended": ops.sum(ops.softmax(rows, axis=1) * rows, axis=1),
    }
    return drawn(keras.Model({"image": image, "factor": factor}, outputs, name="net"))


SHAPES = {"image": (2, 10, 12, 3), "factor": (2, 4)}


def fed_by_name(low: Lowered) -> dict[str, Array]:
    return feeds(low, tuple(SHAPES[name] for name in low.inputs))


def test_every_layer_of_a_model_with_models_inside_is_what_the_twin_computes(keras: Any) -> None:
    model = branched(keras)
    low, wide_model = lower(model), twin(model)
    fed = fed_by_name(low)
    assert set(low.inputs) == {"image", "factor"}
    assert set(low.outputs) == {"mean", "attended"}
    assert_honest(low, model, fed)
    wide = lower(wide_model)
    truth = truths(
        replace(wide.graph, outputs=tuple(wide.layers.values())), {k: as_value(v) for k, v in widened(fed).items()}
    )
    theirs = tapped(wide_model, widened(fed))
    assert list(theirs) == list(low.layers)
    for path, ours in every_value(low, fed).items():
        true = truth[wide.layers[path]]
        assert theirs[path].dtype == np.float64, path
        np.testing.assert_array_equal(ours, true.y, err_msg=path)
        assert (np.abs(theirs[path] - true.y) <= true.allowed()).all(), path


def test_layers_are_called_by_the_models_they_lie_in_and_operators_by_their_layer(keras: Any) -> None:
    low = lower(branched(keras))
    paths = [
        "stem",
        "block/tail/conv",
        "block/tail/act",
        "block/tail",
        "block/norm",
        "block",
        "block#2/tail/conv",
        "drop",
    ]
    assert [path for path in paths if path not in low.layers] == []
    assert low.layers["block/tail/conv"] == "block/tail/conv"
    assert low.layers["block/tail"] == "block/tail/act"  # what a model gives is what its last layer gives
    kinds = [node.kind for node in low.graph.nodes if node.scope == "block#2/tail/conv"]
    assert kinds == ["Transpose", "Transpose", "Conv", "Transpose"]
    assert "block/tail/conv.kernel" in low.graph.constants
    assert not any(name.startswith("block#2") for name in low.graph.constants)  # one layer, one set of weights
    assert low.graph.without_rule() == []


def test_a_layer_that_gives_its_input_has_a_value_of_its_own(keras: Any) -> None:
    row = keras.Input((5,), name="row")
    low = lower(keras.Model(row, keras.layers.Activation("linear", name="same")(row)))
    assert low.layers == {"row": "row", "same": "same"}


def test_weights_are_stored_as_the_model_stores_them(keras: Any) -> None:
    model = built(keras, CASES["conv same strided"])
    stored = lower(model).graph.constants
    for variable in model.weights:
        (found,) = (array for name, array in stored.items() if name.endswith(f".{variable.name}"))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, variable.numpy())


def test_a_graph_takes_a_batch_of_any_size(keras: Any) -> None:
    model = branched(keras)
    low = lower(model)
    fed = {name: v[:1] for name, v in fed_by_name(low).items()}
    assert_honest(low, model, fed)


def test_open_axes_are_those_that_are_given(keras: Any) -> None:
    image = keras.Input((None, None, 3), name="image")
    model = drawn(keras.Model(image, keras.layers.Conv2D(4, 3, strides=2, padding="same")(image)))
    for shape in ((2, 7, 9, 3), (2, 8, 6, 3)):
        low = lower(model, {"image": shape})
        assert_honest(low, model, feeds(low, (shape,)))
    with pytest.raises(Unsupported, match=r"input 'image' of shape .* has open axes"):
        lower(model)
    with pytest.raises(Unsupported, match="cannot be of shape"):
        lower(model, {"image": (2, 7, 9, 4)})


def test_half_types_are_cast_where_keras_casts_them(keras: Any) -> None:
    L = keras.layers
    policy = dict(dtype="mixed_float16")
    image = keras.Input((7, 9, 3))
    x = L.BatchNormalization(**policy)(L.Conv2D(4, 3, name="conv", **policy)(image))
    model = drawn(keras.Model(image, L.Dense(3, dtype="float32")(L.GlobalAveragePooling2D(**policy)(x))))
    low = lower(model)
    fed = feeds(low, ((2, 7, 9, 3),))
    values = walk(low.graph, {k: as_value(v) for k, v in fed.items()}, keep=low.layers.values())
    theirs = tapped(model, fed)
    assert [values[name].dtype for name in low.layers.values()] == [v.dtype.name for v in theirs.values()]
    assert_honest(low, model, fed)
    assert {v.dtype.name for v in tapped(twin(model), fed).values()} == {"float64"}
    assert {array.dtype.name for name, array in low.graph.constants.items() if name.endswith("kernel")} == {"float32"}
    (cast,) = (node for node in low.graph.nodes if "conv.kernel" in node.inputs)
    assert (cast.kind, cast.attributes["to"]) == ("Cast", "float16")


def test_a_sequence_is_lowered_and_twinned_as_a_graph_is(keras: Any) -> None:
    L = keras.layers
    model = drawn(keras.Sequential([L.Input((7, 9, 3), name="image"), L.Conv2D(4, 3), L.Flatten(), L.Dense(3, "tanh")]))
    assert lower(model).inputs == ("image",)
    assert_alike(model, ((2, 7, 9, 3),))


def test_the_twin_has_the_statistics_that_a_layer_was_adapted_to(keras: Any) -> None:
    scaled = keras.layers.Normalization()
    scaled.adapt(np.random.default_rng(3).normal(5, 3, (100, 5)))
    row = keras.Input((5,))
    assert_alike(keras.Model(row, scaled(row)), ((3, 5),))


def test_the_twin_s_numbers_are_not_those_of_float32(keras: Any) -> None:
    row = keras.Input((5,), name="row")
    made = twin(keras.Model(row, keras.layers.Rescaling(1 / 3, name="third")(row)))
    np.testing.assert_array_equal(tapped(made, {"row": np.ones((1, 5))})["third"], 1 / 3)


def test_a_layer_of_one_s_own_is_run_and_twinned_though_it_is_not_lowered(keras: Any) -> None:
    @keras.saving.register_keras_serializable("tests")
    class Twice(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x * 2

    row = keras.Input((5,), name="row")
    model = keras.Model(row, Twice(name="twice")(row))
    for made in (model, twin(model)):
        np.testing.assert_array_equal(tapped(made, {"row": np.ones((1, 5))})["twice"], 2.0)


def test_a_model_that_keras_cannot_make_again_has_no_twin(keras: Any) -> None:
    class Unknown(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    row = keras.Input((5,))
    with pytest.raises(
        Unsupported, match=r"model 'net' cannot be made again from its configuration: TypeError: .*Unknown"
    ):
        twin(keras.Model(row, Unknown()(row), name="net"))


def test_other_backends_have_no_twin(keras: Any) -> None:
    pytest.importorskip("torch", reason="runs Keras on torch")
    program = """
import keras
from parity.routes.lowering.twin import twin
row = keras.Input((5,))
twin(keras.Model(row, keras.layers.Dense(3)(row), name="net"))
"""
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert "Unsupported: model 'net' has no twin in float64: Keras computes in float32 on torch" in done.stderr


@pytest.mark.parametrize(
    "name", ["conv same strided", "transposed same", "layer norm of two axes", "lstm from a state", "attention"]
)
def test_a_lowered_model_is_a_file_that_onnx_takes(keras: Any, name: str) -> None:
    pytest.importorskip("onnx", reason="writes a file")
    low = lower(built(keras, CASES[name]))
    fed = feeds(low, CASES[name].shapes)
    values = walk(low.graph, {k: as_value(v) for k, v in fed.items()})
    shapes = {name: values[name].y.shape for name in low.graph.outputs}
    written = write(low.graph, {k: (v.shape, v.dtype.name) for k, v in fed.items()}, {}, shapes)
    assert [o.name for o in written.graph.output] == list(low.outputs.values())


def test_outputs_have_names_of_their_own(keras: Any) -> None:
    row = keras.Input((5,), name="row")
    y = keras.layers.Dense(3, name="d")(row)
    low = lower(keras.Model(row, [y, y, row]))
    assert list(low.outputs) == ["d[0]", "d[1]", "row"]
    assert len({*low.outputs.values(), "row"}) == 4


# ---- what is not lowered ------------------------------------------------------------------------------------------------


def quantised(model: Any) -> Any:
    model.quantize("int8")
    return model


def twice_named(keras: Any) -> Any:
    row, layer = keras.Input((4,)), keras.layers.Dense(4, name="d")
    return keras.Model(row, keras.layers.Dense(4, name="d#2")(layer(layer(row))))


def refusals(keras: Any) -> dict[str, tuple[Any, str]]:
    """What cannot be lowered: a model, and what is said of it."""
    L = keras.layers

    class Mine(L.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x * 2

    class MyDense(L.Dense):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return super().call(x) + 1

    class Net(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    def of(layer: Any, shape: Shape = (4,), **how: Any) -> Any:
        x = keras.Input(shape)
        return keras.Model(x, layer(x, **how))

    sparse = keras.Input((4,), sparse=True, name="s")

    def relu(x: Any) -> Any:
        return x * 2

    namesake = type("Dense", (L.Layer,), {"__module__": "my.net.layers", "call": lambda self, x: x})
    disagreeing = L.Dense(3, name="d")
    disagreeing.compute_output_spec = lambda x: keras.KerasTensor((None, 4))  # type: ignore[method-assign]
    own_call = L.Dense(3, name="patched")
    own_call.call = lambda x: x  # type: ignore[method-assign]
    return {
        "a layer of one's own": (of(Mine(name="mine")), r"layer 'mine' \(Mine\) has no rule; it is a class of its own"),
        "a class made of Keras' own": (
            of(MyDense(3, name="d")),
            r"layer 'd' \(MyDense\) has no rule.*may compute something",
        ),
        "a layer without a rule": (
            of(L.ConvLSTM1D(3, 2, name="rnn"), (4, 5, 2)),
            r"layer 'rnn' \(ConvLSTM1D\) has no rule; compose",
        ),
        "a function": (of(L.Lambda(lambda v: v, name="f")), r"layer 'f' \(Lambda\) has no rule"),
        "an activation of one's own": (
            of(L.Dense(3, activation=lambda v: v, name="d")),
            r"'d' \(Dense\): activation <lambda>",
        ),
        "an activation that is called as Keras' own": (
            of(L.Dense(3, activation=relu, name="d")),
            r"'d' .*activation relu has no",
        ),
        "a layer that is called as Keras' own": (
            of(namesake(name="n")),
            r"'n' \(Dense\) has no rule; it is a class of its own",
        ),
        "a shape that is not the rule's": (
            of(disagreeing),
            r"'d' \(Dense\) gives \(4,\) float32 .* and its rule \(3,\) float32",
        ),
        "a setting": (
            of(L.Resizing(3, 3, interpolation="lanczos3", name="r"), (5, 5, 1)),
            r"'r' \(Resizing\): interpol",
        ),
        "training": (of(L.BatchNormalization(name="bn"), training=True), r"'bn' .* called with training=True"),
        "a mask": (of(L.Embedding(5, 2, mask_zero=True, name="e")), r"'e' \(Embedding\): mask_zero"),
        "a call set on the object": (of(own_call), r"'patched' \(Dense\) has a call of its own"),
        "a quantised layer": (quantised(of(L.Dense(3, name="d"))), r"'d' \(Dense\) is quantised \(int8\)"),
        "a quantised part": (
            quantised(of(lambda x: L.MultiHeadAttention(1, 2)(x, x), (3, 4))),
            r"its part 'query' is quantised",
        ),
        "a sparse input": (keras.Model(sparse, L.Dense(3)(sparse)), r"input 's' is sparse"),
        "one name for two": (twice_named(keras), r"two layers are called 'd#2'"),
        "a model that is a class": (Net(name="net"), r"model 'net' \(Net\) is a class with a call of its own"),
        "such a model inside": (of(Net(name="net")), r"layer 'net' \(Net\) has no rule"),
        "a model that is not built": (keras.Sequential([L.Dense(3)], name="seq"), r"model 'seq' is not built"),
    }


def test_what_has_no_rule_is_named(keras: Any) -> None:
    for what, (model, said) in refusals(keras).items():
        with pytest.raises(Unsupported) as raised:
            lower(model)
        assert re.search(said, str(raised.value)), f"{what}: {raised.value}"


def test_an_input_that_is_not_fed_is_named(keras: Any) -> None:
    with pytest.raises(Unsupported, match="no values for the inputs image"):
        tapped(branched(keras), {"factor": np.zeros((2, 4), np.float32)})
