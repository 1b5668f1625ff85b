"""Pooling over whole images, adaptive pooling and the p-norm of windows."""

from parity.cases import Case, Sweep
from parity.layers import AdaptiveAvgPool2D, AdaptiveMaxPool2D, GlobalAvgPool2D, GlobalMaxPool2D, LPPool2D

INPUTS = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0, -100.0], "batch": [2, 1]}
# Of 6 x 10: 3 x 5 divides, 5 x 3 does not, 7 x 5 has more rows than there are. One pixel is apart, since Keras fails there.
ADAPTIVE = {"output_size": [(3, 5), (5, 3), (7, 5), (None, 3)], "size": [(6, 10), (11, 14)], **INPUTS}

# fmt: off
CASES = [
    *Sweep("globalavgpool2d", lambda keepdims, size, batch: (GlobalAvgPool2D(keepdims), (batch, 5, *size)),
           {"keepdims": [False, True], "size": [(7, 9), (1, 9), (31, 33)], **INPUTS}, unless=[lambda size, batch: size[0] == batch]),
    *Sweep("globalmaxpool2d", lambda keepdims, size, batch: (GlobalMaxPool2D(keepdims), (batch, 5, *size)),
           {"keepdims": [False, True], "size": [(7, 9), (1, 9), (31, 33)], **INPUTS}, unless=[lambda size, batch: size[0] == batch]),
    *Sweep("adaptiveavgpool2d", lambda output_size, size, batch: (AdaptiveAvgPool2D(output_size), (batch, 4, *size)), ADAPTIVE),
    *Sweep("adaptivemaxpool2d", lambda output_size, size, batch: (AdaptiveMaxPool2D(output_size), (batch, 4, *size)), ADAPTIVE),
    *Sweep("lppool2d", lambda p, kernel, stride, padding, ceil_mode, batch: (LPPool2D(p, kernel, stride, padding, ceil_mode), (batch, 17, 11, 14)),
           {"p": [2, 1, 3], "kernel": [3, 2, (2, 3)], "stride": [None, 1, 2], "padding": [0, 1, "same"], "ceil_mode": [False, True], **INPUTS},
           unless=[lambda padding, ceil_mode: padding == "same" and ceil_mode]),

    Case("adaptiveavgpool2d/one-pixel", AdaptiveAvgPool2D(1), (2, 4, 6, 10), quick=False),
    Case("adaptivemaxpool2d/one-pixel", AdaptiveMaxPool2D(1), (2, 4, 6, 10), quick=False),

    # A batch size that was read as a Python number shows in other batches.
    Case("globalavgpool2d/other-batches",   GlobalAvgPool2D(),         (2, 4, 6, 10),  batches=(1, 5)),
    Case("globalmaxpool2d/other-batches",   GlobalMaxPool2D(),         (2, 4, 6, 10),  batches=(1, 5)),
    Case("adaptiveavgpool2d/other-batches", AdaptiveAvgPool2D((5, 3)), (2, 4, 6, 10),  batches=(1, 5)),
    Case("adaptivemaxpool2d/other-batches", AdaptiveMaxPool2D((3, 5)), (2, 4, 6, 10),  batches=(1, 5)),
    Case("lppool2d/other-batches",          LPPool2D(2, 3),            (2, 4, 11, 16), batches=(1, 5)),
]
# fmt: on
