"""Divergences that show where a route is asked with an option: other sizes, older opsets; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

from math import prod

from parity.axes import Shape
from parity.cases.known import KnownDivergence, of_kind
from parity.operators.graph import Node

_resized = of_kind("Resize")


def _bilinear(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Einsum" and node.attributes["equation"] == "ni,oij->noj"


def _antialiased(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return _resized(node, shapes) and bool(node.attributes.get("antialias", 0))


def _of_the_batch(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "BatchNormalization" and bool(node.attributes.get("training_mode", 0))


_split = of_kind("Split")


def _extended(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a transposed convolution adds something at its end."""
    return node.kind == "ConvTranspose" and any(node.attributes.get("output_padding", ()))


def _signal_pooled(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a maximum is taken over windows of a signal."""
    return node.kind == "MaxPool" and len(shapes[0]) == 3


def _signal_transposed(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "ConvTranspose" and len(shapes[0]) == 3


def _flattened(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a softmax is taken along an axis with others behind it, which older opsets take together with it."""
    if node.kind not in ("Softmax", "LogSoftmax"):
        return False
    axis = node.attributes.get("axis", -1) % len(shapes[0])
    return prod(shapes[0][axis + 1 :]) > 1


def _reduced(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind.startswith("Reduce")


def _later(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an operator may be one in TensorFlow that tf2onnx converts from opset 10, 11 or 12 on: an einsum, a slice with steps."""
    return node.kind in ("CumSum", "Einsum", "MatMul", "MaxPool", "ReduceLogSumExp", "Resize", "Slice")


OPEN_CUT = KnownDivergence(
    routes="tensorflow>*+dynamic*",
    operator=_extended,
    kind="value",
    script="tf2onnx_open_transposed_conv.py",
    reason="tf2onnx puts zeros where an open transposed convolution adds to its end, behind the bias",
    evidence=(
        "keras.layers.Conv2DTranspose(4, (5, 2), (1, 3)) with biases 1 to 4, exported with open height and width: the last column, which no "
        "kernel reaches, is 0 in the file of tf2onnx 1.17.0 where Keras has the bias; so it is for kernel 2 and stride 3"
    ),
    versions={"tf2onnx": "<=1.17.0"},
)

BILINEAR_OF_ONE_TYPE = KnownDivergence(
    routes="torch+autocast*",
    operator=_bilinear,
    kind="error",
    says="All tensors must have the same dtype",
    script="torch_autocast_bilinear.py",
    reason="torch's Bilinear takes one type alone, and autocast on the cpu leaves its parameters in float32",
    evidence=(
        "torch.nn.Bilinear on inputs of bfloat16 in torch.autocast('cpu'), torch 2.13: RuntimeError, 'All tensors must have the same dtype'; "
        "bilinear is among the operators that promote on cuda, and on no list of the cpu"
    ),
    versions={"torch": "<=2.14.1"},
)

ANTIALIAS_FACTOR = KnownDivergence(
    routes="torch>*",
    operator=_antialiased,
    kind="value",
    script="dynamo_antialias_factor.py",
    reason="torch's dynamo exporter writes a resize with antialias by a factor as one to the size that comes of it",
    evidence=(
        "interpolate(scale_factor=0.5, antialias=True) of 11x15, bilinear and bicubic: the Resize of torch 2.13 with onnxscript 0.7.2 has sizes "
        "5x7 and no scales, off by 0.57 and 0.70; of 10x14, where both are the same, right to 2e-7. Without antialias it writes scales"
    ),
    link="https://github.com/microsoft/onnxscript/pull/2916",
    versions={"onnxscript": "<=0.7.2"},
)

OPEN_GLU = KnownDivergence(
    routes="tensorflow>*+dynamic*",
    operator=_split,
    kind="error",
    says="calling Glu.call()",
    script="keras_open_sizes.py",
    reason="Keras' glu reads the size of its axis as a number, so that it cannot be exported with that axis open",
    evidence="keras/src/backend/tensorflow/nn.py of Keras 3.15.1: if x.shape[axis] % 2 != 0, which raises TypeError for None",
    versions={"keras": "<=3.15.1"},
)

OPEN_BILINEAR = KnownDivergence(
    routes="tensorflow>*+dynamic*",
    operator=_resized,
    kind="error",
    says="calling UpSampling2D.call()",
    script="keras_open_sizes.py",
    reason="Keras' UpSampling2D with bilinear interpolation cannot be exported with an open image",
    evidence=(
        "keras.layers.UpSampling2D(2, interpolation='bilinear') called on None x None x None x 4, Keras 3.15.1: "
        "OperatorNotAllowedInGraphError, a symbolic tensor as a Python bool; with interpolation='nearest' it is exported"
    ),
    versions={"keras": "<=3.15.1"},
)

OPEN_BATCH_STATISTICS = KnownDivergence(
    routes="torchscript>*+dynamic*",
    operator=_of_the_batch,
    kind="error",
    says="batch_size and channel_size must be non-None",
    script="torchscript_open_batch_statistics.py",
    reason="torch's tracing exporter raises for a batch normalisation by the batch's own statistics where the batch is open",
    evidence=(
        "torch.nn.BatchNorm2d(3, track_running_stats=False).eval() with dynamic_axes on the batch, torch 2.13: AssertionError of _batchnorm_helper in "
        "symbolic_helper.py, which writes the batch's size into a Reshape; with an open height alone it is exported"
    ),
    versions={"torch": "<=2.14.1"},
)

OPEN_SIGNAL = KnownDivergence(
    routes="torch>*+dynamic*",
    operator=_signal_pooled,
    kind="error",
    says="conflicts between user-specified ranges and inferred ranges",
    script="torch_export_open_maxpool1d.py",
    reason="torch.export takes the length of a signal for a constant where MaxPool1d reads it, so that it cannot be left open",
    evidence=(
        "torch.export.export of torch.nn.MaxPool1d(2) on 2x3x21 with a dynamic length, torch 2.13: UserError, 'your code specialized it to be a "
        "constant (21)'; AvgPool1d(2) and MaxPool2d(2) are exported with theirs open"
    ),
    versions={"torch": "<=2.14.1"},
)

#: Upsample of opset 9 and Resize of opset 10 say nothing of where their places lie.
PLACELESS = KnownDivergence(
    routes=("torchscript>*+opset9*", "torchscript>*+opset10*"),
    operator=_resized,
    kind="value",
    script="torchscript_upsample_opset9.py",
    reason="torch's tracing exporter writes a resize below opset 11 with operators that cannot say its places",
    evidence=(
        "torch.nn.Upsample(scale_factor=2, mode='bilinear') of 8x10, torch 2.13: the file of opset 9 and 10 is off by 1.7 in ONNX Runtime 1.32, "
        "that of 11 by 2e-7; the exporter warns of it"
    ),
    link="https://github.com/pytorch/pytorch/issues/22906",
    versions={"torch": "<=2.14.1"},
)

SHRUNK_BY_UPSAMPLE = KnownDivergence(
    routes="torchscript>*+opset9*",
    operator=_resized,
    kind="error",
    says="upsamplebase.h",
    script="torchscript_upsample_opset9.py",
    reason="torch's tracing exporter writes a factor below 1 as an Upsample at opset 9, which takes none",
    evidence=(
        "torch.nn.Upsample(scale_factor=0.5) at opset 9, torch 2.13: ONNX Runtime 1.32 does not load the file, 'Scale value should be greater "
        "than or equal to 1', as the operator's text has it; at opset 10 it is a Resize and right"
    ),
    versions={"torch": "<=2.14.1"},
)

FLATTENED_SOFTMAX = KnownDivergence(
    routes=("torch>*+opset9*", "torch>*+opset10*", "torch>*+opset11*", "torch>*+opset12*"),
    operator=_flattened,
    kind="value",
    script="onnx_softmax_below_opset13.py",
    reason="onnx's version converter leaves the axis of a Softmax below opset 13, where all axes behind it are normalised together with it",
    evidence=(
        "Softmax of opset 13 on 2x3x4 along axis 1, onnx.version_converter.convert_version to 12, onnx 1.23.2: one Softmax with axis 1, which ONNX "
        "Runtime 1.32 takes over 12 numbers and not 3. torch.onnx.export(dynamo=True, opset_version=12) has its file converted so"
    ),
    link="https://github.com/onnx/onnx/pull/6608",
    versions={"onnx": "<=1.23.2"},
)

LEFT_NOOP = KnownDivergence(
    routes="torch>*+opset*",
    operator=_reduced,
    kind="onnx-invalid",
    says="noop_with_empty_axes",
    script="onnx_reduce_to_older_opset.py",
    reason="onnx's version converter leaves noop_with_empty_axes on a reduction of an opset that has no such attribute",
    evidence=(
        "ReduceSum of opset 13 to 12 and ReduceProd of opset 18 to 17 by onnx.version_converter.convert_version, onnx 1.23.2: onnx.checker says "
        "'Unrecognized attribute: noop_with_empty_axes'. torch.onnx.export(dynamo=True) with such an opset_version writes that file"
    ),
    versions={"onnx": "<=1.23.2"},
)

LEFT_OPERATOR = KnownDivergence(
    routes=("tensorflow>*+opset9*", "tensorflow>*+opset10*", "tensorflow>*+opset11*"),
    operator=_later,
    kind="onnx-invalid",
    says="No Op registered for",
    script="tf2onnx_left_below_opset.py",
    reason="what tf2onnx cannot convert at an older opset stays in the file as TensorFlow's operator",
    evidence=(
        "tf.einsum at opset 11, tf.cumsum and tf.image.resize at 10, tf.roll, tf.math.is_finite and x[:, ::2] at 9 by tf2onnx 1.17.0: a line in its log, "
        "and a node Einsum, Cumsum, ResizeBilinear, Roll, IsFinite, StridedSlice, which onnx.checker refuses and ONNX Runtime cannot load. Each passes one opset later"
    ),
    versions={"tf2onnx": "<=1.17.0"},
)

HALF_CONVERTED = KnownDivergence(
    routes="tensorflow>*+opset9*",
    operator=_signal_transposed,
    kind="onnx-invalid",
    says="op_type:ConvTranspose",
    script="tf2onnx_left_below_opset.py",
    reason="tf2onnx leaves a transposed convolution of signals half converted below opset 10, with its inputs in TensorFlow's order",
    evidence=(
        "tf.nn.conv1d_transpose with a batch that is open by tf2onnx 1.17.0: 'Opset 10 needed for Conv Backprop Input with non-constant shape' in its "
        "log, and a ConvTranspose whose first input is the shape of the answer, whole numbers"
    ),
    versions={"tf2onnx": "<=1.17.0"},
)

OPTIONS = (
    OPEN_CUT,
    BILINEAR_OF_ONE_TYPE,
    ANTIALIAS_FACTOR,
    OPEN_GLU,
    OPEN_BILINEAR,
    OPEN_BATCH_STATISTICS,
    OPEN_SIGNAL,
    PLACELESS,
    SHRUNK_BY_UPSAMPLE,
    FLATTENED_SOFTMAX,
    LEFT_NOOP,
    LEFT_OPERATOR,
    HALF_CONVERTED,
)
