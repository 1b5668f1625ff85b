"""Activations on images and on features."""

from parity.cases import Case
from parity.layers import LeakyReLU, ReLU, Sigmoid

ONE = "a single pixel: height and width are both 1"

# fmt: off
CASES = [
    Case("relu/image",        ReLU(), (2, 3, 11, 14)),
    Case("relu/features",     ReLU(), (2, 37), quick=False),
    Case("relu/batch1",       ReLU(), (1, 3, 11, 14), quick=False),
    Case("relu/one-pixel",    ReLU(), (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("relu/scale-1e-3",   ReLU(), (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("relu/scale-1",      ReLU(), (2, 3, 11, 14), scale=1.0, quick=False),
    Case("relu/scale-1e3",    ReLU(), (2, 3, 11, 14), scale=1e3, quick=False),
    Case("relu/scale-1e6",    ReLU(), (2, 3, 11, 14), scale=1e6, quick=False),
    Case("relu/all-positive", ReLU(), (2, 3, 11, 14), mean=100.0, quick=False),
    Case("relu/all-negative", ReLU(), (2, 3, 11, 14), mean=-100.0, quick=False),

    Case("leakyrelu/image",        LeakyReLU(),                    (2, 3, 11, 14)),
    Case("leakyrelu/features",     LeakyReLU(),                    (2, 37)),
    Case("leakyrelu/slope-0.3",    LeakyReLU(negative_slope=0.3),  (2, 3, 11, 14), quick=False),
    Case("leakyrelu/slope-0.2",    LeakyReLU(negative_slope=0.2),  (2, 3, 11, 14)),
    Case("leakyrelu/slope-0.25",   LeakyReLU(negative_slope=0.25), (2, 3, 11, 14)),
    Case("leakyrelu/slope-0",      LeakyReLU(negative_slope=0.0),  (2, 3, 11, 14)),
    Case("leakyrelu/slope-1",      LeakyReLU(negative_slope=1.0),  (2, 3, 11, 14)),
    Case("leakyrelu/batch1",       LeakyReLU(),                    (1, 3, 11, 14), quick=False),
    Case("leakyrelu/one-pixel",    LeakyReLU(),                    (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("leakyrelu/scale-1e-3",   LeakyReLU(),                    (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("leakyrelu/scale-1",      LeakyReLU(),                    (2, 3, 11, 14), scale=1.0, quick=False),
    Case("leakyrelu/scale-1e3",    LeakyReLU(),                    (2, 3, 11, 14), scale=1e3, quick=False),
    Case("leakyrelu/scale-1e6",    LeakyReLU(),                    (2, 3, 11, 14), scale=1e6, quick=False),
    Case("leakyrelu/all-positive", LeakyReLU(),                    (2, 3, 11, 14), mean=100.0, quick=False),
    Case("leakyrelu/all-negative", LeakyReLU(negative_slope=0.3),  (2, 3, 11, 14), mean=-100.0),

    # The scales of sigmoid run from nearly straight to wholly saturated; in between lie its tails.
    Case("sigmoid/image",      Sigmoid(), (2, 3, 11, 14)),
    Case("sigmoid/features",   Sigmoid(), (2, 37)),
    Case("sigmoid/batch1",     Sigmoid(), (1, 3, 11, 14), quick=False),
    Case("sigmoid/one-pixel",  Sigmoid(), (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("sigmoid/tails",      Sigmoid(), (2, 3, 11, 14), scale=6.0),
    # From -3 to -17 (from 3 to 17): from 0.05 to below the bound, which is absolute, so that 0 everywhere does not pass.
    Case("sigmoid/lower-tail", Sigmoid(), (2, 3, 11, 14), scale=2.0, mean=-5.0, quick=False),
    Case("sigmoid/upper-tail", Sigmoid(), (2, 3, 11, 14), scale=2.0, mean=5.0, quick=False),
    Case("sigmoid/scale-1e-3", Sigmoid(), (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("sigmoid/scale-1",    Sigmoid(), (2, 3, 11, 14), scale=1.0, quick=False),
    Case("sigmoid/scale-1e3",  Sigmoid(), (2, 3, 11, 14), scale=1e3, quick=False),
    Case("sigmoid/scale-1e6",  Sigmoid(), (2, 3, 11, 14), scale=1e6, quick=False),
    Case("sigmoid/mean100",    Sigmoid(), (2, 3, 11, 14), mean=100.0, quick=False),
    Case("sigmoid/mean-100",   Sigmoid(), (2, 3, 11, 14), mean=-100.0, quick=False),
]
# fmt: on
