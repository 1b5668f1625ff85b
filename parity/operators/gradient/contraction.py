"""Derivatives of sums of products: those are sums of products again."""

from __future__ import annotations

from collections.abc import Sequence

from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, reshaped, unbroadcast, whole

Grads = Sequence[Named | None]
Numbers = tuple[int, ...]


def _geometry(at: Applied, places: int) -> tuple[Numbers, Numbers, Numbers, int]:
    """Strides, dilations, pads (all in front, then all behind) and groups."""
    if at.get("auto_pad", "NOTSET") != "NOTSET" or at.get("output_shape"):
        raise at.without("whose padding is not spelled out")
    ones, none = (1,) * places, (0,) * 2 * places
    strides, dilations, pads = (
        tuple(at.get(name) or usual) for name, usual in (("strides", ones), ("dilations", ones), ("pads", none))
    )
    return strides, dilations, pads, at.get("group", 1)


def _per_channel(at: Applied, dy: Named) -> Named:
    places = range(2, len(dy.shape))
    return at.op.ReduceSum(dy, whole(at.op, 0, *places), keepdims=0)  # type: ignore[no-any-return]


@derivative("Conv")
def _conv(at: Applied, dy: Named, x: Named, w: Named, *bias: Named) -> Grads:
    places = len(x.shape) - 2
    strides, dilations, pads, group = _geometry(at, places)
    extra = tuple(
        n + before + after - (k - 1) * d - 1 - (m - 1) * s
        for n, m, k, s, d, before, after in zip(
            x.shape[2:], dy.shape[2:], w.shape[2:], strides, dilations, pads[:places], pads[places:], strict=True
        )
    )
    by_x = at.op.ConvTranspose(
        dy, w, kernel_shape=w.shape[2:], strides=strides, dilations=dilations, pads=pads, output_padding=extra, group=group
    )  # fmt: skip
    return [by_x, _by_weight(at, x, dy, w.shape[2:]), *(_per_channel(at, dy) for _ in bias)]


@derivative("ConvTranspose")
def _conv_transpose(at: Applied, dy: Named, x: Named, w: Named, *bias: Named) -> Grads:
    strides, dilations, pads, group = _geometry(at, len(x.shape) - 2)
    by_x = at.op.Conv(dy, w, kernel_shape=w.shape[2:], strides=strides, dilations=dilations, pads=pads, group=group)
    return [by_x, _by_weight(at, dy, x, w.shape[2:]), *(_per_channel(at, dy) for _ in bias)]


def _by_weight(at: Applied, wide: Named, narrow: Named, kernel: Numbers) -> Named:
    """``sum over n and p of narrow[n, o, p] * wide[n, i, p * stride + k * dilation - pad]``, of axes o, i of one group, k.

    A convolution over the wide value with the narrow one for a kernel: images are its channels, and what was the stride is
    its dilation.
    """
    op, places = at.op, len(kernel)
    strides, dilations, pads, group = _geometry(at, places)
    n, ins, outs = wide.shape[0], wide.shape[1] // group, narrow.shape[1]
    rest = tuple(range(3, 3 + places))
    grouped = op.Transpose(reshaped(op, wide, (n, group, ins, *wide.shape[2:])), perm=(2, 1, 0, *rest))
    data = reshaped(op, grouped, (ins, group * n, *wide.shape[2:]))
    taps = op.Transpose(narrow, perm=(1, 0, *range(2, 2 + places)))
    found = op.Conv(
        data, taps, kernel_shape=narrow.shape[2:], strides=dilations, dilations=strides, pads=pads, group=group
    )
    if found.shape[2:] != kernel:  # what no window reached gives places that no weight has
        axes = range(2, 2 + places)
        found = op.Slice(found, whole(op, *([0] * places)), whole(op, *kernel), whole(op, *axes))
    assert found.shape == (ins, outs, *kernel)
    return op.Transpose(found, perm=(1, 0, *range(2, 2 + places)))  # type: ignore[no-any-return]


@derivative("Gemm")
def _gemm(at: Applied, dy: Named, a: Named, b: Named, *c: Named) -> Grads:
    if at.get("alpha", 1.0) != 1 or at.get("beta", 1.0) != 1:
        raise at.without("with alpha or beta")
    op, turned_a, turned_b = at.op, bool(at.get("transA", 0)), bool(at.get("transB", 0))
    by_a = op.Gemm(b, dy, transA=int(turned_b), transB=1) if turned_a else op.Gemm(dy, b, transB=int(not turned_b))
    by_b = op.Gemm(dy, a, transA=1, transB=int(turned_a)) if turned_b else op.Gemm(a, dy, transA=int(not turned_a))
    return [by_a, by_b, *(unbroadcast(op, dy, each) for each in c)]


@derivative("MatMul")
def _mat_mul(at: Applied, dy: Named, a: Named, b: Named) -> Grads:
    if min(len(a.shape), len(b.shape)) < 2:
        raise at.without("of a vector")

    def turned(v: Named) -> Named:
        rank = len(v.shape)
        return at.op.Transpose(v, perm=(*range(rank - 2), rank - 1, rank - 2))  # type: ignore[no-any-return]

    return [
        unbroadcast(at.op, at.op.MatMul(dy, turned(b)), a),
        unbroadcast(at.op, at.op.MatMul(turned(a), dy), b),
    ]


@derivative("Einsum")
def _einsum(at: Applied, dy: Named, *x: Named) -> Grads:
    """By each operand the sum of the gradient with all the others, over the letters that it has not."""
    left, arrow, out = at.get("equation").replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow or "." in left or any(len(set(term)) < len(term) for term in terms):
        raise at.without("whose letters are not all named, or one is twice in an operand")
    grads = []
    for i, term in enumerate(terms):
        rest = [(name, v) for j, (name, v) in enumerate(zip(terms, x, strict=True)) if j != i]
        if not set(term) <= set(out).union(*(name for name, _ in rest)):
            raise at.without("that sums an operand over a letter of its own")
        names = ",".join([out, *(name for name, _ in rest)])
        grads.append(at.op.Einsum(dy, *(v for _, v in rest), equation=f"{names}->{term}"))
    return grads
