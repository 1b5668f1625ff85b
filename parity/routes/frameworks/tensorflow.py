"""The TensorFlow framework, through Keras 3."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from parity.axes import Array, Layout, Shape, Tensor, to_layout
from parity.cases.case import INPUT, Case
from parity.cases.gradient import COTANGENT
from parity.cases.parameters import Parameters
from parity.errors import Unsupported
from parity.judging.observation import Program
from parity.layers.base import Layer, as_list, stored_as
from parity.routes.frameworks.placing import Placing, placing

SEED = 0  #: of what layers draw at random in training
#: How TensorFlow says that it has no kernel of a type.
_LACKS = re.compile(r"Could not find device for node|No OpKernel was registered|not in the list of allowed values")


@dataclass(frozen=True)
class Training:
    """That a model is to be run in training, and the variables that are its states. Keras looks into lists, not into this."""

    states: tuple[Any, ...]


@dataclass(frozen=True)
class Derived:
    """That a model's gradients are asked: the cotangent in the model's layout, and of each layer that stores parameters the
    variables, where its parameters lie in them, and which of these are derived by.
    """

    cotangent: Array
    kept: tuple[tuple[tuple[Any, ...], Placing, tuple[str, ...]], ...]


class TensorFlow:
    """Builds networks as functional Keras models on the TensorFlow backend."""

    name = "tensorflow"
    modules = ("tensorflow", "keras")
    distributions = ("tensorflow", "tensorflow-cpu", "keras")
    mend = "pip install 'parity[tensorflow]'"
    layout: Layout = "NHWC"
    native = True

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
        if case.chance:
            keras.utils.set_random_seed(SEED)  # a layer takes its own seed from it when it is made
        with _policy(keras, case.precision):
            return self._built(keras, case, parameters, tapped, shape[1:])

    def _built(self, keras: Any, case: Case, parameters: Parameters, tapped: bool, shape: Shape) -> Any:
        states: list[Any] = []
        derived: list[tuple[tuple[Any, ...], Placing, tuple[str, ...]]] = []
        values = {INPUT: keras.Input(shape=shape, dtype=case.input.dtype, name="input")}
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
                if case.gradient and not tapped:
                    variables = tuple(weight.value for weight in owner.weights)
                    derived.append((variables, *_placed(node.layer, x)))
        names = [node.name for node in case.network.nodes]
        outputs = [values[name] for name in names] if tapped else values[names[-1]]
        model = keras.Model(values[INPUT], outputs)
        model.training_mode = Training(tuple(states)) if case.training else None
        model.precision = case.precision
        model.derived = None
        if case.gradient and not tapped:
            cotangent = parameters[COTANGENT][case.network.output.name]
            model.derived = Derived(to_layout(cotangent, case.output, self.layout), tuple(derived))
        return model

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The model on ``device``: channels-last arrays of the case's precision in, every output back as numpy."""
        import tensorflow as tf

        place = {"cpu": "/CPU:0", "cuda": "/GPU:0"}[device]
        training = model.training_mode
        states = () if training is None else training.states
        start = [variable.numpy() for variable in states]
        if model.derived is not None:
            return _deriving(tf, model, place, tf32)

        def run(x: Array) -> tuple[Array, ...]:
            _allow_tf32(tf, tf32)
            for variable, value in zip(states, start, strict=True):
                variable.assign(value)
            with tf.device(place):
                # Inference is the default. To say training=False would overrule a layer that is spelled for training.
                try:
                    out = model(tf.constant(x)) if training is None else model(tf.constant(x), training=True)
                except (tf.errors.OpError, TypeError) as error:
                    if said := lacking(model.precision, error):
                        raise Unsupported(said) from error
                    raise
            outputs = out if isinstance(out, list | tuple) else (out,)
            return tuple(o.numpy() for o in (*outputs, *states))

        return run


def _placed(layer: Layer, x: Tensor) -> tuple[Placing, tuple[str, ...]]:
    """Where a layer's parameters lie in the variables of its Keras spelling, and which of them are derived by."""
    spelled = partial(layer.keras_weights, x)
    wanted = tuple(name for name in layer.parameters() if name not in layer.states())
    return placing(layer, lambda **numbers: enumerate(spelled(**numbers))), wanted


def _deriving(tf: Any, model: Any, place: str, tf32: bool) -> Program:
    """The network at inference with its gradients by a tape. What has no gradient gives zeros."""

    def run(x: Array) -> tuple[Array, ...]:
        _allow_tf32(tf, tf32)
        variables = [variable for each, _, _ in model.derived.kept for variable in each]
        with tf.device(place):
            leaf = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(leaf)
                out = model(leaf)
            cotangent = tf.constant(model.derived.cotangent)
            by_input, *found = tape.gradient(out, [leaf, *variables], cotangent, unconnected_gradients="zero")
        made, left = [out.numpy(), by_input.numpy()], iter(found)
        for each, placed, wanted in model.derived.kept:
            gradients = {i: next(left).numpy() for i in range(len(each))}
            made += placed.gathered(gradients, wanted)
        return tuple(made)

    return run


@contextmanager
def _policy(keras: Any, precision: str) -> Iterator[None]:
    """Layers that are made meanwhile compute and store in this type, as people set it: by the dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def lacking(precision: str, error: Exception) -> str:
    """What TensorFlow says where it has no kernel of a type; empty for any other error, and in float32, of which it has all."""
    found = (line.strip() for line in str(error).splitlines() if _LACKS.search(line))
    return f"tensorflow: {line}" if precision != "float32" and (line := next(found, "")) else ""


def _load(keras: Any, name: str, pieces: list[Any], weights: list[Array]) -> Any:
    """Copy ``weights`` into the one piece that stores weights, and give it; Keras refuses any other shape."""
    owners = [piece for piece in pieces if isinstance(piece, keras.layers.Layer) and piece.weights]
    if len(owners) != 1:
        raise ValueError(f"{name}: {len(owners)} pieces of its Keras spelling store weights; it must be one")
    owners[0].set_weights(weights)
    return owners[0]


def _allow_tf32(tf: Any, allowed: bool) -> None:
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
