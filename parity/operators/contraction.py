"""Sums of products: convolutions and matrix products. Their rounding is form R (``parity.operators.sums``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators import winograd
from parity.operators.base import Near, Noise, Operator, Site, Terms, Unsupported, Window, operator
from parity.operators.sums import BLOCKS, LANES, blocks, largest_prefix, rounded_sum, sizes
from parity.operators.windows import Geometry, geometry, per_channel

CHUNK = 2**21  #: elements of the unfolded input that are held at once: 16 MiB, which caches and the heap can hold


def convolve(x: Array, w: Array, g: Geometry, groups: int) -> F64:
    """The cross-correlation of ``N C spatial`` with ``O I kernel``, by unfolding and BLAS; float64."""
    n, out, inner = x.shape[0], w.shape[0], w.shape[1]
    if inner == 1 and groups == x.shape[1]:
        return _depthwise(x, w, g)
    rows = w.reshape(groups, out // groups, -1)
    y = np.empty((n, out, *g.count))
    flat = y.reshape(n, groups, out // groups, prod(g.count))
    if prod(g.kernel) == prod(g.stride) == 1 and not any(n for side in g.reach for n in side):
        # Each window is its own element: nothing to unfold.
        np.matmul(rows, x.reshape(n, groups, rows.shape[2], prod(g.count)), out=flat)
        return y
    taps, across = [seen for _, seen in g.taps(x)], prod(g.count[1:])
    step = min(g.count[0], max(1, CHUNK // max(1, rows.shape[2] * groups * across)))
    columns = np.empty((groups, rows.shape[2], step * across))
    for image in range(n):
        for a in range(0, g.count[0], step):
            b = min(a + step, g.count[0])
            part = columns if b - a == step else np.empty((groups, rows.shape[2], (b - a) * across))
            unfolded = part.reshape(x.shape[1], len(taps), b - a, *g.count[1:])
            for k, seen in enumerate(taps):
                unfolded[:, k] = seen[image, :, a:b]
            np.matmul(rows, part, out=flat[image, :, :, a * across : b * across])
    return y


def _at(*parts: Any) -> Any:
    """An index made of slices and numbers."""
    return parts


def _depthwise(x: Array, w: Array, g: Geometry) -> F64:
    times, y = w.shape[0] // x.shape[1], np.zeros((x.shape[0], w.shape[0], *g.count))
    for at, seen in g.taps(x):
        y += per_channel(w[_at(slice(None), 0, *at)], x.ndim) * (np.repeat(seen, times, axis=1) if times > 1 else seen)
    return y


def by_taps(x: Array, w: Array, g: Geometry, groups: int) -> Iterator[F64]:
    """The convolution tap by tap, channels inner: one part a kernel position."""
    n, out = x.shape[0], w.shape[0]
    for at, seen in g.taps(x):
        rows = w[_at(slice(None), slice(None), *at)].reshape(groups, out // groups, -1)
        yield (rows @ seen.reshape(n, groups, rows.shape[2], -1)).reshape(n, out, *g.count)


def by_channels(x: Array, w: Array, g: Geometry, groups: int) -> Iterator[F64]:
    """The convolution by blocks of the input channels of each group, taps inner."""
    n, inner = x.shape[0], w.shape[1]
    grouped = x.reshape(n, groups, inner, *x.shape[2:])
    for a, b in blocks(inner):
        part = grouped[:, :, a:b].reshape(n, groups * (b - a), *x.shape[2:])
        yield convolve(part, w[:, a:b], g, groups)


def subnormal(at: Site, *arrays: Any) -> list[Array | None]:
    """Of each array what is subnormal in its stored type, None where nothing is: a kernel may take it for zero."""
    found: list[Array | None] = []
    for array in arrays:
        mask = (np.abs(array) < at.format.tiny) & (array != 0)
        found.append(np.where(mask, np.abs(array), 0.0) if mask.any() else None)
    return found


def transforms(at: Site, kernel: Shape) -> bool:
    """Whether Winograd's algorithm or an FFT can compute a convolution: a window of several elements that moves one by one."""
    ones = (1,) * len(kernel)
    return kernel != ones and all(tuple(at.get(name) or ones) == ones for name in ("strides", "dilations"))


