"""Divergences of LiteRT, its converter and its interpreter, that parity knows of; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

from dataclasses import replace

from parity.axes import Shape
from parity.cases.known import KnownDivergence, of_kind
from parity.operators.graph import Node

_softplus = of_kind("Softplus")


def _blended(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Resize" and node.attributes.get("mode") in ("linear", "cubic")


def _places_of_a_signal(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a pool gives places in a signal, to which parity's spelling for Keras adds where each window begins."""
    return node.kind == "MaxPool" and len(node.outputs) > 1 and len(shapes[0]) == 3


LOG_OF_EXP = KnownDivergence(
    routes="litert",
    operator=_softplus,
    kind="infinity",
    script="litert_softplus.py",
    reason="LiteRT's converter writes Softplus as Log(Exp(x) + 1), which is infinite above 88",
    evidence=(
        "keras.ops.softplus in tensorflow 2.21.0 and keras 3.15.1 is converted to EXP, ADD, LOG; ai-edge-litert 2.3.0 gives infinity for 100, "
        "0 for -20, where 2.06e-9 is right, and 4.5537e-5 for -10, where 4.5399e-5 is; TensorFlow is right to its last place"
    ),
    link="https://github.com/tensorflow/tensorflow/issues/118524",
    versions={"tensorflow": "<=2.21.0"},
)

SMALL_LOG_OF_EXP = replace(
    LOG_OF_EXP,
    kind="value",
    reason="LiteRT's converter writes Softplus as Log(Exp(x) + 1), which is rough where it is small",
)

#: Without XNNPACK its sum ends at the largest number, whose logarithm is 88.7.
CLAMPED_LOG_OF_EXP = replace(SMALL_LOG_OF_EXP, routes="litert+plain")

OPEN_EINSUM = KnownDivergence(
    routes="litert",
    operator=_blended,
    kind="error",
    says="BytesRequired number of elements overflowed",
    script="litert_einsum_batch.py",
    reason="LiteRT's converter stores a shape with a -1 for an einsum of a constant and an open batch, which its interpreter refuses",
    evidence=(
        "keras.ops.einsum('oa,nab->nob', constant, x) with an open batch, tensorflow 2.21.0 and keras 3.15.1: a tensor of the file has the "
        "shape (-1, 5, 3) without a signature of it, and ai-edge-litert 2.3.0 says 'Tensor is invalidly specified in schema'. With the "
        "constant as the second operand, or a batch of 2, it is right"
    ),
    versions={"tensorflow": "<=2.21.0"},
)

BIAS_OF_A_SIGNAL = KnownDivergence(
    routes="litert",
    operator=_places_of_a_signal,
    kind="error",
    says="'tf.Transpose' op x",
    script="litert_signal_bias.py",
    reason="LiteRT's converter fails at a bias that is added along the places of a signal, as Keras writes an addition",
    evidence=(
        "tf.nn.bias_add of 2x6x3 and six numbers with data_format='NCHW', tensorflow 2.21.0: ConverterError, \"'tf.Transpose' op x should be of the same "
        'rank with y, got x of rank 3, and y of rank 4"; of 2x6x5x3 it is converted. keras.ops.add of 2x6x3 and 1x6x1 in a functional model is written so'
    ),
    versions={"tensorflow": "<=2.21.0"},
)

LITERT = (LOG_OF_EXP, SMALL_LOG_OF_EXP, OPEN_EINSUM, BIAS_OF_A_SIGNAL)
