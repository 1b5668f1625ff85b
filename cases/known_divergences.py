"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces.

Those that other projects can meet are written in ``parity/cases/shipped.py``, which every project has; here they are held to
the cases that show them.
"""

from dataclasses import replace

from parity.cases.shipped import (
    CEIL_DECLARED,
    CEIL_REFUSED,
    CHANNELS_OF_THE_BATCH,
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
    replace(
        CHANNELS_OF_THE_BATCH,
        cases="localresponsenorm/*",
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
