"""Hypothesis strategies of layers that fit an input, and arrays drawn from a seed (so that examples shrink to small ones)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from parity.axes import F64, Array, Shape, Tensor
from parity.judging.oracle import Truth, truths
from parity.layers import AvgPool2D, Conv2D, Layer, MaxPool2D
from parity.layers.definition import define
from parity.operators.formats import Format
from parity.operators.graph import Value, as_value, walk

SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.sampled_from([1e-3, 1.0, 1e3, 1e6])
MEANS = st.sampled_from([0.0, 0.0, 100.0, -100.0])


@dataclass(frozen=True)
class Spec:
    """A layer, an input shape it takes, and the seed of its arrays."""

    layer: Any
    shape: Shape
    seed: int
    scale: float = 1.0
    mean: float = 0.0

    def x(self) -> Array:
        """The input, float32."""
        return arrays(self.shape, self.seed, self.scale, self.mean)

    def parameters(self) -> dict[str, Array]:
        """The layer's parameters, float32; variances are positive."""
        return parameters_of(self.layer, self.seed)


def arrays(shape: Shape, seed: int, scale: float = 1.0, mean: float = 0.0) -> Array:
    """Normal numbers, float32."""
    return (scale * (mean + np.random.default_rng(seed).standard_normal(shape))).astype(np.float32)


def parameters_of(layer: Layer, seed: int) -> dict[str, Array]:
    """Parameters of a layer, float32; what is called var is positive."""
    drawn = {name: arrays(p.shape, seed + i + 1) for i, (name, p) in enumerate(layer.parameters().items())}
    return {name: np.abs(value) + np.float32(0.01) if name == "var" else value for name, value in drawn.items()}


def fed(layer: Layer, x: tuple[Array, ...], parameters: dict[str, Any]) -> tuple[Any, dict[str, Value]]:
    """The graph of a layer on inputs of these shapes, and what it is fed. Weights may come in order, after the inputs."""
    names = list(layer.parameters())
    count = len(x) if layer.takes is None else layer.takes
    parameters = dict(zip(names, x[count:], strict=False)) | {k: v for k, v in parameters.items() if v is not None}
    kinds = [np.asarray(v).dtype for v in x[:count]]
    read = [Tensor(np.shape(v), dtype=k.name if k.kind == "i" else "float32") for v, k in zip(x, kinds, strict=False)]
    graph = define(layer, tuple(read)).graph
    feeds = {f"x{i}": v for i, v in enumerate(x[:count])} | parameters
    return graph, {name: as_value(array) for name, array in feeds.items()}


def reference(layer: Layer, *x: Array, **parameters: Any) -> F64:
    """The float64 answer of a layer by its definition."""
    graph, feeds = fed(layer, x, parameters)
    answer: F64 = walk(graph, feeds)[graph.outputs[0]].y
    return answer


def truth(layer: Layer, *x: Array, form: Format | None = None, careful: bool = True, **parameters: Any) -> Truth:
    """The same with its bound, running sums counted."""
    graph, feeds = fed(layer, x, parameters)
    return truths(graph, feeds, careful=careful, loops=False, override=form)[graph.outputs[0]]


def output(layer: Layer, *inputs: Tensor) -> Tensor:
    """Shape and axes of what a layer gives."""
    return define(layer, inputs).output


def finest_step(layer: Layer, *inputs: Tensor) -> Fraction | None:
    """By how much the finest step of integer inputs shrinks; None where they round."""
    return define(layer, inputs).step([Fraction(1)] * len(inputs))


def sizes(least: int, most: int) -> st.SearchStrategy[Any]:
    """A number, or a pair for (height, width)."""
    number = st.integers(least, most)
    return number | st.tuples(number, number)


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width)."""
    return value if isinstance(value, tuple) else (value, value)


@st.composite
def paddings(draw: st.DrawFn, most: tuple[int, int]) -> Any:
    """Every spelling of padding, at most ``most`` on a side of (height, width)."""
    rows, columns = st.integers(0, most[0]), st.integers(0, most[1])
    spellings = [
        st.sampled_from(["same", "valid"]),
        st.integers(0, min(most)),
        st.tuples(rows, columns),
        st.tuples(st.tuples(rows, rows), st.tuples(columns, columns)),
    ]
    return draw(st.one_of(spellings))


def sides(padding: Any, size: tuple[int, int], kernel: Any, stride: Any, dilation: Any = 1) -> Any:
    """((top, bottom), (left, right)) as TensorFlow's documentation states it, by other formulas than parity's.

    "same": with ``in % stride == 0`` the total is ``max(k - stride, 0)``, else ``max(k - in % stride, 0)``.
    """
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        found = []
        for n, k, s, d in zip(size, pair(kernel), pair(stride), pair(dilation), strict=True):
            spans = (k - 1) * d + 1
            total = max(spans - s, 0) if n % s == 0 else max(spans - n % s, 0)
            found.append((total // 2, total - total // 2))
        return tuple(found)
    if isinstance(padding, int):
        return ((padding, padding), (padding, padding))
    first, second = padding
    return padding if isinstance(first, tuple) else ((first, first), (second, second))


@st.composite
def convolutions(draw: st.DrawFn) -> Spec:
    """A Conv2D with any fields, and an input its kernel fits into."""
    groups = draw(st.integers(1, 3))
    kernel, stride, dilation = draw(sizes(1, 4)), draw(sizes(1, 3)), draw(sizes(1, 3))
    padding = draw(paddings((3, 3)))
    layer = Conv2D(
        groups * draw(st.integers(1, 3)),
        groups * draw(st.integers(1, 3)),
        kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
    )
    spans = [(k - 1) * d + 1 for k, d in zip(pair(kernel), pair(dilation), strict=True)]
    fixed = ((0, 0), (0, 0)) if padding == "same" else sides(padding, (1, 1), kernel, stride)
    least = [1 if padding == "same" else max(1, span - sum(pads)) for span, pads in zip(spans, fixed, strict=True)]
    shape = (draw(st.integers(1, 2)), layer.in_channels, *(n + draw(st.integers(0, 7)) for n in least))
    return Spec(layer, shape, draw(SEEDS), draw(SCALES), draw(MEANS))


@st.composite
def pools(draw: st.DrawFn, cls: type[MaxPool2D] | type[AvgPool2D]) -> Spec:
    """A pool with any fields, and an input its kernel fits into."""
    kernel = draw(sizes(1, 5))
    stride = draw(st.none() | sizes(1, 4))
    padding = draw(paddings((pair(kernel)[0] // 2, pair(kernel)[1] // 2)))
    fields: dict[str, Any] = {"ceil_mode": padding != "same" and draw(st.booleans())}
    if cls is AvgPool2D:
        fields["count_include_pad"] = draw(st.booleans())
    layer = cls(kernel, stride, padding, **fields)
    fixed = ((0, 0), (0, 0)) if padding == "same" else sides(padding, (1, 1), kernel, 1)
    spans = pair(kernel)
    least = [1 if padding == "same" else max(1, k - sum(pads)) for k, pads in zip(spans, fixed, strict=True)]
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *(n + draw(st.integers(0, 7)) for n in least))
    return Spec(layer, shape, draw(SEEDS), draw(SCALES), draw(MEANS))
