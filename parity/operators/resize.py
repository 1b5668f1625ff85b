"""Resizing by a weighted sum along each axis."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np

from parity.axes import F64, Array
from parity.operators.base import EXACT, Noise, Operator, Shared, Site, Unsupported, operator, stored

MODES = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}  #: older names
ROUNDINGS = 4  #: of a computed place, counted in the worst way: of the scale, the product, the offset, the sum
#: What a computed weight is off by in u beside its own size, since its terms cancel: a third of what counting in the worst
#: way gives, which is 3 for a tent and 20 for the outer part of Keys' cubic [derived].
#: Why a value is unspecified: a kernel that takes ``a + (b - a) w`` makes NaN of an infinity, and may look at b though w is 0.
LERP = "an infinity or NaN lies within reach of an interpolation, whose formula is the kernel's own"
CANCELS = {"linear": 1.0, "cubic": 20 / 3}


class Along(NamedTuple):
    """How one axis is resized: where every output element lies on the input, in its elements."""

    axis: int
    size: int  #: of the input
    scale: float
    places: F64
    terms: F64  #: the sum of the sizes of the terms that make up a place: what its rounding follows
    extrapolates: bool  #: whether places outside the input have a value of their own
    sure: bool  #: whether no kernel rounds the places: steps of a power of two


def kernel(d: F64, mode: str, a: float = -0.75) -> F64:
    """The weight of an element at distance ``d``: a tent, or Keys' cubic with the coefficient a."""
    d = np.abs(d)
    if mode == "linear":
        return np.maximum(1 - d, 0.0)
    inner = ((a + 2) * d - (a + 3)) * d * d + 1
    outer = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, inner, np.where(d < 2, outer, 0.0))


def _places(mode: str, along: tuple[int, int, float], span: tuple[float, float]) -> tuple[F64, F64]:
    """Where each output element lies, for an input size, an output size and a scale, and the size of the terms of that.

    span is the region of interest. onnx's own data divide by the output's size before it is made whole.
    """
    n, out, scale = along
    i, wide = np.arange(out, dtype=np.float64), scale * n
    first: F64 | float = 0.0
    if mode == "align_corners":
        steps = i * ((n - 1) / (wide - 1)) if wide != 1 else np.zeros(out)
    elif mode == "asymmetric":
        steps = i / scale
    elif mode == "tf_half_pixel_for_nn":
        steps = (i + 0.5) / scale
    elif mode == "tf_crop_and_resize":
        begin, end = span
        first = begin * (n - 1)
        steps = i * ((end - begin) * (n - 1) / (wide - 1)) if wide != 1 else np.full(out, 0.5 * (end - begin) * (n - 1))
    elif mode == "pytorch_half_pixel" and out == 1:
        steps = np.zeros(out)
    elif mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
        steps, first = (i + 0.5) / scale, -0.5
        if mode == "half_pixel_symmetric":
            offset = n / 2 * (1 - out / wide)
            return offset + steps + first, n / 2 + steps + 1
    else:
        raise Unsupported(f"Resize: coordinate_transformation_mode {mode}")
    return steps + first, np.abs(steps) + np.abs(first) + 0.5


def _sure(scale: float, places: F64) -> bool:
    """Whether the places come out the same in float32, divided or multiplied by an inverse: steps of a power of two."""
    steps = np.diff(places[:2]) if len(places) > 1 else np.ones(1)
    powers = np.frexp(np.abs(np.array([scale, *steps])))[0] == 0.5
    return bool(powers.all() and (places.astype(np.float32) == places).all())


