"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces.

Those that other projects can meet are written in ``parity/cases/shipped.py``, which every project has; here they are held to
the cases that show them.
"""

from dataclasses import replace

from parity.cases.shipped import CEIL_DECLARED, CEIL_REFUSED, DILATED_AUTO_PAD, GROUPED, STRIDE_ONE_PADS, UNEVEN_AVERAGE

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
]