class _Convolution(Operator):
    """What Conv and ConvTranspose share: a cross-correlation of prepared operands, then a crop, then the bias."""

    def prepared(self, at: Site, x: Any, w: Any) -> tuple[Array, Array, Geometry, int]:
        """Operands, geometry and groups of the cross-correlation that this is."""
        raise NotImplementedError

    def cropped(self, at: Site, y: F64, x: Shape, w: Shape) -> F64:
        """What is kept of it."""
        return y

    def _sum(self, at: Site, x: Any, w: Any) -> F64:
        return self.cropped(at, convolve(*self.prepared(at, x, w)), x.shape, w.shape)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        y = self._sum(at, x[0], x[1])
        if len(x) > 2 and x[2] is not None:
            if np.shape(x[2]) != y.shape[1:2]:  # broadcast it may fit all the same, and runtimes refuse it
                raise ValueError(f"{at.kind} with a bias of shape {np.shape(x[2])} for {y.shape[1]} channels")
            y += per_channel(x[2], y.ndim)
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """Form R over the products of a window; what flushing of subnormal operands loses is added."""
        data, w = x[0], x[1]
        bias = per_channel(x[2], data.ndim) if len(x) > 2 and x[2] is not None else 0.0

        def prefix() -> F64:
            operands = self.prepared(at, data, w)
            orders = (by_taps(*operands), by_channels(*operands))
            parts = (largest_prefix(self.cropped(at, p, data.shape, w.shape) for p in order) for order in orders)
            return np.maximum(*parts)

        def magnitude() -> F64:
            total: F64 = self._sum(at, sizes(data), sizes(w)) + np.abs(bias)
            return total

        products = self.products(at, data.shape, w.shape)
        squares = self._sum(at, data * data, w * w)
        noise = rounded_sum(at, products, squares, y[0], bias, prefix, magnitude, transforms(at, w.shape[2:]))
        small_x, small_w = subnormal(at, data, w)
        lost = 0.0 if small_x is None else self._sum(at, small_x, np.abs(w))
        lost = lost if small_w is None else lost + self._sum(at, np.abs(data), small_w)
        return (Noise(noise.own, (), noise.storage, noise.flush + lost, noise.overflow),)


@operator("Conv")
class Conv(_Convolution):
    """A cross-correlation. Form R over the n products of a window."""

    def prepared(self, at: Site, x: Any, w: Any) -> tuple[Array, Array, Geometry, int]:
        return x, w, geometry(at, x.shape[2:], w.shape[2:]), at.get("group", 1)

    def near(self, at: Site, y: Sequence[Any], *x: Any) -> Near | None:
        """The difference by fewer products, where the weights stay and all is finite: a sum of products is linear."""
        data, w, g, groups = self.prepared(at, x[0], x[1])
        if not winograd.saves(g, data.shape, w.shape, groups):
            return None

        def moved(*inputs: Any) -> tuple[Any, ...]:
            if all(a is b for a, b in zip(inputs[1:], x[1:], strict=True)):
                made = winograd.convolve(inputs[0] - data, w, g)
                made += y[0]
                if np.isfinite(made).all():
                    return (made,)
            return self.value(at, *inputs)

        return moved

    def products(self, at: Site, *shapes: Shape) -> int:
        return prod(shapes[1][1:])

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return geometry(at, shapes[0][2:], shapes[1][2:]).window

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return min(steps[0] * steps[1], *steps[2:]) if steps[2:] else steps[0] * steps[1]

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        data, w = x[0], x[1]
        g = geometry(at, data.shape[2:], w.shape[2:])
        inner, group = w.shape[1], index[1] // (w.shape[0] // at.get("group", 1))
        channels = slice(group * inner, (group + 1) * inner)
        image = data[index[0] : index[0] + 1]
        seen = np.stack([tap[_at(0, channels, *index[2:])] for _, tap in g.taps(image)], axis=1)
        return Terms(seen * w[index[1]].reshape(inner, -1), _bias(x, index[1]))


def _bias(x: Sequence[Any], channel: int) -> float:
    return float(x[2][channel]) if len(x) > 2 and x[2] is not None else 0.0


