"""Normalisation by statistics of the sample itself, by norms, and batch normalisation with a gamma or a beta alone."""

from parity.cases import Case, Sweep
from parity.layers import BatchNorm2D, GroupNorm, InstanceNorm2D, LayerNorm, LocalResponseNorm, RMSNorm, UnitNorm

IMAGE = {"C": 6, "H": 5, "W": 7}
AFFINE = {"affine": True, "not-affine": False, "no-bias": "scale", "no-gamma": "center"}
INPUTS = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0], "batch": [2, 1]}


def sizes(axes):
    """Those of an image along these axes."""
    return tuple(IMAGE[axis] for axis in axes)


def image(batch):
    return (batch, *IMAGE.values())


# fmt: off
LAYER = [
    *Sweep("layernorm", lambda axes, eps, affine, batch: (LayerNorm(axes, sizes(axes), eps, affine), image(batch)),
           {"axes": ["CHW", "C", "W", "HW"], "eps": [1e-5, 1e-3], "affine": AFFINE, **INPUTS}),
    *Sweep("layernorm/features", lambda size, eps, affine: (LayerNorm("F", size, eps, affine), (3, size)),
           {"size": [37, 64, 301], "eps": [1e-5, 1e-3], "affine": AFFINE, "scale": [1.0, 1e-3]}),
    *Sweep("groupnorm", lambda groups, eps, affine, batch: (GroupNorm(groups, 6, eps, affine), image(batch)),
           {"groups": [3, 1, 2, 6], "eps": [1e-5, 1e-3], "affine": AFFINE, **INPUTS}),
    *Sweep("groupnorm/features", lambda groups, affine: (GroupNorm(groups, 36, affine=affine), (5, 36)),
           {"groups": [4, 1, 9], "affine": AFFINE}),
    *Sweep("instancenorm2d", lambda channels, eps, affine, batch: (InstanceNorm2D(channels, eps, affine), (batch, channels, 9, 11)),
           {"affine": {"not-affine": False, "affine": True, "no-bias": "scale", "no-gamma": "center"},
            "channels": [5, 1, 13], "eps": [1e-5, 1e-3], **INPUTS},
           unless=[lambda channels, batch: channels == batch == 1]),
]
SIZE = [
    *Sweep("rmsnorm", lambda axes, eps, affine, batch: (RMSNorm(axes, sizes(axes), eps, affine), image(batch)),
           {"axes": ["CHW", "C", "W", "HW"], "eps": [None, 1e-6, 1e-3], "affine": [True, False], **INPUTS}),
    *Sweep("rmsnorm/features", lambda size, affine: (RMSNorm("F", size, 1e-6, affine), (3, size)),
           {"size": [37, 64, 301], "affine": [True, False], "scale": [1.0, 1e-3]}),
    # What is added below the root is larger than the numbers there.
    Case("rmsnorm/small-eps", RMSNorm("W", 14, 1e-9), (2, 4, 10, 14), scale=1e-5, quick=False),
    *Sweep("unitnorm", lambda axes, p, eps, batch: (UnitNorm(axes, p, eps), image(batch)),
           {"axes": ["C", "W", "HW", "CHW"], "p": [2, 1, 3], "eps": [1e-12, 1e-7, 2.0], **INPUTS}),
    *Sweep("unitnorm/features", lambda size, p: (UnitNorm("F", p), (3, size)), {"size": [37, 64], "p": [2, 1]}),
    *Sweep("localresponsenorm", lambda size, alpha, beta, k, batch: (LocalResponseNorm(size, alpha, beta, k), (batch, 9, 5, 7)),
           {"size": [5, 1, 2, 3, 4, 13], "alpha": [1e-4, 0.5], "beta": [0.75, 0.5, 1.0], "k": [1.0, 2.0], **INPUTS},
           # There a smaller sum of squares would be lost beside k, and it would not matter which channels are summed.
           unless=[lambda scale, alpha: scale == 1e-3 and alpha < 0.5, lambda scale, mean: scale == 1e-3 and mean == 0]),
]
BATCH = [
    Case("batchnorm2d/no-bias",           BatchNorm2D(5, affine="scale"),  (2, 5, 11, 14)),
    Case("batchnorm2d/no-gamma",          BatchNorm2D(5, affine="center"), (2, 5, 11, 14), quick=False),
    Case("batchnorm2d/training-no-bias",  BatchNorm2D(5, affine="scale"),  (4, 5, 11, 14), mode="training", quick=False),
    Case("batchnorm2d/training-no-gamma", BatchNorm2D(5, affine="center"), (4, 5, 11, 14), mode="training", quick=False),
]
# What takes its statistics from the sample is in training what it is at inference.
TRAINING = [
    Case("layernorm/training",      LayerNorm("CHW", (6, 5, 7)), (2, 6, 5, 7), mode="training"),
    Case("groupnorm/training",      GroupNorm(3, 6),             (2, 6, 5, 7), mode="training"),
    Case("instancenorm2d/training", InstanceNorm2D(6),           (2, 6, 5, 7), mode="training"),
    Case("rmsnorm/training",        RMSNorm("C", 6),             (2, 6, 5, 7), mode="training"),
]
# A batch size that was read as a Python number shows in other batches.
BATCHES = [
    Case("layernorm/other-batches",         LayerNorm("C", 6),            (2, 6, 5, 7), batches=(1, 5)),
    Case("groupnorm/other-batches",         GroupNorm(3, 6),              (2, 6, 5, 7), batches=(1, 5)),
    Case("instancenorm2d/other-batches",    InstanceNorm2D(6),            (2, 6, 5, 7), batches=(1, 5)),
    Case("rmsnorm/other-batches",           RMSNorm("HW", (5, 7)),        (2, 6, 5, 7), batches=(1, 5)),
    Case("unitnorm/other-batches",          UnitNorm("C"),                (2, 6, 5, 7), batches=(1, 5)),
    Case("localresponsenorm/other-batches", LocalResponseNorm(3),         (2, 6, 5, 7), batches=(1, 5)),
]
# fmt: on

CASES = [*LAYER, *SIZE, *BATCH, *TRAINING, *BATCHES]
