"""Derivatives of pools."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from parity.operators.base import Site
from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, number, positive, reshaped, whole, zeros
from parity.operators.gradient.reduction import to_extreme
from parity.operators.windows import Geometry, geometry

Grads = Sequence[Named | None]


@derivative("MaxPool")
def _max_pool(at: Applied, dy: Named, x: Named) -> Grads:
    """To the element that is the maximum, the first of equals; windows that share it add up."""
    if len(at.y) > 1:
        raise at.without("that gives places too")
    op, size = at.op, prod(x.shape)
    _, where = op.MaxPool(x, outputs=2, **at.node.attributes)
    row = op.ScatterElements(
        zeros(op, (size,)), reshaped(op, where, (prod(dy.shape),)), reshaped(op, dy, (prod(dy.shape),)),
        axis=0, reduction="add",
    )  # fmt: skip
    return [reshaped(op, row, x.shape)]


@derivative("AveragePool")
def _average_pool(at: Applied, dy: Named, x: Named) -> Grads:
    """Each window's share to all that it holds."""
    g = geometry(at.site, x.shape[2:], at.get("kernel_shape"), bool(at.get("ceil_mode", 0)))
    counts = g.held(bool(at.get("count_include_pad", 0))).reshape(1, 1, *g.count)
    return [_to_windows(at, at.op.Div(dy, at.op.constant(counts.astype(np.float32))), g)]


@derivative("LpPool")
def _lp_pool(at: Applied, dy: Named, x: Named) -> Grads:
    """``x |x|^(p - 2) y^(1 - p)``, summed over the windows; of a window of zeros there is none."""
    g = geometry(at.site, x.shape[2:], at.get("kernel_shape"), bool(at.get("ceil_mode", 0)))
    return [_to_powers(at, _to_windows(at, _by_power(at, dy), g), x)]


@derivative("GlobalLpPool")
def _global_lp_pool(at: Applied, dy: Named, x: Named) -> Grads:
    return [_to_powers(at, at.op.Expand(_by_power(at, dy), whole(at.op, *x.shape)), x)]


def _by_power(at: Applied, dy: Named) -> Named:
    """``dy y^(1 - p)``."""
    op, p = at.op, at.get("p", 2)
    return dy if p == 1 else op.Div(dy, op.Pow(at.y[0], op.constant(float(p - 1))))


def _to_powers(at: Applied, back: Named, x: Named) -> Named:
    """What comes back to each element, times ``x |x|^(p - 2)``."""
    op, p = at.op, at.get("p", 2)
    size = back if p == 1 else op.Mul(back, op.Pow(op.Abs(x), op.constant(float(p - 1))))
    return op.Where(positive(op, x), size, op.Neg(size))  # type: ignore[no-any-return]


@derivative("Col2Im")
def _col_to_im(at: Applied, dy: Named, x: Named, image: Named, block: Named) -> Grads:
    """The windows side by side that the columns were added from."""
    op, size, kernel = at.op, [int(n) for n in at.known(1)], [int(n) for n in at.known(2)]
    how = Site(at.node.kind, {k: v for k, v in at.node.attributes.items() if k in ("strides", "dilations", "pads")})
    g = geometry(how, size, kernel)
    before, after = zip(*g.pads, strict=True)
    wide = op.Pad(dy, whole(op, 0, 0, *before, 0, 0, *after)) if any((*before, *after)) else dy
    numbers = np.arange(prod(wide.shape[2:])).reshape(wide.shape[2:])
    taps = [
        numbers[tuple(slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, n, s in zip(tap, g.dilation, g.count, g.stride, strict=True))]
        for tap in np.ndindex(*kernel)
    ]  # fmt: skip
    flat = reshaped(op, wide, (*wide.shape[:2], numbers.size))
    return [
        reshaped(op, op.Gather(flat, op.constant(np.stack(taps).reshape(len(taps), -1)), axis=2), x.shape),
        None,
        None,
    ]


def _to_windows(at: Applied, share: Named, g: Geometry) -> Named:
    """What each window has for each of its elements, summed: a transposed convolution with a kernel of ones."""
    op, channels, places = at.op, share.shape[1], len(g.size)
    spans = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(g.count, g.stride, g.kernel, g.dilation, strict=True)]
    # What hangs over the edge is cut off; what no window reaches is zero.
    over = [span - before - length for span, length, (before, _) in zip(spans, g.size, g.pads, strict=True)]
    ones = op.constant(np.ones((channels, 1, *g.kernel), np.float32))
    back = op.ConvTranspose(
        share, ones, kernel_shape=g.kernel, strides=g.stride, dilations=g.dilation, group=channels,
        pads=(*(before for before, _ in g.pads), *(max(n, 0) for n in over)),
    )  # fmt: skip
    missing = [max(-n, 0) for n in over]
    return op.Pad(back, whole(op, *([0] * (places + 4)), *missing)) if any(missing) else back  # type: ignore[no-any-return]


@derivative("GlobalAveragePool")
def _global_average_pool(at: Applied, dy: Named, x: Named) -> Grads:
    share = at.op.Div(dy, number(at.op, float(prod(x.shape[2:]))))
    return [at.op.Expand(share, whole(at.op, *x.shape))]


@derivative("GlobalMaxPool")
def _global_max_pool(at: Applied, dy: Named, x: Named) -> Grads:
    return [to_extreme(at, dy, x, range(2, len(x.shape)), "ArgMax")]
