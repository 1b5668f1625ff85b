"""Divergences in padding, resizing and transposed convolution that parity knows of; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

from parity.axes import Shape
from parity.cases.known import KnownDivergence, of_kind
from parity.operators.graph import Node

_padded = of_kind("Pad")


def _around(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Pad" and node.attributes.get("mode") == "wrap"


_resized = of_kind("Resize")


def _antialiased(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Resize" and bool(node.attributes.get("antialias", 0))


def _nearest(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Resize" and node.attributes.get("mode", "nearest") == "nearest"


def _corners(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Resize" and node.attributes.get("coordinate_transformation_mode") == "align_corners"


def _grouped(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "ConvTranspose" and node.attributes.get("group", 1) > 1


def _extended(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "ConvTranspose" and any(node.attributes.get("output_padding", ()))


def _extended_by_two(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return _extended(node, shapes) and max(node.attributes["output_padding"]) > 1


def _largest_of_no_image(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "GlobalMaxPool" and len(shapes[0]) != 4


NEGATIVE_PAD = KnownDivergence(
    routes="*>reference",
    operator=_padded,
    kind="error",
    says="index can't contain negative values",
    reason="onnx's reference evaluator refuses a Pad that crops",
    evidence=(
        "Pad of a 2x4x7x9 by [0, 0, -1, 0, 0, 0, -2, 3] in opsets 13, 18 and 20, modes constant, edge and reflect: the evaluator of "
        "onnx 1.23.2 hands the negative widths to numpy.pad, which raises (onnx/reference/ops/op_pad.py); ONNX Runtime 1.32 gives "
        "4x12, and the operator's text says that negative pads remove"
    ),
    link="https://github.com/onnx/onnx/pull/8199",
    script="reference_pad_negative.py",
    versions={"onnx": "<=1.23.2"},
)

CIRCULAR_CUT = KnownDivergence(
    routes="torchscript>*",
    operator=_around,
    kind="shape",
    reason="the TorchScript exporter cuts everything off where circular padding crops at the beginning of an axis and not at its end",
    evidence=(
        "torch.nn.CircularPad2d((-3, 4, 2, -1)) of a 7x11 image gives 8x12, its export with dynamo=False 8x4 in ONNX Runtime 1.32; "
        "(-3, 0, 0, -1) gives 6x8 and 6x0. _pad_circular in torch/onnx/_internal/torchscript_exporter/symbolic_opset9.py of torch 2.13 "
        "slices up to -max(0, -right), which is 0 where right is not negative"
    ),
    script="torchscript_circular_crop.py",
    versions={"torch": "<=2.14.1"},
)

ANTIALIAS = KnownDivergence(
    routes="tensorflow>*",
    operator=_antialiased,
    kind="onnx-invalid",
    says="No Op registered for ScaleAndTranslate",
    reason="tf2onnx leaves TensorFlow's ScaleAndTranslate, which resizing with antialias is, in the file",
    evidence=(
        "keras.layers.Resizing(7, 9, antialias=True) exported by Keras 3.15 and tf2onnx 1.17.0 holds a node ScaleAndTranslate in the "
        "domain of ONNX, opset 15: onnx.checker refuses it, and ONNX Runtime cannot load it. Resize has antialias from opset 18 on"
    ),
    link="https://github.com/onnx/tensorflow-onnx/pull/2241",
    script="tf2onnx_resize_antialias.py",
    versions={"tf2onnx": "<=1.17.0"},
)

ROUNDED_SCALES = KnownDivergence(
    routes="tensorflow>*",
    operator=_resized,
    kind="onnx-invalid",
    says="Inferred shape and existing shape differ",
    reason="tf2onnx writes the size of a Resize as scales in float32, of which ONNX infers one element less than there are",
    evidence=(
        "keras.layers.Resizing(7, 9) of a 10x14 image: tf2onnx 1.17.0 writes the scales 0.699999988 and 0.642857134 "
        "(tf2onnx/onnx_opset/nn.py, Resize.version_11), and floor(10 * 0.699999988) is 6: onnx 1.23.2 infers 6x8 beside the declared "
        "7x9. ONNX Runtime 1.32 rounds and gives 7x9. Size as sizes is exact"
    ),
    link="https://github.com/onnx/onnx/issues/4919",
    script="tf2onnx_resize_scales.py",
    versions={"tf2onnx": "<=1.17.0"},
)

ROUNDED_SCALES_RUN = KnownDivergence(
    routes="tensorflow>reference",
    operator=_resized,
    kind="shape",
    reason="onnx's reference evaluator cuts off the size that it makes of scales in float32, as ONNX says",
    evidence=ROUNDED_SCALES.evidence,
    link="https://github.com/onnx/onnx/issues/4919",
    script="tf2onnx_resize_scales.py",
    versions={"tf2onnx": "<=1.17.0"},
)

REMOVED_MODE = KnownDivergence(
    routes="tensorflow>reference",
    operator=_nearest,
    kind="error",
    says="Invalid coordinate_transformation_mode: 'tf_half_pixel_for_nn'",
    reason="tf2onnx writes a coordinate_transformation_mode that ONNX has in opset 11 alone",
    evidence=(
        "keras.layers.Resizing(5, 7, interpolation='nearest') of a 10x14 image: the file of tf2onnx 1.17.0 has opset 15 and "
        "tf_half_pixel_for_nn, which the text of Resize names in opset 11 and no longer in 13. ONNX Runtime 1.32 takes it all the same "
        "and is right; the reference evaluator refuses it, and onnx.checker looks at no such words"
    ),
    link="https://github.com/onnx/onnx/pull/3976",
    script="tf2onnx_resize_removed_mode.py",
    versions={"tf2onnx": "<=1.17.0"},
)

BROKEN_CORNERS = KnownDivergence(
    routes=("torch>reference", "torchscript>reference"),
    operator=_corners,
    kind="value",
    reason="onnx's reference evaluator aligns the corners with a size that is no whole number, where the scales give one",
    evidence=(
        "Resize of 0 to 9 by 1.75 with align_corners, linear or cubic, opset 20: 17 elements, of which the last is 9 in ONNX Runtime 1.32 "
        "and in torch.nn.Upsample, and 8.727 in onnx 1.23.2's evaluator, which divides by 17.5 - 1 and not by 17 - 1. Both exporters "
        "write the factor as scales; the operator's text says 'length_resized is the length of the resized tensor'"
    ),
    link="https://github.com/onnx/onnx/issues/2462",
    script="reference_resize_corners.py",
    versions={"onnx": "<=1.23.2"},
)

GROUPED_TRANSPOSE = KnownDivergence(
    routes="*>reference",
    operator=_grouped,
    kind="error",
    says="cannot reshape array",
    reason="onnx's reference evaluator takes the groups of a ConvTranspose's weight along the wrong axis",
    evidence=(
        "ConvTranspose, group 2, of a 2x4x7x9 with a weight of 4x3x3x3: ONNX Runtime 1.32 gives six channels, the evaluator of onnx "
        "1.23.2 raises 'cannot reshape array of size 81 into shape (1,2,27)'. It cuts the weight's first axis, which is that of the "
        "inputs, into pieces of the number of outputs (onnx/reference/ops/op_conv_transpose.py); group 1 is right"
    ),
    script="reference_transpose_groups.py",
    versions={"onnx": "<=1.23.2"},
)

NEGATIVE_CUT = KnownDivergence(
    routes="tensorflow>*",
    operator=_extended,
    kind="onnx-invalid",
    says="Attribute pads must not contain negative values",
    reason="tf2onnx writes what a transposed convolution adds at its end as negative pads, which ONNX refuses",
    evidence=(
        "keras.layers.Conv2DTranspose(4, 3, 2, output_padding=1), and without output_padding where the kernel is smaller than the stride, "
        "(4, 2, 3): tf2onnx 1.17.0 writes pads [0, 0, -1, -1] (tf2onnx/onnx_opset/nn.py, ConvTranspose); onnx 1.23.2 infers no shape, "
        "and ONNX Runtime 1.32 refuses to load it. The operator has output_padding for it"
    ),
    link="https://github.com/onnx/tensorflow-onnx/pull/1513",
    script="tf2onnx_transpose_negative_pads.py",
    versions={"tf2onnx": "<=1.17.0"},
)

SPLIT_CUT = KnownDivergence(
    routes="tensorflow>reference",
    operator=_extended_by_two,
    kind="value",
    reason="tf2onnx halves what a transposed convolution adds at its end, so that the answer lies shifted",
    evidence=(
        "keras.layers.Conv2DTranspose(4, 1, 3, 'same') adds two rows and columns at the end; tf2onnx 1.17.0 writes pads "
        "[-1, -1, -1, -1], one on each side: the first row of Keras' answer is the second of the file's in the reference evaluator"
    ),
    link="https://github.com/onnx/tensorflow-onnx/pull/1513",
    script="tf2onnx_transpose_shifted.py",
    versions={"tf2onnx": "<=1.17.0"},
)

LARGEST_OF_NO_IMAGE = KnownDivergence(
    routes="*>reference",
    operator=_largest_of_no_image,
    kind="shape",
    script="reference_globalmaxpool.py",
    reason="onnx's reference evaluator takes a GlobalMaxPool of a signal over the channels too, and one of a volume without the depth",
    evidence=(
        "GlobalMaxPool of 2x5x21 and 2x5x7x9x8, opset 22: the evaluator of onnx 1.23.2 gives 2x1 and 2x5x7x1x1x1, ONNX Runtime 1.32 "
        "2x5x1 and 2x5x1x1x1; of an image both are right. onnx/reference/ops/op_global_max_pool.py takes axes n and n + 1 of n places"
    ),
    link="https://github.com/onnx/onnx/issues/7682",
    versions={"onnx": "<=1.23.2"},
)

SPATIAL = (
    LARGEST_OF_NO_IMAGE,
    NEGATIVE_PAD,
    CIRCULAR_CUT,
    ANTIALIAS,
    ROUNDED_SCALES,
    ROUNDED_SCALES_RUN,
    REMOVED_MODE,
    BROKEN_CORNERS,
    GROUPED_TRANSPOSE,
    NEGATIVE_CUT,
    SPLIT_CUT,
)
