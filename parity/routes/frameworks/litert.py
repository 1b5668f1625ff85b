"""LiteRT, which was TensorFlow Lite: a Keras model converted to its format, and that run by its interpreter."""

from __future__ import annotations

import re
from typing import Any

from parity.axes import Array
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.routes.frameworks.keras import OnKeras
from parity.routes.frameworks.tensorflow import TensorFlow
from parity.routes.options import PLAIN, Option

#: How the converter names the operators that its format has not: ``TF Select ops: Erf, Elu``.
SAYS_NO = re.compile(r"^(?:TF Select|Custom) ops: .*$", re.MULTILINE)


class LiteRt(OnKeras):
    """Builds networks as Keras models on TensorFlow and runs what the converter makes of them, in float32.

    The interpreter hands what it can to XNNPACK, unless it is asked to run plain.
    """

    backend = "tensorflow"
    name = "litert"
    modules = ("tensorflow", "keras", "ai_edge_litert")
    distributions = ("tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert")
    mend = "pip install 'parity[tensorflow,litert]'"
    options: tuple[Option, ...] = (PLAIN,)

    def __init__(self) -> None:
        self._threads = 1

    def start(self, threads: int) -> None:
        """Start TensorFlow, which converts, and remember the threads of interpreters."""
        TensorFlow().start(threads)
        from ai_edge_litert import interpreter  # noqa: F401

        self._threads = threads

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The converted model: channels-last arrays in, every output back in the order of the model.

        Raises :class:`Unsupported` for training and gradients, and where the converter names operators that its format has not.
        """
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        if model.training_mode is not None or model.derived is not None:
            raise Unsupported("a model is converted to LiteRT as it is at inference")
        kernels = (
            OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if PLAIN.word in self.asked else OpResolverType.BUILTIN
        )
        made = Interpreter(
            model_content=_converted(model), num_threads=self._threads, experimental_op_resolver_type=kernels
        )
        (signature,) = made.get_signature_list().values()
        (feed,) = signature["inputs"]
        runner = made.get_signature_runner()

        def run(x: Array) -> tuple[Array, ...]:
            given = runner(**{feed: x})
            # The file has its outputs in an order of its own; their names count them: output_0, output_1.
            return tuple(given[name] for name in sorted(given, key=lambda name: int(name.rpartition("_")[2])))

        return run


def _converted(model: Any) -> bytes:
    """The model in LiteRT's format, as people convert one: with nothing asked for."""
    import tensorflow as tf
    from tensorflow.lite.python.convert import ConverterError

    try:
        return bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    except ConverterError as error:
        if said := SAYS_NO.search(str(error)):
            raise Unsupported(f"litert: {said[0]}") from error
        raise
    except TypeError:
        # The converter keeps back why a model cannot be traced, and fails at a way that Keras 3 has not: so it is traced again.
        specs = [tf.TensorSpec(x.shape, x.dtype) for x in model.inputs]
        tf.function(model, autograph=False).get_concrete_function(*specs)
        raise
