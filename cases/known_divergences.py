"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces.

Those that other projects can meet are written in ``parity/cases/shipped.py``, which every project has; here they are held to
the cases that show them.
"""

from dataclasses import replace
from typing import Any

from parity.cases import KnownDivergence
from parity.cases.shipped import (
    CEIL_DECLARED,
    CEIL_REFUSED,
    DILATED_AUTO_PAD,
    GROUPED,
    INFERENCE_IN_TRAINING,
    OVERWRITTEN_STATISTICS,
    POPULATION_VARIANCE,
    STRIDE_ONE_PADS,
    UNBIASED_VARIANCE,
    UNEVEN_AVERAGE,
    VALID_PADDED,
)

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
    "softplus/beta0.3-features-scale1e06-mean-1",
)

KNOWN = [
    replace(
        GROUPED,
        cases=("conv2d/*groups*", "conv2d/*depthwise*"),
    ),
    replace(
        DILATED_AUTO_PAD,
        cases=("conv2d/dilation2-same-*", "conv2d/k?-dilation*-same", "conv2d/depthwise-dilation2-same"),
    ),
    replace(
        CEIL_REFUSED,
        cases=("maxpool2d/k2-stride3-ceil-pad1", "avgpool2d/k2-stride3-ceil-pad1"),
    ),
    replace(
        CEIL_DECLARED,
        cases=("maxpool2d/k2-stride3-ceil-pad1", "avgpool2d/k2-stride3-ceil-pad1"),
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
            "logsigmoid/*scale1e06*",
            "logsigmoid/*scale1-mean-30",
        ),
        routes="torch>ort",
        versions={"onnxscript": "<=0.7.2"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=("logsigmoid/*scale1000*", "logsigmoid/*scale1e06*", "logsigmoid/*scale25-mean-30"),
        routes="torch>reference",
        versions={"onnxscript": "<=0.7.2"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=(
            "logsigmoid/*scale25*",
            "logsigmoid/*scale1000*",
            "logsigmoid/*scale1e06*",
            "logsigmoid/*scale1-mean-30",
        ),
        routes="torchscript>ort",
        versions={"torch": "<=2.13.0"},
        **LOG_OF_SIGMOID,
    ),
    KnownDivergence(
        cases=("logsigmoid/*scale1000*", "logsigmoid/*scale1e06*", "logsigmoid/*scale25-mean-30"),
        routes="torchscript>reference",
        versions={"torch": "<=2.13.0"},
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
        versions={"torch": "<=2.13.0"},
    ),
    KnownDivergence(
        cases=("logsoftmax/*scale1000*", "logsoftmax/*scale1e06*"),
        routes="*>reference",
        kind="infinity",
        reason="onnx's reference evaluator takes the logarithm of a finished softmax, which is 0 some way below the largest element",
        evidence=(
            "LogSoftmax of 200 and 25 in one row: onnx 1.23.2's evaluator gives 0 and minus infinity, ONNX Runtime 1.32 and torch 0 and "
            "-175 (onnx/reference/ops/op_log_softmax.py)"
        ),
        link="https://github.com/onnx/onnx/pull/8423",
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases="celu/*",
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="Expm1",
        reason="tf2onnx writes Keras' celu with an operator Expm1, which no ONNX opset has",
        evidence=(
            "keras.activations.celu is max(x, 0) + alpha tf.math.expm1(min(x, 0) / alpha) in Keras 3.15; tf2onnx 1.17 leaves Expm1 in the "
            "file without a word, onnx.checker says 'No Op registered for Expm1', and ONNX Runtime cannot load it"
        ),
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    # Of GELU by a tanh, gelu/tanh*, tf2onnx writes a good file.
    KnownDivergence(
        cases="gelu/[!t]*",
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="Erfc",
        reason="tf2onnx writes tf.nn.gelu with an operator Erfc, which no ONNX opset has",
        evidence=(
            "TensorFlow 2.21 computes gelu as 0.5 x erfc(-x / sqrt(2)), by erf before; tf2onnx 1.17 logs 'Tensorflow op [Gelu/Erfc] is not "
            "supported' but returns the file: onnx.checker says 'No Op registered for Erfc', and ONNX Runtime cannot load it"
        ),
        link="https://github.com/onnx/tensorflow-onnx/pull/2463",
        versions={"tensorflow": ">=2.21", "tf2onnx": "<=1.17.0"},
    ),
    # ---- training ----
    replace(
        INFERENCE_IN_TRAINING,
        cases=("batchnorm2d/training*", "training/net", "training/residual"),
    ),
    # n / (n - 1) is told from 1 where the batch is small and its variance not lost in the one before.
    replace(
        UNBIASED_VARIANCE,
        cases=(
            "batchnorm2d/training",
            "batchnorm2d/training-c*",
            "batchnorm2d/training-not-affine",
            "batchnorm2d/training-eps-1e-3",
            "batchnorm2d/training-mean10",
            "batchnorm2d/training-momentum-0.*",
            "batchnorm2d/training-momentum-1",
            "batchnorm2d/training-fresh*",
            "batchnorm2d/training-far-statistics",
            "batchnorm2d/training-batch1",
            "batchnorm2d/training-one-row",
            "batchnorm2d/training-scale-1e6",
            "training/net",
            "training/residual",
        ),
    ),
    replace(
        POPULATION_VARIANCE,
        cases="batchnorm2d/training-unbiased*",
    ),
    replace(
        OVERWRITTEN_STATISTICS,
        cases="batchnorm2d/training-fresh",
    ),
]
