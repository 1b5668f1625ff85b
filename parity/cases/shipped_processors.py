"""What TensorFlow does without oneDNN, which it uses by itself only where a processor has instructions such as AVX512_VNNI.

``TF_ENABLE_ONEDNN_OPTS`` says otherwise. So none of these shows everywhere. The scripts are in ``docs/divergences/``.
"""

from __future__ import annotations

from parity.axes import Shape
from parity.cases.known import KnownDivergence
from parity.operators.graph import Node


def _dilated_transpose(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "ConvTranspose" and any(d > 1 for d in node.attributes.get("dilations", ()))


def _product(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind in ("Gemm", "MatMul")


def _summed_in_bfloat16(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether it is a convolution, but a plain one of an image."""
    volume, depthwise = len(shapes[0]) == 5, node.attributes.get("group", 1) > 1
    return node.kind == "ConvTranspose" or (node.kind == "Conv" and (volume or depthwise))


DILATED_TRANSPOSE = KnownDivergence(
    routes=("tensorflow", "tensorflow>*"),
    operator=_dilated_transpose,
    kind="error",
    says="support dilation rates larger than 1",
    script="tensorflow_dilated_transpose.py",
    reason="TensorFlow has a transposed convolution with a dilation on the cpu through oneDNN alone",
    evidence=(
        "tf.nn.conv2d_transpose with dilations=2, tensorflow-cpu 2.21: 'Current CPU implementations do not yet support dilation rates larger "
        "than 1' with TF_ENABLE_ONEDNN_OPTS=0, and without it on an AMD EPYC that has AVX2 and no AVX-512; with 1 it answers, and is right"
    ),
    versions={"tensorflow": "<=2.21.0"},
    everywhere=False,
)

CUT_TO_BFLOAT16 = KnownDivergence(
    routes="tensorflow",
    precision="bfloat16",
    operator=_product,
    kind="value",
    script="tensorflow_bfloat16_cut.py",
    reason="TensorFlow cuts a matrix product of bfloat16 off, and does not round it, on processors without such arithmetic",
    evidence=(
        "tf.matmul of 40x8 and 8x40 normal numbers in tensorflow-cpu 2.21, on a processor with AVX2 and no AVX-512: all 1600 products are the "
        "float64 product cut to bfloat16, 833 of them the rounded one; a convolution of an image is rounded"
    ),
    versions={"tensorflow": "<=2.21.0"},
    everywhere=False,
)

SUMS_IN_BFLOAT16 = KnownDivergence(
    routes="tensorflow",
    precision="bfloat16",
    operator=_summed_in_bfloat16,
    kind="value",
    script="tensorflow_bfloat16_sums.py",
    reason="TensorFlow adds up 3D, depthwise and transposed convolutions of bfloat16 in bfloat16, on processors without such arithmetic",
    evidence=(
        "tensorflow-cpu 2.21 beside the same in float64, on a processor with AVX2 and no AVX-512: off by 485, 219 and 283 units in the last "
        "place where terms cancel, where a convolution of an image is off by half of one; with AVX-512 all are within one"
    ),
    versions={"tensorflow": "<=2.21.0"},
    everywhere=False,
)

PROCESSORS = (DILATED_TRANSPOSE, CUT_TO_BFLOAT16, SUMS_IN_BFLOAT16)
