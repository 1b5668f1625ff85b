"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces.

Those that other projects can meet are written in ``parity/cases/shipped.py``, which every project has; here they are held to
the cases that show them.
"""

from dataclasses import replace

from parity.cases.known import KnownDivergence
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

KNOWN = [
    replace(
        GROUPED,
        cases=("conv2d/*groups*", "conv2d/*depthwise*", "inverted_residual*", "mbconv*"),
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
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases="argmax/*",
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
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    replace(
        OVERWRITTEN_STATISTICS,
        cases="batchnorm2d/training-fresh",
    ),
]