@operator("ConvTranspose")
class ConvTranspose(_Convolution):
    """A convolution of the input spread out by the stride with the turned kernel, cropped by the pads. Form R."""

    def prepared(self, at: Site, x: Any, w: Any) -> tuple[Array, Array, Geometry, int]:
        rank, groups = x.ndim - 2, at.get("group", 1)
        stride, dilation = at.get("strides") or (1,) * rank, at.get("dilations") or (1,) * rank
        spread = np.zeros((*x.shape[:2], *((n - 1) * s + 1 for n, s in zip(x.shape[2:], stride, strict=True))))
        spread[(slice(None), slice(None), *(slice(None, None, s) for s in stride))] = x
        ins, outs = w.shape[:2]
        turned = np.flip(w.reshape(groups, ins // groups, outs, *w.shape[2:]), tuple(range(3, 3 + rank)))
        turned = turned.swapaxes(1, 2).reshape(groups * outs, ins // groups, *w.shape[2:])
        full = tuple((k - 1) * d for k, d in zip(w.shape[2:], dilation, strict=True))
        inner = Site(at.kind, {"pads": full + full, "dilations": dilation}, at.opset, at.dtypes)
        return spread, turned, geometry(inner, spread.shape[2:], w.shape[2:]), groups

    def _cuts(self, at: Site, x: Shape, w: Shape) -> list[tuple[int, int, int]]:
        """For each spatial axis: where the output begins and ends in the full one, and how long that is."""
        rank = len(x) - 2
        stride, dilation = at.get("strides") or (1,) * rank, at.get("dilations") or (1,) * rank
        extra, pads = at.get("output_padding") or (0,) * rank, at.get("pads") or (0,) * 2 * rank
        wanted, auto = at.get("output_shape"), at.get("auto_pad", "NOTSET")
        cuts = []
        for i in range(rank):
            full = (x[2 + i] - 1) * stride[i] + (w[2 + i] - 1) * dilation[i] + 1
            begin, end = pads[i], full - pads[rank + i] + extra[i]
            if wanted or auto.startswith("SAME"):
                length = list(wanted)[-rank:][i] if wanted else x[2 + i] * stride[i]
                total = full + extra[i] - length
                begin = total - total // 2 if auto == "SAME_LOWER" else total // 2
                begin = max(begin, 0)
                end = begin + length
            cuts.append((int(begin), int(end), int(full)))
        return cuts

    def cropped(self, at: Site, y: F64, x: Shape, w: Shape) -> F64:
        cuts = self._cuts(at, x, w)
        if any(end > full for _, end, full in cuts):
            y = np.pad(y, [(0, 0), (0, 0), *((0, max(0, end - full)) for _, end, full in cuts)])
        return y[(slice(None), slice(None), *(slice(begin, end) for begin, end, _ in cuts))]

    def spread(self, at: Site, *shapes: Shape) -> Window | None:
        x, w = shapes[:2]
        ones = (1,) * (len(x) - 2)
        stride, dilation = tuple(at.get("strides") or ones), tuple(at.get("dilations") or ones)
        pads = tuple((begin, full - end) for begin, end, full in self._cuts(at, x, w))
        return Window(tuple(w[2:]), stride, dilation, pads)

    def products(self, at: Site, *shapes: Shape) -> int:
        stride = at.get("strides") or (1,) * (len(shapes[1]) - 2)
        reached = prod(-(-k // s) for k, s in zip(shapes[1][2:], stride, strict=True))
        return int(shapes[1][0] // at.get("group", 1) * reached)

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return min(steps[0] * steps[1], *steps[2:]) if steps[2:] else steps[0] * steps[1]

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        spread, turned, g, groups = self.prepared(at, x[0][index[0] : index[0] + 1], x[1])
        place = tuple(
            i + begin for i, (begin, _, _) in zip(index[2:], self._cuts(at, x[0].shape, x[1].shape), strict=True)
        )
        if any(i >= n for i, n in zip(place, g.count, strict=True)):
            return Terms(np.zeros(1), _bias(x, index[1]))  # output_padding: nothing reaches there
        inner, group = turned.shape[1], index[1] // (turned.shape[0] // groups)
        channels = slice(group * inner, (group + 1) * inner)
        seen = np.stack([tap[_at(0, channels, *place)] for _, tap in g.taps(spread)], axis=1)
        products = (seen * turned[index[1]].reshape(inner, -1)).ravel()
        return Terms(products[products != 0], _bias(x, index[1]))


# ---- matrix products ------------------------------------------------------------------------------------------------


class _Product(Operator):
    """``a @ b`` plus a bias."""

    def operands(self, at: Site, x: Sequence[Any]) -> tuple[Array, Array, Array | None]:
        """a, b and the bias, contracted over a's last axis and b's last but one."""
        raise NotImplementedError

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        a, b, bias = self.operands(at, x)
        y = np.asarray(a @ b)
        return (y if bias is None else y + bias,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """Form R over the inner axis; what flushing of subnormal operands loses is added."""
        a0, b0, bias = self.operands(at, x)
        a, b = a0[None, :] if a0.ndim == 1 else a0, b0[:, None] if b0.ndim == 1 else b0

        def folded(v: Any) -> F64:
            v = v[..., 0] if b0.ndim == 1 else v
            return np.asarray(v[..., 0] if a0.ndim == 1 and b0.ndim == 1 else v[..., 0, :] if a0.ndim == 1 else v)

        def magnitude() -> F64:
            total: F64 = folded(sizes(a) @ sizes(b)) + (0.0 if bias is None else np.abs(bias))
            return total

        noise = rounded_sum(
            at,
            a.shape[-1],
            folded((a * a) @ (b * b)),
            y[0],
            0.0 if bias is None else bias,
            lambda: folded(product_prefix(a, b)),
            magnitude,
        )
        small_a, small_b = subnormal(at, a, b)
        lost: Any = 0.0 if small_a is None else folded(small_a @ np.abs(b))
        lost = lost if small_b is None else lost + folded(np.abs(a) @ small_b)
        return (Noise(noise.own, (), noise.storage, noise.flush + lost, noise.overflow),)

    def products(self, at: Site, *shapes: Shape) -> int:
        return shapes[0][-1]

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return min(steps[0] * steps[1], *steps[2:]) if steps[2:] else steps[0] * steps[1]


def product_prefix(a: Array, b: Array) -> F64:
    """The largest squared running sum of ``a @ b`` over contiguous blocks, or the energy of interleaved lanes."""
    n = a.shape[-1]
    largest = largest_prefix(a[..., i:j] @ b[..., i:j, :] for i, j in blocks(n))
    for lanes in LANES:
        whole = n - n % lanes
        if whole < 2 * lanes or lanes > BLOCKS:
            break
        energy = sum((a[..., k:whole:lanes] @ b[..., k:whole:lanes, :]) ** 2 for k in range(lanes))
        largest = np.maximum(largest, energy)
    return largest


@operator("MatMul")
class MatMul(_Product):
    """A matrix product, batches broadcast. Form R over the inner axis."""

    def operands(self, at: Site, x: Sequence[Any]) -> tuple[Array, Array, Array | None]:
        return x[0], x[1], None

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        a, b = x[0], x[1]
        if a.ndim < 2 or b.ndim < 2:
            return None
        batch = index[:-2]
        left = np.broadcast_to(a, (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *a.shape[-2:]))[batch]
        right = np.broadcast_to(b, (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]))[batch]
        return Terms(left[index[-2]] * right[:, index[-1]])


@operator("Gemm")
class Gemm(_Product):
    """``alpha a b + beta c``. Form R over the inner axis."""

    def operands(self, at: Site, x: Sequence[Any]) -> tuple[Array, Array, Array | None]:
        a, b = x[0].T if at.get("transA", 0) else x[0], x[1].T if at.get("transB", 0) else x[1]
        alpha, beta = at.get("alpha", 1.0), at.get("beta", 1.0)
        bias = None if len(x) < 3 or x[2] is None else x[2] if beta == 1.0 else beta * x[2]
        return (a if alpha == 1.0 else alpha * a), b, bias

    def products(self, at: Site, *shapes: Shape) -> int:
        return shapes[0][0] if at.get("transA", 0) else shapes[0][1]

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        a, b, bias = self.operands(at, x)
        start = 0.0 if bias is None else float(np.broadcast_to(bias, (a.shape[0], b.shape[1]))[index])
        return Terms(a[index[0]] * b[:, index[1]], start)


@operator("Einsum")
class Einsum(Operator):
    """A sum of products over the letters that the output leaves out. Form R; no running sums are looked at."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (np.asarray(np.einsum(at.attributes["equation"], *x, optimize=len(x) > 1)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        squares = self.value(at, *(v * v for v in x))[0]
        n = self.products(at, *(np.shape(v) for v in x))
        return (rounded_sum(at, n, squares, y[0], magnitude=lambda: self.value(at, *map(sizes, x))[0]),)

    def products(self, at: Site, *shapes: Shape) -> int:
        left, arrow, right = at.attributes["equation"].replace(" ", "").partition("->")
        sizes: dict[str, int] = {}
        for term, shape in zip(left.split(","), shapes, strict=True):
            if "." in term:
                raise Unsupported("Einsum: an equation with an ellipsis")
            sizes |= dict(zip(term, shape, strict=True))
        kept = right if arrow else "".join(letter for letter in sizes if left.count(letter) == 1)
        return prod(size for letter, size in sizes.items() if letter not in kept)
