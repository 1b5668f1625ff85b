"""The TensorFlow framework, through Keras 3."""

from __future__ import annotations

import gc
import os
import re
from contextlib import AbstractContextManager
from typing import Any

from parity.axes import Array, Layout
from parity.cases.case import Case
from parity.cases.parameters import Parameters
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.routes.frameworks import keras
from parity.routes.options import MIXED_BFLOAT16, MIXED_FLOAT16, TF32, XLA, Option

#: How TensorFlow says that it has no kernel of a type.
_LACKS = re.compile(r"Could not find device for node|No OpKernel was registered|not in the list of allowed values")


class TensorFlow:
    """Builds networks as functional Keras models on the TensorFlow backend."""

    name = "tensorflow"
    modules = ("tensorflow", "keras")
    distributions = ("tensorflow", "tensorflow-cpu", "keras")
    mend = "pip install 'parity[tensorflow]'"
    layout: Layout = keras.LAYOUT
    native = True
    batched = keras.BATCHED
    options: tuple[Option, ...] = (MIXED_FLOAT16, MIXED_BFLOAT16, XLA, TF32)
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        """Import TensorFlow and Keras, fix threads and Keras' settings, and turn TF32 off."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow as tf

        keras.use("tensorflow")

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
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
        """The case's network as a Keras model."""
        return keras.build(case, parameters, tapped)

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The model on ``device``: channels-last arrays of the case's precision in, every output back as numpy."""
        import tensorflow as tf

        place = {"cpu": "/CPU:0", "cuda": "/GPU:0"}[device]
        training = model.training_mode
        states = () if training is None else training.states
        start = [variable.numpy() for variable in states]
        called = tf.function(model, jit_compile=True) if XLA.word in self.asked else model
        if model.derived is not None:
            if XLA.word in self.asked:
                raise Unsupported("gradients are asked of the model as it is")
            return _deriving(tf, model, place, tf32)

        def run(x: Array) -> tuple[Array, ...]:
            _allow_tf32(tf, tf32)
            for variable, value in zip(states, start, strict=True):
                variable.assign(value)
            with tf.device(place):
                # Inference is the default. To say training=False would overrule a layer that is spelled for training.
                try:
                    out = called(tf.constant(x)) if training is None else called(tf.constant(x), training=True)
                except (tf.errors.OpError, TypeError) as error:
                    if said := lacking(model.stored, error):
                        raise Unsupported(said) from error
                    raise
            outputs = out if isinstance(out, list | tuple) else (out,)
            return tuple(o.numpy() for o in (*outputs, *states))

        return run


def _deriving(tf: Any, model: Any, place: str, tf32: bool) -> Program:
    """The network at inference with its gradients by a tape. What has no gradient gives zeros."""

    def run(x: Array) -> tuple[Array, ...]:
        _allow_tf32(tf, tf32)
        variables = [variable for each, _, _ in model.derived.kept for variable in each]
        with tf.device(place):
            leaf = tf.constant(x)
            fed = [leaf] if leaf.dtype.is_floating else []
            with tf.GradientTape() as tape:
                tape.watch(fed)
                out = model(leaf)
            cotangent = tf.constant(model.derived.cotangent)
            found = tape.gradient(out, [*fed, *variables], cotangent, unconnected_gradients="zero")
            # That of a table is handed back as the rows that were looked up.
            arrays = [tf.convert_to_tensor(each).numpy() for each in found]
        made, left = [out.numpy(), *arrays[: len(fed)]], iter(arrays[len(fed) :])
        for each, placed, wanted in model.derived.kept:
            gradients = {i: next(left) for i in range(len(each))}
            made += placed.gathered(gradients, wanted)
        return tuple(made)

    return run


def lacking(dtype: str, error: Exception) -> str:
    """What TensorFlow says where it has no kernel of the input's type; empty for any other error, and in float32, of which it has all."""
    found = (line.strip() for line in str(error).splitlines() if _LACKS.search(line))
    return f"tensorflow: {line}" if dtype != "float32" and (line := next(found, "")) else ""


def _allow_tf32(tf: Any, allowed: bool) -> None:
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
