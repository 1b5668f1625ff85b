"""Layers that take several inputs: Add and Concatenate, in the smallest graphs that show them."""

from parity.cases import Case, Graph
from parity.layers import Add, AvgPool2D, Concatenate, Conv2D, Flatten, LeakyReLU, Linear, MaxPool2D, ReLU

ONE = "a single pixel: height and width are both 1"

ADD = Graph(relu=(ReLU(), "input"), add=(Add(), "relu", "input"))
ADD_THREE = Graph(
    relu=(ReLU(), "input"),
    leaky=(LeakyReLU(), "input"),
    add=(Add(), "input", "relu", "leaky"),
)
ADD_CONVS = Graph(
    left=(Conv2D(3, 8, 3, padding=1), "input"),
    right=(Conv2D(3, 8, 1), "input"),
    add=(Add(), "left", "right"),
)
ADD_FEATURES = Graph(
    left=(Linear(37, 10), "input"),
    right=(Linear(37, 10, bias=False), "input"),
    add=(Add(), "left", "right"),
)
ADD_FOLDED = Graph(
    left=(Flatten(), "input"),
    relu=(ReLU(), "left"),
    add=(Add(), "left", "relu"),
    fc=(Linear(60, 10), "add"),
)
CONCATENATE = Graph(relu=(ReLU(), "input"), concatenate=(Concatenate(), "relu", "input"))
CONCATENATE_SWAPPED = Graph(relu=(ReLU(), "input"), concatenate=(Concatenate(), "input", "relu"))
CONCATENATE_THREE = Graph(
    wide=(Conv2D(3, 6, 3, padding=1), "input"),
    narrow=(Conv2D(3, 4, 1), "input"),
    concatenate=(Concatenate(), "narrow", "input", "wide"),
)
CONCATENATE_POOLS = Graph(
    largest=(MaxPool2D(2), "input"),
    mean=(AvgPool2D(2), "input"),
    concatenate=(Concatenate(), "largest", "mean"),
)
CONCATENATE_THEN_CONV = Graph(
    relu=(ReLU(), "input"),
    concatenate=(Concatenate(), "relu", "input"),
    conv=(Conv2D(6, 4, 3), "concatenate"),
)
CONCATENATE_THEN_LINEAR = Graph(
    relu=(ReLU(), "input"),
    concatenate=(Concatenate(), "relu", "input"),
    flatten=(Flatten(), "concatenate"),
    fc=(Linear(120, 10), "flatten"),
)

# fmt: off
CASES = [
    Case("add/two",             ADD,          (2, 3, 11, 14)),
    Case("add/three",           ADD_THREE,    (2, 3, 11, 14)),
    Case("add/convolutions",    ADD_CONVS,    (2, 3, 11, 14), quick=False),
    Case("add/features",        ADD_FEATURES, (4, 37)),
    Case("add/folded-features", ADD_FOLDED,   (2, 3, 4, 5)),
    Case("add/batch1",          ADD,          (1, 3, 11, 14), quick=False),
    Case("add/one-pixel",       ADD,          (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("add/scale-1e-3",      ADD_CONVS,    (2, 3, 11, 14), scale=1e-3),
    Case("add/scale-1",         ADD_CONVS,    (2, 3, 11, 14), scale=1.0, quick=False),
    Case("add/scale-1e3",       ADD_CONVS,    (2, 3, 11, 14), scale=1e3, quick=False),
    Case("add/scale-1e6",       ADD_CONVS,    (2, 3, 11, 14), scale=1e6, quick=False),
    Case("add/mean100",         ADD_CONVS,    (2, 3, 11, 14), mean=100.0, quick=False),

    Case("concatenate/two",         CONCATENATE,             (2, 3, 11, 14)),
    Case("concatenate/swapped",     CONCATENATE_SWAPPED,     (2, 3, 11, 14), quick=False),
    Case("concatenate/three",       CONCATENATE_THREE,       (2, 3, 11, 14)),
    Case("concatenate/pools",       CONCATENATE_POOLS,       (2, 3, 10, 14)),
    Case("concatenate/then-conv",   CONCATENATE_THEN_CONV,   (2, 3, 11, 14), quick=False),
    Case("concatenate/then-linear", CONCATENATE_THEN_LINEAR, (2, 3, 4, 5)),
    Case("concatenate/batch1",      CONCATENATE,             (1, 3, 11, 14), quick=False),
    Case("concatenate/one-pixel",   CONCATENATE,             (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("concatenate/scale-1e-3",  CONCATENATE_THEN_CONV,   (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("concatenate/scale-1",     CONCATENATE_THEN_CONV,   (2, 3, 11, 14), scale=1.0, quick=False),
    Case("concatenate/scale-1e3",   CONCATENATE_THEN_CONV,   (2, 3, 11, 14), scale=1e3, quick=False),
    Case("concatenate/scale-1e6",   CONCATENATE_THEN_CONV,   (2, 3, 11, 14), scale=1e6, quick=False),
    Case("concatenate/mean100",     CONCATENATE_THEN_CONV,   (2, 3, 11, 14), mean=100.0, quick=False),
]
# fmt: on
