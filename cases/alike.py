"""Honest runs whose rounding errors are alike, underflow, or overflow on the way: all of them have to pass."""

from parity.cases import Case, Graph, Network, Node, Sequential
from parity.layers import Add, AvgPool2D, BatchNorm2D, Concatenate, Conv2D, Draw, Flatten, Linear, ReLU

WHOLE = "a global average: height and width are the window"
FLAT = 1e-9  # spread of an image that is constant to float32


def far(mean):
    return {"bn.mean": Draw("normal", mean, 1.0)}


def doubling(times):
    nodes, current = {"conv": (Conv2D(3, 8, 3, padding=1), "input")}, "conv"
    for i in range(times):
        nodes[f"relu{i}"] = (ReLU(), current)
        nodes[f"add{i}"] = (Add(), f"relu{i}", current)
        current = f"add{i}"
    return Graph(**nodes)


def interleaved(pairs):
    """x and -x in turns, then a 1x1 convolution on one pixel with weights of one sign."""
    negated, joined = (
        Node("neg", BatchNorm2D(1, eps=1e-12), ("input",)),
        Node("cat", Concatenate(), ("input", "neg") * pairs),
    )
    return Network((negated, joined, Node("conv", Conv2D(2 * pairs, 8, 1), ("cat",))))


NEGATED = {
    "neg.gamma": Draw("uniform", -1.0, 0.0),
    "neg.beta": Draw(spread=0.0),
    "neg.mean": Draw(spread=0.0),
    "neg.var": Draw("uniform", 1.0, 0.0),
    "conv.weight": Draw("uniform", 1.0, 0.25),
}


def weak_branch(channels):
    """A residual block whose branch is small beside what it is added to: ONNX Runtime fuses convolution and sum."""
    return Graph(
        conv=(Conv2D(channels, channels, 3, padding=1, bias=False), "input"),
        bn=(BatchNorm2D(channels), "conv"),
        add=(Add(), "bn", "input"),
    )


WEAK = {"bn.gamma": Draw(spread=0.01), "bn.beta": Draw(spread=0.0)}
EQUAL = {"linear.weight": Draw("normal", 0.01, 0.0)}
TINY = Sequential(("one", Conv2D(3, 4, 1, bias=False)), ("two", Conv2D(4, 5, 1, bias=False)))

CASES = [
    *(
        Case(f"alike/avgpool{k}-constant", AvgPool2D(k), (1, 2, k, k), scale=FLAT, mean=0.7 / FLAT, equal_sizes=WHOLE)
        for k in (28, 56, 112)
    ),
    Case("alike/linear-equal", Linear(100352, 2), (1, 100352), scale=FLAT, mean=(1 / 3) / FLAT, draws=EQUAL),
    Case(
        "alike/conv-then-average",
        Sequential(("conv", Conv2D(3, 8, 3)), ("pool", AvgPool2D((54, 46)))),
        (1, 3, 56, 48),
        mean=1e6,
    ),
    *(
        Case(
            f"alike/batchnorm{m:g}-then-average",
            Sequential(("bn", BatchNorm2D(5)), ("pool", AvgPool2D((28, 30)))),
            (1, 5, 28, 30),
            mean=m,
            draws=far(m),
        )
        for m in (300.0, 1000.0)
    ),
    Case(
        "alike/batchnorm-then-positive",
        Sequential(("bn", BatchNorm2D(5)), ("flat", Flatten()), ("fc", Linear(5 * 56 * 48, 4))),
        (1, 5, 56, 48),
        mean=1e4,
        draws=far(1e4) | {"fc.weight": Draw("uniform", 1.0, 0.25)},
    ),
    *(Case(f"alike/doubling{k}", doubling(k), (2, 3, 11, 14), quick=k == 6) for k in (4, 6, 8)),
    Case(
        "under/two-convs",
        TINY,
        (2, 3, 11, 14),
        scale=1e-30,
        draws={"one.weight": Draw(spread=1e-9), "two.weight": Draw(spread=1e30)},
    ),
    Case("under/two-convs-lower", TINY, (2, 3, 11, 14), scale=1e-39, draws={"two.weight": Draw(spread=1e38)}),
    Case(
        "under/dead-filter",
        Conv2D(8, 8, 3, bias=False),
        (1, 8, 7, 9),
        scale=6.0,
        draws={"conv2d.weight": Draw(spread=1e-38)},
    ),
    Case(
        "alike/interleaved",
        interleaved(512),
        (1, 1, 1, 1),
        mean=1000.0,
        draws=NEGATED,
        equal_sizes="a single pixel",
        quick=False,
    ),
    *(Case(f"alike/weak-branch{c}", weak_branch(c), (2, c, 9, 8), draws=WEAK, quick=c == 34) for c in (18, 34, 58)),
    Case("over/average", AvgPool2D(2), (2, 3, 6, 8), scale=1e37, mean=20.0),
]
