"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces.

Those that other projects can meet are written in ``parity/cases/shipped.py``, which every project has; here they are held to
the cases that show them.
"""

from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import KnownDivergence
from parity.cases.shipped import (
    CEIL_DECLARED,
    CEIL_REFUSED,
    CENTRED_CEIL,
    CHANNELS_OF_THE_BATCH,
    DILATED_AUTO_PAD,
    GROUPED,
    INFERENCE_IN_TRAINING,
    OVERWRITTEN_STATISTICS,
    POPULATION_VARIANCE,
    SCALED_UP,
    STRIDE_ONE_NO_IMAGE,
    STRIDE_ONE_PADS,
    STRIDE_ONE_PADS_LEFT_OUT,
    UNBIASED_VARIANCE,
    UNEVEN_AVERAGE,
    VALID_PADDED,
)
from parity.operators.graph import Node


def even_pads_of_no_image(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a MaxPool over a signal or volume with stride 1 pads, both sides of each place alike."""
    pads = node.attributes.get("pads", ())
    even = pads[: len(pads) // 2] == pads[len(pads) // 2 :]
    return even and STRIDE_ONE_NO_IMAGE.operator is not None and STRIDE_ONE_NO_IMAGE.operator(node, shapes)


def dilated_at_stride_one(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a convolution that pads by itself dilates with stride 1: with another, torch has no padding="same" to hand on."""
    strided = any(stride > 1 for stride in node.attributes.get("strides", ()))
    return (
        "pads" in node.attributes
        and not strided
        and DILATED_AUTO_PAD.operator is not None
        and DILATED_AUTO_PAD.operator(node, shapes)
    )


def gelu_by_erf(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a GELU is not by a tanh, of which tf2onnx writes a good file."""
    return node.kind == "Gelu" and node.attributes.get("approximate", "none") == "none"


#: Both exporters of torch write the same two operators.
LOG_OF_SIGMOID: dict[str, Any] = dict(
    kind="infinity",
    reason="torch's exporters write log_sigmoid as Log(Sigmoid(x)), minus infinity where the sigmoid is 0",
    evidence=(
        "torch.nn.LogSigmoid of torch 2.13 at -20: torch -20, the exported file minus infinity in ONNX Runtime 1.32, whose logistic is 0 "
        "there, and -16.23 at -17; the reference evaluator gives minus infinity from -104 on. aten_log_sigmoid in onnxscript 0.7.2 "
        "(torch_lib/ops/nn.py) for dynamo=True, log_sigmoid in symbolic_opset9.py for dynamo=False; -Softplus(-x) has neither fault"
    ),
    link="https://github.com/pytorch/pytorch/pull/14830",
)

#: Where a Softplus without its threshold is another function: between the threshold and where the two sides meet, or in the last digit.
SOFTPLUS = (
    "softplus/threshold-1-wide-scale0.001-mean30",
    "softplus/threshold-1-mean-1",
    "softplus/beta4-threshold-1-features-scale0.001-mean-1",
    "softplus/beta0.3-threshold-1-batch1-scale10",
    "softplus/beta0.3-threshold50-scale1000-mean30",
    "softplus/beta0.3-features-scale1e6-mean-1",
)

KNOWN = [
    replace(
        GROUPED,
        cases=(
            "conv2d/*groups*",
            "conv2d/*depthwise*",
            "conv1d/*",
            "conv3d/*",
            "inverted_residual*",
            "mbconv*",
            "regnet*",
        ),
    ),
    replace(
        DILATED_AUTO_PAD,
        cases=(
            "conv2d/dilation2-same-*",
            "conv2d/k?-dilation*-same",
            "conv2d/depthwise-dilation2-same",
        ),
    ),
    replace(
        DILATED_AUTO_PAD,
        operator=dilated_at_stride_one,
        cases=("conv1d/*same*", "conv3d/*same*"),
    ),
    replace(
        CEIL_REFUSED,
        cases=(
            "maxpool2d/k2-stride3-ceil-pad1",
            "avgpool2d/k2-stride3-ceil-pad1",
            "*pool1d/*",
            "*pool3d/*",
        ),
    ),
    replace(
        CEIL_DECLARED,
        cases=(
            "maxpool2d/k2-stride3-ceil-pad1",
            "avgpool2d/k2-stride3-ceil-pad1",
            "*pool1d/*",
            "*pool3d/*",
        ),
    ),
    replace(
        VALID_PADDED,
        cases=("conv2d/valid", "conv2d/dilation2-valid"),
    ),
    replace(
        STRIDE_ONE_PADS,
        cases="maxpool2d/k2-stride1-same",
        routes=("tensorflow>reference", "definition>reference"),
    ),
    replace(
        STRIDE_ONE_NO_IMAGE,
        cases=("maxpool1d/*", "maxpool3d/*"),
        routes="definition>reference",
    ),
    replace(
        STRIDE_ONE_PADS_LEFT_OUT,
        cases="maxpool3d/ceil-of-stride-one",
        routes=("definition>reference", "torch>reference", "torchscript>reference"),
    ),
    # Uneven pads are a Pad of their own in torch's exports, and all but those of "same" in Keras'.
    replace(
        STRIDE_ONE_NO_IMAGE,
        operator=even_pads_of_no_image,
        cases=("maxpool1d/*", "maxpool3d/*"),
        routes=("torch>reference", "torchscript>reference"),
    ),
    replace(
        STRIDE_ONE_NO_IMAGE,
        cases=("maxpool1d/*same*stride1*", "maxpool3d/*same*stride1*"),
        routes="tensorflow>reference",
    ),
    replace(
        CENTRED_CEIL,
        cases=("avgpool1d/*", "avgpool3d/*"),
        routes=("torch>reference", "torchscript>reference", "definition>reference"),
    ),
    replace(
        UNEVEN_AVERAGE,
        cases=("avgpool2d/same", "avgpool2d/k3-stride2-same-even", "avgpool2d/ceil-four-sides"),
        routes=("torch>ort", "torchscript>ort", "definition>ort"),
    ),
    # The torch spelling averages a padded image and undoes the share of the padding. The runtime fuses the Pad into the
    # pool, which then counts it, though the definition's does not.
    replace(
        UNEVEN_AVERAGE,
        operator=None,
        cases=(
            "avgpool2d/k2x3-stride2-same-exclude",
            "avgpool2d/k3-stride2-same-even-exclude",
            "avgpool2d/ceil-four-sides-exclude",
        ),
        routes=("torch>ort", "torchscript>ort"),
    ),
    # ---- activations ----
    KnownDivergence(
        cases=(
            "logsigmoid/*scale25*",
            "logsigmoid/*scale1000*",
            "logsigmoid/*scale1e6*",
            "logsigmoid/*scale1-mean-30",
            "special/logsigmoid/*",
        ),
        routes="torch>ort",
        script="onnxscript_logsigmoid.py",
        versions={"onnxscript": "<=0.7.2"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=(
            "logsigmoid/*scale1000*",
            "logsigmoid/*scale1e6*",
            "logsigmoid/*scale25-mean-30",
            "special/logsigmoid/*",
        ),
        routes="torch>reference",
        script="onnxscript_logsigmoid.py",
        versions={"onnxscript": "<=0.7.2"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=(
            "logsigmoid/*scale25*",
            "logsigmoid/*scale1000*",
            "logsigmoid/*scale1e6*",
            "logsigmoid/*scale1-mean-30",
            "special/logsigmoid/*",
        ),
        routes="torchscript>ort",
        script="torchscript_logsigmoid.py",
        versions={"torch": "<=2.14.1"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=(
            "logsigmoid/*scale1000*",
            "logsigmoid/*scale1e6*",
            "logsigmoid/*scale25-mean-30",
            "special/logsigmoid/*",
        ),
        routes="torchscript>reference",
        script="torchscript_logsigmoid.py",
        versions={"torch": "<=2.14.1"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=SOFTPLUS,
        routes="torchscript>*",
        kind="value",
        reason="the TorchScript exporter leaves out the threshold of Softplus, above which torch gives x itself",
        evidence=(
            "torch 2.13, Softplus(threshold=2) at 2.5 and 3: torch 2.5 and 3, the exported file, one Softplus, 2.5789 and 3.0486 in ONNX "
            "Runtime 1.32 and in the reference evaluator alike; symbolic_opset9.py, softplus, reads the argument and never uses it. With the "
            "usual threshold and a beta that is no power of two the file differs in the last digit, of beta x / beta. The dynamo exporter "
            "writes a Where"
        ),
        link="https://github.com/pytorch/pytorch/pull/65001",
        script="torchscript_softplus_threshold.py",
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases=(
            "logsoftmax/*scale1000*",
            "logsoftmax/*scale1e6*",
            "special/logsoftmax/[fg]*",
            "special/logsoftmax/sparse",
        ),
        routes="*>reference",
        kind="infinity",
        reason="onnx's reference evaluator takes the logarithm of a finished softmax, which is 0 some way below the largest element",
        evidence=(
            "LogSoftmax of 200 and 25 in one row: onnx 1.23.2's evaluator gives 0 and minus infinity, ONNX Runtime 1.32 and torch 0 and "
            "-175 (onnx/reference/ops/op_log_softmax.py)"
        ),
        link="https://github.com/onnx/onnx/pull/8423",
        script="reference_logsoftmax.py",
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases=("celu/*", "*/celu", "special/celu/*"),
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="Expm1",
        reason="tf2onnx writes Keras' celu with an operator Expm1, which no ONNX opset has",
        evidence=(
            "keras.activations.celu is max(x, 0) + alpha tf.math.expm1(min(x, 0) / alpha) in Keras 3.15; tf2onnx 1.17 leaves Expm1 in the "
            "file without a word, onnx.checker says 'No Op registered for Expm1', and ONNX Runtime cannot load it"
        ),
        script="tf2onnx_celu_expm1.py",
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases=("gelu/*", "*/gelu", "vit_block*", "swin_block*", "convnext_block*", "special/gelu/*"),
        routes="tensorflow>*",
        operator=gelu_by_erf,
        kind="onnx-invalid",
        says="Erfc",
        reason="tf2onnx writes tf.nn.gelu with an operator Erfc, which no ONNX opset has",
        evidence=(
            "TensorFlow 2.19 to 2.21 compute gelu as 0.5 x erfc(-x / sqrt(2)); tf2onnx 1.17 logs 'Tensorflow op [Gelu/Erfc] is not "
            "supported' but returns the file: onnx.checker says 'No Op registered for Erfc', and ONNX Runtime cannot load it"
        ),
        link="https://github.com/onnx/tensorflow-onnx/pull/2463",
        script="tf2onnx_gelu_erfc.py",
        versions={"tensorflow": ">=2.19", "tf2onnx": "<=1.17.0"},
    ),
    # ---- training ----
    replace(
        CHANNELS_OF_THE_BATCH,
        cases="localresponsenorm/*",
    ),
    replace(
        SCALED_UP,
        cases="lppool2d/*ceil-mode*",
    ),
    # What a definition has there is no other than a pool's, so these speak of cases alone.
    KnownDivergence(
        cases="adaptiveavgpool2d/one-pixel",
        routes=("tensorflow>*", "litert"),
        kind="error",
        says="AdaptiveAveragePooling2D.call()",
        reason="Keras averages to one row or column with a window one longer than the image too, which no graph takes",
        evidence=(
            "keras 3.15.1, keras/src/backend/common/backend_utils.py, compute_adaptive_pooling_window_sizes: the larger of the two "
            "windows is always ceil(in / out) + 1. AdaptiveAveragePooling2D((1, 1)) of 2x6x10x4 is right when called, to 4e-8, and in "
            "a tf.function it raises ValueError: Negative dimension size caused by subtracting 7 from 6"
        ),
        script="keras_adaptive_average_window.py",
        versions={"keras": "<=3.15.1"},
    ),
    KnownDivergence(
        cases="adaptivemaxpool2d/one-pixel",
        routes=("tensorflow", "tensorflow>*"),
        kind="crash",
        says="SIGFPE",
        reason="Keras takes a maximum over a window one longer than the image too, which kills TensorFlow on the cpu",
        evidence=(
            "keras 3.15.1 as above, tensorflow-cpu 2.21.0: AdaptiveMaxPooling2D((1, 1)) of 2x6x10x4 ends the process with a floating "
            "point exception, as any maximum does there whose window is longer than the input; through oneDNN, which TensorFlow uses by "
            "itself where a processor has instructions such as AVX512_VNNI, and not without it"
        ),
        link="https://github.com/tensorflow/tensorflow/issues/125509",
        script="keras_adaptive_max_crash.py",
        versions={"keras": "<=3.15.1"},
        everywhere=False,
    ),
    KnownDivergence(
        cases="adaptivemaxpool2d/one-pixel",
        routes="tensorflow>*",
        kind="error",
        says="calling AdaptiveMaxPooling2D.call()",
        reason="Keras takes a maximum over a window one longer than the image too, which TensorFlow refuses to trace",
        evidence=(
            "keras 3.15.1 as above, tensorflow-cpu 2.21.0 without oneDNN: 'Negative dimension size caused by subtracting 7 from 6' where "
            "AdaptiveMaxPooling2D((1, 1)) of 2x6x10x4 is traced for its export; called at once it answers, and is right"
        ),
        script="keras_adaptive_max_crash.py",
        versions={"keras": "<=3.15.1"},
        everywhere=False,
    ),
    replace(
        INFERENCE_IN_TRAINING,
        cases=("batchnorm?d/training*", "batchnorm?d/unbiased*", "training/net", "training/residual"),
    ),
    # n / (n - 1) is told from 1 where the batch is small and its variance not lost in the one before.
    replace(
        UNBIASED_VARIANCE,
        cases=(
            "batchnorm2d/training",
            "batchnorm2d/training-c*",
            "batchnorm2d/training-not-affine",
            "batchnorm2d/training-no-*",
            "batchnorm2d/training-eps-1e-3",
            "batchnorm2d/training-mean10",
            "batchnorm2d/training-momentum-0.*",
            "batchnorm2d/training-momentum-1",
            "batchnorm2d/training-fresh*",
            "batchnorm2d/training-far-statistics",
            "batchnorm2d/training-batch1",
            "batchnorm2d/training-one-row",
            "batchnorm2d/training-scale-1e6",
            "batchnorm1d/training/*",
            "batchnorm3d/training/*",
            "training/net",
            "training/residual",
        ),
    ),
    replace(
        POPULATION_VARIANCE,
        cases=("batchnorm2d/training-unbiased*", "batchnorm?d/unbiased*"),
    ),
    KnownDivergence(
        cases="average/channels-swapped*",
        routes="definition>reference",
        kind="error",
        says="non-broadcastable output operand",
        reason="onnx's reference evaluator refuses a Mean whose first input is repeated to the size of a later one",
        evidence=(
            "Mean of 2x1 and 2x3, opset 13: onnx 1.23.2's evaluator raises 'non-broadcastable output operand with shape (2,1) doesn't "
            "match the broadcast shape (2,3)', since onnx/reference/ops/op_mean.py adds the others in place to a copy of the first. "
            "The other order gives 2x3; so does ONNX Runtime 1.32 in both, and so do Sum, Max and Min in the evaluator"
        ),
        script="reference_mean_broadcast.py",
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases=("argmax/*", "special/argmax*", "empty/argmax", "*float*/argmax"),
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="Bitcast",
        reason="tf2onnx writes the sign bit that Keras' argmax asks for as a Bitcast, which its opsets do not have",
        evidence=(
            "keras.ops.argmax of floats in Keras 3.15 puts the least normal number in place of each -0 "
            "(keras/src/backend/tensorflow/numpy.py), which it finds with tf.bitcast; tf2onnx 1.17.0 has no rule for it and leaves "
            "the operator as it is: onnx.checker says 'No Op registered for Bitcast with domain_version of 15'. "
            "tf.argmax on the same input becomes one ArgMax"
        ),
        script="tf2onnx_argmax_bitcast.py",
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    replace(
        OVERWRITTEN_STATISTICS,
        cases="batchnorm2d/training-fresh",
    ),
]
