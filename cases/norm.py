"""Batch normalisation by its running statistics: epsilons at variances where they show and where they hide."""

from parity.cases import Case
from parity.layers import BatchNorm2D, Draw

ONE = "a single pixel: height and width are both 1"

VAR_100 = {"batchnorm2d.var": Draw("uniform", 100.0, 15.0)}
VAR_1 = {"batchnorm2d.var": Draw("uniform", 1.0, 0.15)}
VAR_MILLI = {"batchnorm2d.var": Draw("uniform", 1e-3, 1.5e-4)}
VAR_ZERO = {"batchnorm2d.var": Draw("uniform", 1.0, 0.25, first=0.0)}
FAR_MEAN = {"batchnorm2d.mean": Draw("normal", 100.0, 1.0)}
NEGATIVE_GAMMA = {"batchnorm2d.gamma": Draw("uniform", -1.0, 0.25)}
ZERO_GAMMA = {"batchnorm2d.gamma": Draw("uniform", 1.0, 0.25, first=0.0)}

# As a model is before it was ever trained: what nobody moved is 0 or 1 exactly, and exporters fold that away.
FRESH = {
    "batchnorm2d.gamma": Draw(centre=1.0, spread=0.0),
    "batchnorm2d.beta": Draw(spread=0.0),
    "batchnorm2d.mean": Draw(spread=0.0),
    "batchnorm2d.var": Draw(centre=1.0, spread=0.0),
}
FRESH_STATISTICS = {name: FRESH[name] for name in ("batchnorm2d.mean", "batchnorm2d.var")}

# fmt: off
CASES = [
    # One field at a time, from BatchNorm2D(5).
    Case("batchnorm2d/c5",                  BatchNorm2D(5),                         (2, 5, 11, 14)),
    Case("batchnorm2d/c1",                  BatchNorm2D(1),                         (2, 1, 11, 14), quick=False),
    Case("batchnorm2d/c64",                 BatchNorm2D(64),                        (2, 64, 9, 8), quick=False),
    Case("batchnorm2d/eps-1e-3",            BatchNorm2D(5, eps=1e-3),               (2, 5, 11, 14), quick=False),
    Case("batchnorm2d/eps-1e-2",            BatchNorm2D(5, eps=1e-2),               (2, 5, 11, 14)),
    Case("batchnorm2d/eps-1e-7",            BatchNorm2D(5, eps=1e-7),               (2, 5, 11, 14)),
    Case("batchnorm2d/not-affine",          BatchNorm2D(5, affine=False),           (2, 5, 11, 14), quick=False),
    Case("batchnorm2d/not-affine-eps-1e-3", BatchNorm2D(5, eps=1e-3, affine=False), (2, 5, 11, 14), quick=False),

    # Both frameworks' default epsilons at three variances.
    Case("batchnorm2d/var-1-eps-1e-5",      BatchNorm2D(5, eps=1e-5),     (2, 5, 11, 14), draws=VAR_1, quick=False),
    Case("batchnorm2d/var-1-eps-1e-3",      BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), draws=VAR_1, quick=False),
    Case("batchnorm2d/var-100-eps-1e-5",    BatchNorm2D(5, eps=1e-5),     (2, 5, 11, 14), draws=VAR_100, quick=False),
    Case("batchnorm2d/var-100-eps-1e-3",    BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), draws=VAR_100, quick=False),
    Case("batchnorm2d/var-1e-3-eps-1e-5",   BatchNorm2D(5, eps=1e-5),     (2, 5, 11, 14), draws=VAR_MILLI, quick=False),
    Case("batchnorm2d/var-1e-3-eps-1e-3",   BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), draws=VAR_MILLI, quick=False),
    Case("batchnorm2d/var-zero-in-one",     BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), draws=VAR_ZERO, quick=False),
    Case("batchnorm2d/var-100-not-affine",  BatchNorm2D(5, affine=False), (2, 5, 11, 14), draws=VAR_100, quick=False),
    Case("batchnorm2d/var-1e-3-not-affine", BatchNorm2D(5, affine=False), (2, 5, 11, 14), draws=VAR_MILLI),

    # Other parameters away from where they are usually drawn.
    Case("batchnorm2d/gamma-negative",    BatchNorm2D(5), (2, 5, 11, 14), draws=NEGATIVE_GAMMA, quick=False),
    Case("batchnorm2d/gamma-zero-in-one", BatchNorm2D(5), (2, 5, 11, 14), draws=ZERO_GAMMA, quick=False),
    Case("batchnorm2d/running-mean-100",  BatchNorm2D(5), (2, 5, 11, 14), draws=FAR_MEAN, quick=False),
    Case("batchnorm2d/both-means-100",    BatchNorm2D(5), (2, 5, 11, 14), mean=100.0, draws=FAR_MEAN, quick=False),

    # Parameters that were never trained.
    Case("batchnorm2d/fresh",             BatchNorm2D(5),               (2, 5, 11, 14), draws=FRESH),
    Case("batchnorm2d/fresh-eps-1e-3",    BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), draws=FRESH, quick=False),
    Case("batchnorm2d/fresh-not-affine",  BatchNorm2D(5, affine=False), (2, 5, 11, 14), draws=FRESH_STATISTICS, quick=False),
    Case("batchnorm2d/fresh-statistics",  BatchNorm2D(5),               (2, 5, 11, 14), draws=FRESH_STATISTICS, quick=False),
    Case("batchnorm2d/fresh-scale-1e3",   BatchNorm2D(5),               (2, 5, 11, 14), draws=FRESH, scale=1e3, quick=False),

    # Sizes at the edges.
    Case("batchnorm2d/batch1",              BatchNorm2D(5), (1, 5, 11, 14), quick=False),
    Case("batchnorm2d/one-pixel",           BatchNorm2D(5), (2, 5, 1, 1), equal_sizes=ONE, quick=False),
    Case("batchnorm2d/one-pixel-one-image", BatchNorm2D(5), (1, 5, 1, 1), equal_sizes=ONE, quick=False),
    Case("batchnorm2d/one-row",             BatchNorm2D(5), (2, 5, 1, 9), quick=False),

    # Scales, and means far from zero.
    Case("batchnorm2d/scale-1e-3",         BatchNorm2D(5),               (2, 5, 11, 14), scale=1e-3, quick=False),
    Case("batchnorm2d/scale-1",            BatchNorm2D(5),               (2, 5, 11, 14), scale=1.0, quick=False),
    Case("batchnorm2d/scale-1e3",          BatchNorm2D(5),               (2, 5, 11, 14), scale=1e3, quick=False),
    Case("batchnorm2d/scale-1e6",          BatchNorm2D(5),               (2, 5, 11, 14), scale=1e6, quick=False),
    Case("batchnorm2d/scale-1e3-eps-1e-3", BatchNorm2D(5, eps=1e-3),     (2, 5, 11, 14), scale=1e3, quick=False),
    Case("batchnorm2d/mean100",            BatchNorm2D(5),               (2, 5, 11, 14), mean=100.0, quick=False),
    Case("batchnorm2d/mean100-not-affine", BatchNorm2D(5, affine=False), (2, 5, 11, 14), mean=100.0, quick=False),
]
# fmt: on
