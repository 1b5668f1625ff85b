"""Dense layers, from one feature to long sums."""

from parity.cases import Case
from parity.layers import Draw, Linear

POSITIVE = {"linear.weight": Draw("uniform", 1.0, 0.25)}
FAR_BIAS = {"linear.bias": Draw("normal", 1000.0, 1.0)}

# fmt: off
CASES = [
    Case("linear/37to10",          Linear(37, 10),               (4, 37)),
    Case("linear/1to10",           Linear(1, 10),                (4, 1), quick=False),
    Case("linear/37to1",           Linear(37, 1),                (4, 37), quick=False),
    Case("linear/16to7",           Linear(16, 7),                (4, 16), quick=False),
    Case("linear/256to10",         Linear(256, 10),              (4, 256), quick=False),
    Case("linear/10to300",         Linear(10, 300),              (4, 10), quick=False),
    Case("linear/4096to10",        Linear(4096, 10),             (8, 4096), quick=False),
    Case("linear/4096to64-batch1", Linear(4096, 64),             (1, 4096), quick=False),
    Case("linear/25088to10",       Linear(25088, 10),            (2, 25088), quick=False),
    Case("linear/no-bias",         Linear(37, 10, bias=False),   (4, 37)),
    Case("linear/no-bias-1to10",   Linear(1, 10, bias=False),    (4, 1), quick=False),
    Case("linear/no-bias-4096",    Linear(4096, 10, bias=False), (8, 4096), quick=False),
    Case("linear/batch1",          Linear(37, 10),               (1, 37), quick=False),
    Case("linear/batch33",         Linear(37, 10),               (33, 37), quick=False),

    Case("linear/scale-1e-3",           Linear(256, 10),             (4, 256), scale=1e-3, quick=False),
    Case("linear/scale-1",              Linear(256, 10),             (4, 256), scale=1.0, quick=False),
    Case("linear/scale-1e3",            Linear(256, 10),             (4, 256), scale=1e3, quick=False),
    Case("linear/scale-1e6",            Linear(256, 10),             (4, 256), scale=1e6, quick=False),
    Case("linear/scale-1e6-no-bias",    Linear(256, 10, bias=False), (4, 256), scale=1e6, quick=False),
    Case("linear/mean100",              Linear(256, 10),             (4, 256), mean=100.0, quick=False),
    Case("linear/mean-100",             Linear(256, 10),             (4, 256), mean=-100.0, quick=False),
    Case("linear/mean100-4096",         Linear(4096, 10),            (8, 4096), mean=100.0, quick=False),
    Case("linear/mean100-no-bias",      Linear(256, 10, bias=False), (4, 256), mean=100.0, quick=False),
    Case("linear/weights-all-positive", Linear(4096, 10),            (8, 4096), mean=10.0, draws=POSITIVE, quick=False),
    Case("linear/bias-far-from-zero",   Linear(256, 10),             (4, 256), draws=FAR_BIAS, quick=False),
]
# fmt: on
