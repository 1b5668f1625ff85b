"""Layers that only move values: Flatten, and Dropout as it is at inference.

Alone, Flatten hides the order in which it folds; in front of a dense layer that order decides the numbers.
"""

from parity.cases import Case, Sequential
from parity.layers import Dropout, Flatten, Linear, MaxPool2D, ReLU

ONE = "a single pixel: height and width are both 1"

# fmt: off
CASES = [
    Case("flatten/image",       Flatten(), (2, 3, 4, 5)),
    Case("flatten/features",    Flatten(), (2, 37)),
    Case("flatten/one-channel", Flatten(), (2, 1, 4, 5), quick=False),
    Case("flatten/one-row",     Flatten(), (2, 3, 1, 5), quick=False),
    Case("flatten/one-pixel",   Flatten(), (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("flatten/batch1",      Flatten(), (1, 3, 4, 5), quick=False),

    Case("flatten/twice",            Sequential(Flatten(), Flatten()),                    (2, 3, 4, 5), quick=False),
    Case("flatten/then-linear",      Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5)),
    Case("flatten/then-relu-linear", Sequential(Flatten(), ReLU(), Linear(60, 10)),       (2, 3, 4, 5)),
    Case("flatten/then-drop-linear", Sequential(Flatten(), Dropout(), Linear(60, 10)),    (2, 3, 4, 5)),
    Case("flatten/then-two-linears", Sequential(Flatten(), Linear(60, 60), ReLU(), Linear(60, 10)), (2, 3, 4, 5), quick=False),
    Case("flatten/pooled",           Sequential(MaxPool2D(2), Flatten(), Linear(84, 10)), (2, 3, 9, 14)),
    Case("flatten/scale-1e-3",       Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5), scale=1e-3, quick=False),
    Case("flatten/scale-1",          Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5), scale=1.0, quick=False),
    Case("flatten/scale-1e3",        Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5), scale=1e3, quick=False),
    Case("flatten/scale-1e6",        Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5), scale=1e6, quick=False),
    Case("flatten/mean100",          Sequential(Flatten(), Linear(60, 10)),               (2, 3, 4, 5), mean=100.0, quick=False),

    Case("dropout/image",      Dropout(),         (2, 3, 11, 14)),
    Case("dropout/features",   Dropout(),         (2, 37), quick=False),
    Case("dropout/rate-0",     Dropout(rate=0.0), (2, 3, 11, 14)),
    Case("dropout/rate-0.1",   Dropout(rate=0.1), (2, 3, 11, 14)),
    Case("dropout/rate-0.9",   Dropout(rate=0.9), (2, 3, 11, 14)),
    Case("dropout/batch1",     Dropout(),         (1, 3, 11, 14), quick=False),
    Case("dropout/one-pixel",  Dropout(),         (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("dropout/scale-1e-3", Dropout(),         (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("dropout/scale-1",    Dropout(),         (2, 3, 11, 14), scale=1.0, quick=False),
    Case("dropout/scale-1e3",  Dropout(),         (2, 3, 11, 14), scale=1e3, quick=False),
    Case("dropout/scale-1e6",  Dropout(),         (2, 3, 11, 14), scale=1e6, quick=False),
    Case("dropout/mean100",    Dropout(),         (2, 3, 11, 14), mean=100.0, quick=False),
]
# fmt: on
