"""The TensorFlow framework runs a network as it is spelled."""

from __future__ import annotations

from typing import Any

import pytest

from parity.axes import Tensor
from parity.cases import Case, Sequential
from parity.layers import Conv2D, Layer, layer
from tests.faults.harness import planted, run

pytest.importorskip("tensorflow", reason="builds real Keras models")
pytest.importorskip("tf2onnx", reason="exports real Keras models")


class Identity(Layer):
    """What is the identity at inference."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Identity(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Identity()


@layer
class Dropped(Identity):
    """Dropout as it is at inference; in Keras as ``training`` says."""

    training: bool | None

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        drop = keras.layers.Dropout(0.5, seed=1)
        return lambda v: drop(v, training=self.training)


@layer
class Shifted(Identity):
    """A Keras layer that adds one in training, called as ``training`` says; unlike dropout every exporter can say it."""

    training: bool | None

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        class Shift(keras.layers.Layer):  # type: ignore[misc]
            def call(self, v: Any, training: bool | None = None) -> Any:
                return v + 1 if training else v

        shift = Shift()
        return lambda v: shift(v, training=self.training)


def case(piece: Layer) -> Case:
    return Case("called", Sequential(("conv", Conv2D(3, 4, 3)), ("piece", piece)), (2, 3, 11, 14))


@pytest.mark.parametrize(
    ("piece", "route"),
    [(Shifted(True), "tensorflow"), (Shifted(True), "tensorflow>ort"), (Dropped(True), "tensorflow")],
    ids=str,
)
def test_a_layer_that_is_called_for_training_computes_as_in_training_and_is_caught(piece: Layer, route: str) -> None:
    found = run(case(piece), route, planted())
    assert (found.kind, found.born) == ("value", "piece")


@pytest.mark.parametrize("training", [None, False])
@pytest.mark.parametrize("made", [Shifted, Dropped])
@pytest.mark.parametrize("route", ["tensorflow", "tensorflow>ort"])
def test_a_layer_that_is_not_runs_for_inference(route: str, made: Any, training: bool | None) -> None:
    assert run(case(made(training)), route, planted()).kind is None
