"""Sweeps of the element-wise activations: settings, shapes, scales, and the tails to 30 and beyond."""

from parity.cases import Sweep
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    SiLU,
    Softmax,
    Softplus,
    SoftShrink,
    Softsign,
    Tanh,
    TanhShrink,
    Threshold,
)

IMAGE, FEATURES = (2, 3, 5, 7), (2, 37)
SHAPES = {"image": IMAGE, "features": FEATURES, "batch1": (1, 3, 11, 14), "wide": (2, 67)}
#: An input is scale * (mean + z): a scale of 10 reaches both tails to 30, a mean of 30 is the upper one alone.
SCALES = [1.0, 1e-3, 10.0, 1e3, 1e6]
INPUT = {"shape": SHAPES, "scale": SCALES, "mean": [0.0, -1.0, 30.0]}

SOFTMAX_SHAPES = {"image": (2, 5, 3, 7), "features": FEATURES, "batch1": (1, 11, 14, 3), "one-row": (1, 67)}
HALVES = {"image": (2, 6, 10, 8), "features": (2, 38), "batch1": (1, 6, 4, 10), "wide": (3, 62)}
AXES = {"channels": 1, "last": -1, "height": 2}
#: One number for all slopes, one each channel (feature), one each element.
SLOPES = {"image": (2, 3, 5, 7), "features": (2, 37), "batch1": (1, 4, 11, 9)}
SHARED = {"one": lambda shape: 1, "channels": lambda shape: shape[1], "elements": lambda shape: shape[1:]}

CASES = [
    *Sweep("relu6", lambda shape: (ReLU6(), shape), INPUT),
    *Sweep("tanh", lambda shape: (Tanh(), shape), INPUT),
    *Sweep("elu", lambda shape, alpha: (ELU(alpha), shape), {"alpha": [1.0, 0.3, 2.0, 0.0], **INPUT}),
    *Sweep("selu", lambda shape: (SELU(), shape), INPUT),
    *Sweep("celu", lambda shape, alpha: (CELU(alpha), shape), {"alpha": [1.0, 0.3, 2.0], **INPUT}),
    *Sweep(
        "gelu",
        lambda shape, approximate: (GELU(approximate), shape),
        {"approximate": {"none": "none", "tanh": "tanh"}, **INPUT},
    ),
    *Sweep("silu", lambda shape: (SiLU(), shape), INPUT),
    *Sweep(
        "softplus",
        lambda shape, beta, threshold: (Softplus(beta, threshold), shape),
        {"beta": [1.0, 0.3, 4.0], "threshold": [20.0, -1.0, 50.0], **INPUT},
        # Where inputs are thousands apart, next to none lies between the threshold and where the two sides meet.
        unless=[lambda threshold, scale: threshold == -1.0 and scale >= 1e3],
    ),
    *Sweep("softsign", lambda shape: (Softsign(), shape), INPUT),
    *Sweep("hardsigmoid", lambda shape: (HardSigmoid(), shape), INPUT),
    *Sweep("hardswish", lambda shape: (HardSwish(), shape), INPUT),
    *Sweep(
        "hardtanh",
        lambda shape, min_val, max_val: (HardTanh(min_val, max_val), shape),
        {"min_val": [-1.0, 0.0, -2.5], "max_val": [1.0, 6.0, 0.1], **INPUT},
    ),
    # At these scales the sigmoid that torch's exporters write is surely 0 in ONNX Runtime, or surely good, so that no draw decides.
    *Sweep(
        "logsigmoid",
        lambda shape: (LogSigmoid(), shape),
        {"shape": SHAPES, "scale": [0.5, 1e-3, 25.0, 1e3, 1e6, 1.0], "mean": [0.0, -30.0]},
        unless=[lambda scale, mean: scale == 0.5 and mean == -30.0, lambda scale, mean: scale == 1.0 and mean == 0.0],
    ),
    *Sweep("mish", lambda shape: (Mish(), shape), INPUT),
    # Near zero x - tanh(x) is the difference of two numbers that are equal to their last digits.
    *Sweep(
        "tanhshrink",
        lambda shape: (TanhShrink(), shape),
        INPUT,
        unless=[lambda scale, mean: scale == 1e-3 and mean != 30.0],
    ),
    *Sweep("hardshrink", lambda shape, lambd: (HardShrink(lambd), shape), {"lambd": [0.5, 0.0, 0.1, 3.0], **INPUT}),
    *Sweep("softshrink", lambda shape, lambd: (SoftShrink(lambd), shape), {"lambd": [0.5, 0.0, 0.1, 3.0], **INPUT}),
    *Sweep(
        "threshold",
        lambda shape, threshold, value: (Threshold(threshold, value), shape),
        {"threshold": [0.1, 0.0, -1.0], "value": [20.0, 0.0, -0.3], **INPUT},
    ),
    *Sweep(
        "prelu",
        lambda shape, shared: (PReLU(SHARED[shared](shape)), shape),
        {"shared": {word: word for word in SHARED}, **INPUT, "shape": SLOPES},
        unless=[lambda shape, shared: shared == "elements" and len(shape) == 2],
    ),
    *Sweep(
        "softmax",
        lambda shape, axis: (Softmax(axis), shape),
        {"axis": AXES, **INPUT, "shape": SOFTMAX_SHAPES},
        unless=[lambda shape, axis: axis == 2 and len(shape) == 2],
    ),
    *Sweep(
        "logsoftmax",
        lambda shape, axis: (LogSoftmax(axis), shape),
        {"axis": AXES, **INPUT, "shape": SOFTMAX_SHAPES},
        unless=[lambda shape, axis: axis == 2 and len(shape) == 2],
    ),
    *Sweep(
        "glu",
        lambda shape, axis: (GLU(axis), shape),
        {"axis": AXES, **INPUT, "shape": HALVES},
        unless=[lambda shape, axis: axis == 2 and len(shape) == 2],
    ),
    *Sweep(
        "relu",
        lambda shape, max_value, negative_slope, threshold: (ReLU(max_value, negative_slope, threshold), shape),
        {
            "max_value": [None, 6.0, 2.5],
            "negative_slope": [0.0, 0.1, 0.25],
            "threshold": [0.0, 1.0, 0.3],
            "shape": {"image": IMAGE, "features": FEATURES},
            "scale": SCALES,
        },
    ),
]