def _lengths(at: Site, x: Array, given: Sequence[Any]) -> list[tuple[int, int, float, tuple[float, float]]]:
    """Axis, output size, scale and region of every axis that is named; an empty batch stays as it is."""
    roi, scales, sizes = (*given, None, None, None)[:3]
    if at.kind == "Upsample" or at.opset < 11:  # the scales alone, which Upsample 7 has as an attribute
        roi, scales, sizes = None, at.get("scales") if roi is None else roi, None
    axes = [int(a) % x.ndim for a in at.get("axes", range(x.ndim))]
    spans = [(0.0, 1.0)] * len(axes)
    if roi is not None and np.size(roi):
        spans = [(float(roi[k]), float(roi[len(axes) + k])) for k in range(len(axes))]
    if sizes is None or not np.size(sizes):
        # As ONNX infers shapes: the product in float32, cut off.
        lengths = [int(np.float32(x.shape[a]) * np.float32(s)) for a, s in zip(axes, scales, strict=True)]
        found = zip(axes, lengths, (float(s) for s in scales), spans, strict=True)
        return [each for each in found if x.shape[each[0]]]
    wanted = [
        (a, int(s), int(s) / x.shape[a], span) for a, s, span in zip(axes, sizes, spans, strict=True) if x.shape[a]
    ]
    policy = at.get("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return wanted
    ratio = (min if policy == "not_larger" else max)(r for _, _, r, _ in wanted)
    return [(a, floor(ratio * x.shape[a] + 0.5), ratio, span) for a, _, _, span in wanted]


def plan(at: Site, x: Array, given: Sequence[Any]) -> list[Along]:
    """The axes that change."""
    mode = at.get("coordinate_transformation_mode", "half_pixel" if at.opset >= 11 else "asymmetric")
    if at.kind == "Upsample":
        mode = "asymmetric"
    steps = []
    for axis, out, scale, span in _lengths(at, x, given):
        n = x.shape[axis]
        if out == n and scale == 1.0 and (mode != "tf_crop_and_resize" or span == (0.0, 1.0)):
            continue
        places, terms = _places(mode, (n, out, scale), span)
        outside = mode == "tf_crop_and_resize"
        steps.append(Along(axis, n, scale, places, terms, outside, _sure(scale, places)))
    return steps


# ---- weights --------------------------------------------------------------------------------------------------------


class Table(NamedTuple):
    """Which elements of the input one element of the output is made of, and by which weights: ``out taps`` each."""

    elements: Array
    weights: F64
    doubts: F64  #: what each weight is off by, in u
    outside: Array  #: which of the output lie outside and are extrapolated: ``out``


def _nearest(at: Site, places: F64) -> F64:
    rounding = at.get("nearest_mode", "round_prefer_floor" if at.opset >= 11 else "floor")
    if at.kind == "Upsample":
        rounding = "floor"
    return {"round_prefer_floor": np.ceil(places - 0.5), "round_prefer_ceil": np.floor(places + 0.5)}.get(
        rounding, np.ceil(places) if rounding == "ceil" else np.floor(places)
    )


def table(at: Site, along: Along, moved: F64 | float = 0.0) -> Table:
    """The weights along one axis with every place ``moved`` by so much."""
    places, last = along.places + moved, along.size - 1
    outside = (places < 0) | (places > last) if along.extrapolates else np.zeros(places.shape, bool)
    mode = MODES.get(at.get("mode", "nearest"), at.get("mode", "nearest"))
    if mode == "nearest":
        elements = np.clip(_nearest(at, places), 0, last).astype(np.int64)[:, None]
        return Table(elements, np.ones(elements.shape), np.zeros(elements.shape), outside)
    if mode not in ("linear", "cubic"):
        raise Unsupported(f"{at.kind}: mode {mode}")
    shrink = min(along.scale, 1.0) if at.get("antialias", 0) else 1.0
    reach = ceil((1 if mode == "linear" else 2) / shrink)
    around = np.floor(places)[:, None] + np.arange(1 - reach, reach + 1)
    d = (around - places[:, None]) * shrink
    weights = kernel(d, mode, at.get("cubic_coeff_a", -0.75))
    doubts = np.where(np.abs(d) > (1 if mode == "linear" else 2), 0.0, np.abs(weights) + CANCELS[mode])
    if at.get("exclude_outside", 0):
        weights, doubts = (np.where((around < 0) | (around > last), 0.0, v) for v in (weights, doubts))
    if at.get("exclude_outside", 0) or at.get("antialias", 0):
        total = weights.sum(axis=1, keepdims=True)
        weights, doubts = weights / total, doubts / np.abs(total)
    return Table(np.clip(around, 0, last).astype(np.int64), weights, doubts, outside)


def weighted(x: Array, steps: Sequence[tuple[Along, Table]], beyond: float | None = None) -> Array:
    """The weighted sums, axis by axis; ``beyond`` is what stands outside."""
    for along, (elements, weights, _, _) in steps:
        shape = [-1 if a == along.axis else 1 for a in range(x.ndim)]
        if elements.shape[1] == 1:
            x = np.take(x, elements[:, 0], along.axis)
            continue
        taps = zip(elements.T, weights.T, strict=True)
        x = sum(np.take(x, k, along.axis) * w.reshape(shape) for k, w in taps)
    for along, made in steps:
        if beyond is not None and made.outside.any():
            shape = [-1 if a == along.axis else 1 for a in range(x.ndim)]
            x = np.where(made.outside.reshape(shape), np.asarray(beyond, x.dtype), x)
    return x


def _next_to(along: Along, made: Table) -> Table:
    """The elements that a kernel may look at, all by a weight of 1: one more at each end where a weight is next to 0 or a place is cut off."""
    edge = (np.abs(made.weights) < 1e-3).any(axis=1) | (along.places < 0) | (along.places > along.size - 1)
    more = edge.astype(np.int64)[:, None]
    low, high = made.elements.min(axis=1, keepdims=True) - more, made.elements.max(axis=1, keepdims=True) + more
    elements = np.clip(np.concatenate([made.elements, low, high], axis=1), 0, along.size - 1)
    return made._replace(elements=elements, weights=np.ones(elements.shape))


# ---- the operator ---------------------------------------------------------------------------------------------------


@operator("Resize", "Upsample")
class Resize(Operator):
    """A weighted sum along each axis that changes.

    The places are computed, so they are rounded: ``u`` times four times their size. What that moves is the difference to the
    same sum at places moved by so much, and is one draw for all that share the place. Nearest is exact but there, where a
    moved place has another element next to it.
    """

    sizes = (1, 2, 3)  # scales among them; a region of interest says no less where to look

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        steps = [(along, table(at, along)) for along in plan(at, x[0], x[1:])]
        if x[0].dtype.kind != "f" and at.get("mode", "nearest") != "nearest":
            raise Unsupported(f"{at.kind}: interpolated integers, whose rounding ONNX leaves open")
        return (weighted(x[0], steps, at.get("extrapolation_value", 0.0)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        steps = [(along, table(at, along)) for along in plan(at, x[0], x[1:])]
        if not steps or y[0].dtype != np.float64:
            return (EXACT,)
        moved = [self._moved(at, *step) for step in steps]
        if at.get("mode", "nearest") == "nearest":
            return (self._ties(at, y[0], x[0], steps, moved),)
        u, sizes = at.format.elementwise, [(along, t._replace(weights=np.abs(t.weights))) for along, t in steps]
        shared = []
        for k, (along, exact) in enumerate(steps):
            shift = self._shift(at, y[0], x[0], [[*steps[:k], (along, t), *steps[k + 1 :]] for t in moved[k]])
            doubts = [*sizes[:k], (along, exact._replace(weights=exact.doubts)), *sizes[k + 1 :]]
            weights = u * weighted(np.abs(x[0]), doubts, 0.0)
            others = tuple(a for a in range(y[0].ndim) if a != along.axis)
            shared.append(Shared(shift + np.copysign(weights, shift), others))
        size = weighted(np.abs(x[0]), sizes, 0.0)
        beyond, unsure = self._strayed(at, x[0], steps)
        return (Noise(u * size, tuple(shared), stored(at, y[0]), overflow=beyond, open=unsure, why=LERP),)

    @staticmethod
    def _strayed(at: Site, x: Array, steps: Sequence[tuple[Along, Table]]) -> tuple[Array | None, Array | None]:
        """Where differences of neighbours may pass the largest number, and where one that is not finite may or may not count.

        Certain is that NaN comes of a NaN that has a weight.
        """
        fine = np.isfinite(x)
        near = [(along, _next_to(along, t)) for along, t in steps]
        reached = weighted(np.where(fine, np.abs(x), 0.0), near)
        beyond = reached > at.format.largest
        if fine.all():
            return beyond if beyond.any() else None, None
        counts = [(along, t._replace(weights=(t.weights != 0).astype(np.float64))) for along, t in steps]
        certain = weighted(np.isnan(x).astype(np.float64), counts) > 0
        unsure = (weighted((~fine).astype(np.float64), near) > 0) & ~certain
        return beyond if beyond.any() else None, unsure

    @staticmethod
    def _moved(at: Site, along: Along, exact: Table) -> list[Table]:
        """The tables with the places rounded up and down, where they are rounded at all."""
        if along.sure:
            return []
        by = ROUNDINGS * at.format.accumulate * along.terms
        return [table(at, along, by), table(at, along, -by)]

    @staticmethod
    def _shift(at: Site, y: F64, x: Array, ways: Sequence[Sequence[tuple[Along, Table]]]) -> F64:
        """Half of what moved places change, the larger way: half of the worst count is lambda = 1."""
        shift = np.zeros(y.shape)
        for steps in ways:
            change = 0.5 * (weighted(x, steps, at.get("extrapolation_value", 0.0)) - y)
            shift = np.where(np.abs(change) > np.abs(shift), change, shift)
        return shift

    @staticmethod
    def _ties(
        at: Site, y: F64, x: Array, steps: Sequence[tuple[Along, Table]], moved: Sequence[Sequence[Table]]
    ) -> Noise:
        """What stands on the other side of a tie, where rounding may lead there."""
        ways = []
        for (along, exact), tables in zip(steps, moved, strict=True):
            other = [t for t in tables if (t.elements != exact.elements).any() or (t.outside != exact.outside).any()]
            ways.append([(along, t) for t in (exact, *other)])
        if all(len(way) == 1 for way in ways):
            return EXACT
        own = np.zeros(y.shape)
        for way in product(*ways):
            own = np.maximum(own, np.abs(weighted(x, way, at.get("extrapolation_value", 0.0)) - y))
        return Noise(np.where(np.isfinite(own), own, 0.0))
