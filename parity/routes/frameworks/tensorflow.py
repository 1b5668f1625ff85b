"""The TensorFlow framework, through Keras 3."""

from __future__ import annotations

import gc
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from parity.axes import Array, Layout
from parity.cases.case import INPUT, Case
from parity.cases.parameters import Parameters
from parity.errors import Unsupported
from parity.judging.observation import Program
from parity.layers.base import as_list, stored_as
from parity.routes.options import TF32, XLA, Option

SEED = 0  #: of what layers draw at random in training


@dataclass(frozen=True)
class Training:
    """That a model is to be run in training, and the variables that are its states. Keras looks into lists, not into this."""

    states: tuple[Any, ...]


class TensorFlow:
    """Builds networks as functional Keras models on the TensorFlow backend."""

    name = "tensorflow"
    modules = ("tensorflow", "keras")
    distributions = ("tensorflow", "tensorflow-cpu", "keras")
    mend = "pip install 'parity[tensorflow]'"
    layout: Layout = "NHWC"
    native = True
    options: tuple[Option, ...] = (XLA, TF32)
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        """Import TensorFlow and Keras, fix threads and Keras' settings, and turn TF32 off."""
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import keras
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        # A person's keras.json must not decide what is compared.
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        _allow_tf32(tf, False)
        gc.freeze()  # TensorFlow's own objects stay: a collection need not look at them again

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        import tensorflow as tf

        if device == "cpu" or (device == "cuda" and tf.config.list_physical_devices("GPU")):
            return ""
        return f"tensorflow {tf.__version__} sees no {device} device"

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """There is no other number than the one it started with."""
        raise Unsupported("TensorFlow fixes its threads when it starts")

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Any:
        """The case's network as a Keras model. Its batch axis is open, as Keras' own default is and as every export has it."""
        import keras
        from keras.src.utils.naming import reset_uids  # clear_session does it too, and drops every compiled kernel

        # Keras counts through the names of layers over all that a process builds, and tf2onnx's optimisers go by names.
        reset_uids()
        shape = case.input.in_layout(self.layout)
        states: list[Any] = []
        if case.drops:
            keras.utils.set_random_seed(SEED)  # a layer takes its own seed from it when it is made
        values = {INPUT: keras.Input(shape=shape[1:], dtype="float32", name="input")}
        spelled: dict[str, list[Any]] = {}
        for node in case.network.nodes:
            x = case.tensors[node.inputs[0]]
            pieces = spelled[node.of] if node.of else as_list(node.layer.to_keras(keras, x))
            spelled[node.name] = pieces
            arguments = tuple(values[name] for name in node.inputs)
            for piece in pieces:
                arguments = (piece(*arguments),)
            values[node.name] = arguments[0]
            if stored := parameters[node.name]:
                weights = node.layer.keras_weights(x, **stored)
                owner = _load(keras, node.name, pieces, weights)
                if case.training and not tapped:
                    kept = [stored_as(node.layer, enumerate(weights), stored[name]) for name in node.layer.states()]
                    states += [owner.weights[i] for i in kept]
        names = [node.name for node in case.network.nodes]
        outputs = [values[name] for name in names] if tapped else values[names[-1]]
        model = keras.Model(values[INPUT], outputs)
        model.training_mode = Training(tuple(states)) if case.training else None
        return model

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The model on ``device``: channels-last float32 in, every output back as numpy."""
        import tensorflow as tf

        place = {"cpu": "/CPU:0", "cuda": "/GPU:0"}[device]
        training = model.training_mode
        states = () if training is None else training.states
        start = [variable.numpy() for variable in states]
        called = tf.function(model, jit_compile=True) if XLA.word in self.asked else model

        def run(x: Array) -> tuple[Array, ...]:
            _allow_tf32(tf, tf32)
            for variable, value in zip(states, start, strict=True):
                variable.assign(value)
            with tf.device(place):
                # Inference is the default. To say training=False would overrule a layer that is spelled for training.
                out = called(tf.constant(x)) if training is None else called(tf.constant(x), training=True)
            outputs = out if isinstance(out, list | tuple) else (out,)
            return tuple(o.numpy() for o in (*outputs, *states))

        return run


def _load(keras: Any, name: str, pieces: list[Any], weights: list[Array]) -> Any:
    """Copy ``weights`` into the one piece that stores weights, and give it; Keras refuses any other shape."""
    owners = [piece for piece in pieces if isinstance(piece, keras.layers.Layer) and piece.weights]
    if len(owners) != 1:
        raise ValueError(f"{name}: {len(owners)} pieces of its Keras spelling store weights; it must be one")
    owners[0].set_weights(weights)
    return owners[0]


def _allow_tf32(tf: Any, allowed: bool) -> None:
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
