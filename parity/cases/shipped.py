"""Divergences that parity knows of in frameworks, exporters and runtimes, whatever the project.

Each speaks of operators and not of cases, since other projects name theirs otherwise. parity's own cases hold every one of
them to its word (``cases/known_divergences.py``): where it no longer reproduces there, it goes from here.
"""

from __future__ import annotations

from math import ceil

from parity.axes import Shape
from parity.cases.known import KnownDivergence
from parity.cases.overhang import overhang
from parity.cases.shipped_jax import JAX
from parity.cases.shipped_litert import LITERT
from parity.cases.shipped_onnxslim import ONNXSLIM
from parity.cases.shipped_openvino import OPENVINO
from parity.cases.shipped_options import OPTIONS
from parity.cases.shipped_precisions import PRECISIONS
from parity.cases.shipped_processors import PROCESSORS
from parity.cases.shipped_spatial import SPATIAL
from parity.operators.graph import Node


def _grouped(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Conv" and node.attributes.get("group", 1) > 1


def _dilated(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Conv" and any(d > 1 for d in node.attributes.get("dilations", ()))


def _last_window_in_the_padding(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether ceil_mode rounds up to a window that begins behind the image, along any axis."""
    if node.kind not in ("MaxPool", "AveragePool") or not node.attributes.get("ceil_mode", 0):
        return False
    size = shapes[0][2:]
    kernel, ones = node.attributes["kernel_shape"], (1,) * len(size)
    pads = node.attributes.get("pads", (0,) * 2 * len(size))
    strides, dilations = node.attributes.get("strides", ones), node.attributes.get("dilations", ones)
    axes = zip(size, kernel, strides, dilations, pads[: len(size)], pads[len(size) :], strict=True)
    for length, k, stride, dilation, before, after in axes:
        windows = ceil((length + before + after - dilation * (k - 1) - 1) / stride) + 1
        if (windows - 1) * stride >= length + before:
            return True
    return False


def _pads_of_stride_one(node: Node) -> tuple[int, ...]:
    """The pads of a MaxPool with stride 1; none of anything else."""
    strided = any(stride > 1 for stride in node.attributes.get("strides", ()))
    return () if node.kind != "MaxPool" or strided else tuple(node.attributes.get("pads", ()))


def _pads_that_differ(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a pool over images with stride 1 has other pads once the middle two are exchanged."""
    pads = _pads_of_stride_one(node)
    return len(pads) == 4 and pads[1] != pads[2]


def _pads_of_no_image(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a pool over a signal or a volume with stride 1 pads."""
    pads = _pads_of_stride_one(node)
    return len(pads) != 4 and any(pads)


def _hangs_over_by_two(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether ceil_mode lets the last window of an average hang over by two elements or more, along any axis."""
    return node.kind == "AveragePool" and overhang(node, shapes) >= 2


GROUPED = KnownDivergence(
    routes="tensorflow>*",
    operator=_grouped,
    kind="onnx-invalid",
    says="StatefulPartitionedCall",
    reason="tf2onnx writes a grouped Keras convolution as a StatefulPartitionedCall, which no ONNX opset has",
    evidence=(
        "Keras compiles a grouped convolution with XLA (keras/src/backend/tensorflow/nn.py, _conv_xla), the compiled "
        "function stays in the traced graph as a call, and tf2onnx logs 'Tensorflow op [...StatefulPartitionedCall] "
        "is not supported' but returns the file: onnx.checker refuses it, and ONNX Runtime cannot load it"
    ),
    link="https://github.com/onnx/tensorflow-onnx/issues/2099",
    script="tf2onnx_grouped_convolution.py",
    versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
)

DILATED_AUTO_PAD = KnownDivergence(
    routes="torchscript>ort",
    operator=_dilated,
    kind="error",
    says="Dilation not supported for AutoPadType",
    reason="ONNX Runtime's CPU convolution refuses a dilation together with auto_pad, which the file holds",
    evidence=(
        "torch's TorchScript exporter writes padding='same' as auto_pad=SAME_UPPER beside dilations=[2, 2]; at run time "
        "ONNX Runtime 1.32 says 'Dilation not supported for AutoPadType::SAME_UPPER or AutoPadType::SAME_LOWER'. "
        "The reference evaluator runs the same file and agrees with the oracle; the dynamo exporter writes explicit pads"
    ),
    link="https://github.com/microsoft/onnxruntime/issues/20582",
    script="onnxruntime_dilation_auto_pad.py",
    versions={"onnxruntime": "<=1.32.0"},
)

CEIL_REFUSED = KnownDivergence(
    routes="torch>*",
    operator=_last_window_in_the_padding,
    kind="onnx-invalid",
    reason="ONNX shape inference counts a last window that starts in the padding, which torch and the runtimes ignore",
    evidence=(
        "input 11x13, kernel 2, stride 3, pad 1, ceil_mode: onnx 1.23.2 infers 5x6 for MaxPool and AveragePool in opsets "
        "12, 15 and 20; torch, ONNX Runtime 1.32 and onnx's own reference evaluator compute 4x5, as the operator's text "
        "demands ('sliding windows that would start in the right padded region are ignored')"
    ),
    link="https://github.com/pytorch/pytorch/issues/131272",
    script="onnx_ceil_inferred.py",
    versions={"onnx": "<=1.23.2"},
)

CEIL_DECLARED = KnownDivergence(
    routes="torchscript>*",
    operator=_last_window_in_the_padding,
    kind="onnx-shape",
    reason="the file declares the shape that ONNX shape inference gives, with a window that starts in the padding",
    evidence=(
        "the TorchScript exporter stores the inferred 5x6 as the output's shape where torch computes 4x5 (see the entry "
        "above for the inference); ONNX Runtime warns 'Expected shape from model does not match actual shape'"
    ),
    link="https://github.com/pytorch/pytorch/issues/131272",
    script="onnx_ceil_inferred.py",
    versions={"onnx": "<=1.23.2"},
)


def _counts_uneven_ends(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an average pool counts its padding, of which there is more at an end than at its beginning."""
    pads = node.attributes.get("pads", ())
    rank = len(pads) // 2
    uneven = any(after > before for before, after in zip(pads[:rank], pads[rank:], strict=True))
    return node.kind == "AveragePool" and bool(node.attributes.get("count_include_pad", 0)) and uneven


def _unpadded(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Conv" and not any(node.attributes.get("pads", ()))


VALID_PADDED = KnownDivergence(
    routes="torchscript>reference",
    operator=_unpadded,
    kind="shape",
    reason="onnx's reference evaluator pads a Conv whose auto_pad is VALID as if it were SAME",
    evidence=(
        "torch's TorchScript exporter writes padding='valid' as auto_pad=VALID; Conv, kernel 3x3, input 2x3x11x14: the evaluator "
        "of onnx 1.19.0 to 1.22.0 gives 11x14 in opsets 11 and 22, shape inference and ONNX Runtime 1.22.1 and 1.32 give 9x12, and so "
        "does the evaluator from onnx 1.23.0 on. The older one has VALID among the SAME in one condition (onnx/reference/ops/op_conv.py)"
    ),
    script="reference_conv_valid.py",
    versions={"onnx": "<1.23"},
)

STRIDE_ONE_PADS = KnownDivergence(
    routes="*>reference",
    operator=_pads_that_differ,
    kind="shape",
    reason="onnx's reference evaluator mixes up height and width in the pads of a MaxPool with stride 1",
    evidence=(
        "MaxPool, kernel 2x2, strides 1, pads [0, 0, 1, 1], input 11x14: the evaluator of onnx 1.23.2 gives 10x15 in "
        "opsets 12, 15 and 20, shape inference and ONNX Runtime give 11x14. Its stride-1 path unpacks the pads as top, bottom, "
        "left, right (onnx/reference/ops/_op_common_pool.py, line 230); ONNX orders them top, left, bottom, right"
    ),
    script="reference_maxpool_swapped_pads.py",
    versions={"onnx": "<=1.23.2"},
)

STRIDE_ONE_NO_IMAGE = KnownDivergence(
    routes="*>reference",
    operator=_pads_of_no_image,
    kind="error",
    reason="onnx's reference evaluator fails on a MaxPool with stride 1 and pads over one or three places",
    evidence=(
        "MaxPool, kernel 3, strides 1, pads [1, 1], input 2x3x21, and kernel 3x3x3, pads all 1, input 2x3x5x7x9: the evaluator of "
        "onnx 1.23.2 raises IndexError in opset 20, ONNX Runtime 1.32 and torch agree; without pads, and over images, it answers. "
        "Its stride-1 path takes four pads apart and leaves any other number out (onnx/reference/ops/_op_common_pool.py, line 229)"
    ),
    script="reference_maxpool_no_image.py",
    versions={"onnx": "<=1.23.2"},
)

STRIDE_ONE_PADS_LEFT_OUT = KnownDivergence(
    routes="*>reference",
    operator=_pads_of_no_image,
    kind="shape",
    reason="onnx's reference evaluator leaves the pads of a MaxPool with stride 1 over one or three places out",
    evidence=(
        "MaxPool, kernel 3, strides 1, pads [0, 1], input 1x3x7, and kernel 2x2x2 with ceil_mode, pads all 1: the evaluator of onnx 1.23.2 "
        "gives what there is without pads, in the path where it raises IndexError for others (onnx/reference/ops/_op_common_pool.py, line 229)"
    ),
    script="reference_maxpool_no_image.py",
    versions={"onnx": "<=1.23.2"},
)

CENTRED_CEIL = KnownDivergence(
    routes="*>reference",
    operator=_hangs_over_by_two,
    kind="value",
    reason="onnx's reference evaluator moves the windows of an average whose ceil_mode hangs over by two or more",
    evidence=(
        "AveragePool, kernel 5, strides 3, ceil_mode 1, no pads, input 1x1x21, opset 20: seven windows reach two elements beyond the "
        "end; the evaluator of onnx 1.23.2 answers as if one of them lay in front, off by 0.46 in every window, with count_include_pad 0 and 1, "
        "and for images too; torch and ONNX Runtime 1.32 agree. With a kernel of 3, where nothing hangs over, it is right"
    ),
    script="reference_average_ceil.py",
    versions={"onnx": "<=1.23.2"},
)

UNEVEN_AVERAGE = KnownDivergence(
    routes="*>ort",
    operator=_counts_uneven_ends,
    kind="value",
    reason="ONNX Runtime 1.22 divides by too few where an average pool counts padding that is uneven at the end",
    evidence=(
        "AveragePool, kernel 2x2, strides 2, pads [0, 0, 1, 1], count_include_pad=1, input 2x3x11x13, in opsets 19 and 22: "
        "onnxruntime 1.22.1 is off by 0.87 in the last rows and columns, optimised or not; it is right in opset 18, and "
        "1.32.0 is right in all three (against torch's average of the padded image)"
    ),
    script="onnxruntime_uneven_average.py",
    versions={"onnxruntime": "==1.22.*"},
)


def _more_channels_than_samples(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "LRN" and shapes[0][1] > shapes[0][0]


CHANNELS_OF_THE_BATCH = KnownDivergence(
    routes="definition>reference",
    operator=_more_channels_than_samples,
    kind="value",
    reason="onnx's reference evaluator sums the squares of an LRN for as many channels as there are samples, 0 for the others",
    evidence=(
        "LRN, size 5, alpha 0.5, input 2x9x5x7: the evaluator of onnx 1.23.2 is off by 2.2 against the formula in numpy, ONNX "
        "Runtime 1.32 by 2.4e-7; of 9x9x5x7 both are right. It loops over range(x.shape[0]) (onnx/reference/ops/op_lrn.py, line 23)"
    ),
    link="https://github.com/onnx/onnx/issues/7805",
    script="reference_lrn_channels.py",
    versions={"onnx": "<=1.23.2"},
)


def _norm_of_a_partial_window(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a window of an LpPool hangs over what is padded, along any axis."""
    return node.kind == "LpPool" and overhang(node, shapes) > 0


SCALED_UP = KnownDivergence(
    routes="definition>reference",
    operator=_norm_of_a_partial_window,
    kind="value",
    reason="onnx's reference evaluator scales the sum of a partial window of an LpPool up as if the window were full",
    evidence=(
        "LpPool, p 2, kernel 3x3, strides 3, ceil_mode 1, input 1x1x4x6: the evaluator of onnx 1.23.2 is off by 1.2 in the second row "
        "against the formula in numpy, ONNX Runtime 1.32 by 7e-8. It takes the mean of what the window holds, times the whole "
        "window's elements (onnx/reference/ops/op_lp_pool.py), as torch's lp_pool2d does"
    ),
    script="reference_lppool_partial.py",
    versions={"onnx": "<=1.23.2"},
)


def _in_training(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "BatchNormalization" and bool(node.attributes.get("training_mode", 0))


INFERENCE_IN_TRAINING = KnownDivergence(
    routes="torch>*",
    operator=_in_training,
    kind="value",
    reason="the dynamo exporter writes batch normalisation in training as it is at inference, by the running statistics",
    evidence=(
        "torch.nn.BatchNorm2d in train() exported with dynamo=True becomes a BatchNormalization without training_mode: "
        "aten__native_batch_norm_legit_functional in onnxscript 0.7.2 (torch_lib/ops/core.py) sets 'training = False' and calls "
        "it a temporary fix. ONNX Runtime 1.32 and the reference evaluator agree on the file; with dynamo=False the same "
        "module is written with training_mode=1 and both agree with torch"
    ),
    link="https://github.com/microsoft/onnxscript/pull/1143",
    script="onnxscript_batchnorm_training.py",
    versions={"onnxscript": "<=0.7.2"},
)

UNBIASED_VARIANCE = KnownDivergence(
    routes=("torch", "torch@cuda*"),
    operator=_in_training,
    kind="value",
    says="right for a pass that takes the unbiased variance",
    reason="torch keeps the unbiased variance of the batch as running variance, Keras and ONNX that of the population",
    evidence=(
        "a batch of n values a channel: torch 2.13's running_var is (1 - momentum) old + momentum var n / (n - 1), to the bound, "
        "and normalises by var itself, as torch.nn.BatchNorm2d documents; Keras 3.15 and ONNX's BatchNormalization take var"
    ),
    link="https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html",
    script="torch_keras_running_variance.py",
    versions={"torch": ">=2.9"},
)

POPULATION_VARIANCE = KnownDivergence(
    routes="tensorflow",
    operator=_in_training,
    kind="value",
    says="right for a pass that takes the population's variance",
    reason="Keras keeps the population's variance of the batch as running variance, torch the unbiased one",
    evidence=(
        "keras/src/layers/normalization/batch_normalization.py of Keras 3.15 moves moving_variance by ops.moments, which "
        "divides by n, and has no option; torch divides by n - 1"
    ),
    link="https://keras.io/api/layers/normalization_layers/batch_normalization/",
    script="torch_keras_running_variance.py",
    versions={"keras": ">=3.9"},
)

OVERWRITTEN_STATISTICS = KnownDivergence(
    routes="torchscript>ort",
    operator=_in_training,
    kind="value",
    reason="ONNX Runtime writes a running statistic that nobody reads over the input that it is made from",
    evidence=(
        "a fresh model's scale and variance are equal, and so are its bias and mean: the optimiser of onnxruntime 1.32.0 merges "
        "each pair into one initializer, the kernel writes the running statistics there and then reads scale and bias from it. "
        "Two nodes with training_mode=1 that read the same mean show the same, optimised or not: the first's running mean is the "
        "batch's own where the second's is no output, off by 5.5, and right where it is one. The reference evaluator is right"
    ),
    link="https://github.com/microsoft/onnxruntime/issues/29790",
    script="onnxruntime_overwritten_statistics.py",
    versions={"onnxruntime": "<=1.32.0"},
)

SHIPPED = (
    GROUPED,
    DILATED_AUTO_PAD,
    CEIL_REFUSED,
    CEIL_DECLARED,
    VALID_PADDED,
    STRIDE_ONE_PADS,
    STRIDE_ONE_NO_IMAGE,
    STRIDE_ONE_PADS_LEFT_OUT,
    CENTRED_CEIL,
    UNEVEN_AVERAGE,
    CHANNELS_OF_THE_BATCH,
    SCALED_UP,
    INFERENCE_IN_TRAINING,
    UNBIASED_VARIANCE,
    POPULATION_VARIANCE,
    OVERWRITTEN_STATISTICS,
    *SPATIAL,
    *JAX,
    *LITERT,
    *ONNXSLIM,
    *OPENVINO,
    *OPTIONS,
    *PRECISIONS,
    *PROCESSORS,
)
