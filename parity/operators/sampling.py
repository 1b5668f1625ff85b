"""Sampling at computed positions: GridSample and RoiAlign, and the grid itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np

from parity.axes import F64, Array
from parity.operators.base import EXACT, Noise, Operator, Shared, Site, Unsupported, operator, stored
from parity.operators.resize import CANCELS, MODES, ROUNDINGS, kernel


class Taps(NamedTuple):
    """What points read along one axis, in arrays ``taps points``."""

    elements: Array  #: of the input, made to lie inside
    inside: Array  #: whether they did; what did not counts as zero
    weights: F64
    doubts: F64  #: what each weight is off by, in u


def larger(first: F64, second: F64) -> F64:
    """Of two changes the larger one, element by element, signed."""
    return np.where(np.abs(second) > np.abs(first), second, first)


# ---- GridSample -----------------------------------------------------------------------------------------------------


def _reflected(at: F64, low: float, high: float) -> F64:
    """Positions thrown back into ``[low, high]`` as often as it takes."""
    span = high - low
    if span <= 0:
        return np.full_like(at, low)
    turned = np.mod(np.abs(at - low), 2 * span)
    return np.where(turned > span, 2 * span - turned, turned) + low


def _unnormalised(grid: Any, n: int, corners: bool) -> Any:
    """From -1 .. 1 to elements; in the type of the grid."""
    half = grid.dtype.type(0.5)
    return (grid + 1) * half * (n - 1) if corners else ((grid + 1) * n - 1) * half


@operator("GridSample")
class GridSample(Operator):
    """Weighted sums of the elements around computed places; the grid's last axis names the axes backwards.

    As in Resize, what a place's own rounding moves is seen by moving it so much, and is one draw for all channels; kernels
    of half types compute the places in them. Nearest is exact but near a tie.
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        places = self._places(at, x[0], x[1])
        return (self._sampled(x[0], [self._taps(at, p, n) for p, n in zip(places, x[0].shape[2:], strict=True)]),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        data, sizes = x[0], x[0].shape[2:]
        places = self._places(at, data, x[1])
        exact = [self._taps(at, p, n) for p, n in zip(places, sizes, strict=True)]
        moved: list[list[Taps]] = []
        for axis, (p, n) in enumerate(zip(places, sizes, strict=True)):
            by = np.where(
                self._sure(at, x[1], p, axis, n), 0.0, ROUNDINGS * at.format.elementwise * (np.abs(p) + n / 2)
            )
            moved.append([self._taps(at, p + by, n), self._taps(at, p - by, n)])
        if self._mode(at) == "nearest":
            return (self._ties(y[0], data, exact, moved),)
        u, parts = at.format.elementwise, []
        sized = [t._replace(weights=np.abs(t.weights)) for t in exact]
        for axis, ways in enumerate(moved):
            changes = [0.5 * (self._sampled(data, [*exact[:axis], t, *exact[axis + 1 :]]) - y[0]) for t in ways]
            doubts = [*sized[:axis], exact[axis]._replace(weights=exact[axis].doubts), *sized[axis + 1 :]]
            shift = larger(*changes)
            parts.append(Shared(shift + np.copysign(u * self._sampled(np.abs(data), doubts), shift), (1,)))
        return (Noise(u * self._sampled(np.abs(data), sized), tuple(parts), stored(at, y[0])),)

    @staticmethod
    def _mode(at: Site) -> str:
        mode: str = MODES.get(at.get("mode", "linear"), at.get("mode", "linear"))
        if mode not in ("linear", "nearest", "cubic"):
            raise Unsupported(f"GridSample: mode {mode}")
        if at.get("padding_mode", "zeros") not in ("zeros", "border", "reflection"):
            raise Unsupported(f"GridSample: padding_mode {at.get('padding_mode')}")
        return mode

    @staticmethod
    def _places(at: Site, data: Any, grid: F64) -> list[F64]:
        """Where the points lie along each spatial axis, in elements of the input, of shape ``N ...``."""
        corners, rank = bool(at.get("align_corners", 0)), data.ndim - 2
        return [_unnormalised(grid[..., rank - 1 - a], n, corners) for a, n in enumerate(data.shape[2:])]

    def _sure(self, at: Site, grid: F64, places: F64, axis: int, n: int) -> Array:
        """Which places no kernel rounds: float32 gives them to the bit, in either form of the sum.

        Not those that are reflected to the nearest: whether rounding or reflecting comes first is left open at a tie.
        """
        g, corners = grid[..., grid.shape[-1] - 1 - axis].astype(np.float32), bool(at.get("align_corners", 0))
        half = np.float32((n - 1 if corners else n) / 2)
        sure = (_unnormalised(g, n, corners) == places) & (g * half + np.float32((n - 1) / 2) == places)
        if self._mode(at) == "nearest" and at.get("padding_mode", "zeros") == "reflection":
            sure &= (places >= 0) & (places <= n - 1)
        return sure if at.dtype == "float32" else np.zeros(places.shape, bool)

    def _taps(self, at: Site, places: F64, n: int) -> Taps:
        mode, padding = self._mode(at), at.get("padding_mode", "zeros")
        low, high = (0.0, n - 1.0) if at.get("align_corners", 0) else (-0.5, n - 0.5)
        places = np.rint(places) if mode == "nearest" else places
        outside = (places < low) | (places > high)
        if padding == "border" and mode != "cubic":  # a cubic keeps its place, as in torch and ONNX Runtime
            places = np.where(outside, np.clip(places, 0, n - 1), places)
        elif padding == "reflection":
            places = np.where(outside, _reflected(places, low, high), places)
        reach = {"nearest": [0], "linear": [0, 1], "cubic": [-1, 0, 1, 2]}[mode]
        whole = np.floor(places) if mode != "nearest" else places
        around = whole + np.reshape(reach, (-1, *[1] * places.ndim))
        weights = np.ones(around.shape) if mode == "nearest" else kernel(around - places, mode)
        doubts = np.abs(weights) + (CANCELS[mode] if mode == "cubic" else 0.0)
        inside = (around >= 0) & (around <= n - 1)
        if padding == "reflection":
            around = np.where(inside, around, np.rint(_reflected(around, low, high)))
        inside |= padding != "zeros"
        return Taps(np.clip(around, 0, n - 1).astype(np.int64), inside, weights, doubts)

    @staticmethod
    def _sampled(data: Any, taps: Sequence[Taps]) -> F64:
        """The weighted sums of all points of all images: ``N C ...``."""
        y = np.zeros((data.shape[0], data.shape[1], *taps[0].elements.shape[2:]))
        for image in range(data.shape[0]):
            for chosen in product(*(range(len(t.elements)) for t in taps)):
                pairs = list(zip(taps, chosen, strict=True))
                seen = data[image][(slice(None), *(t.elements[k, image] for t, k in pairs))]
                weight, inside = np.float64(1.0), np.True_
                for t, k in pairs:
                    weight, inside = weight * t.weights[k, image], inside & t.inside[k, image]
                y[image] += np.where(inside, weight * seen, 0.0)
        return y

    def _ties(self, y: F64, data: Any, exact: Sequence[Taps], moved: Sequence[Sequence[Taps]]) -> Noise:
        """What stands on the other side of a tie, where rounding may lead there."""
        ways = [
            [t, *(m for m in found if (m.elements != t.elements).any() or (m.inside != t.inside).any())]
            for t, found in zip(exact, moved, strict=True)
        ]
        if all(len(way) == 1 for way in ways):
            return EXACT
        own = np.zeros(y.shape)
        for way in product(*ways):
            own = np.maximum(own, np.abs(self._sampled(data, way) - y))
        return Noise(np.where(np.isfinite(own), own, 0.0))


@operator("AffineGrid")
class AffineGrid(Operator):
    """The places of an image's elements from -1 to 1, mapped by a matrix: each rounds twice, and each product."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self._mapped(x[0], self._elements(at, x[1])),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        elements = np.abs(self._elements(at, x[1]))
        elements[..., :-1] += 1.0  # a place is a difference of numbers up to 1
        return (Noise(2 * at.format.elementwise * self._mapped(np.abs(x[0]), elements), storage=stored(at, y[0])),)

    @staticmethod
    def _mapped(theta: F64, elements: F64) -> F64:
        """``N ... r`` of matrices ``N r r+1`` and places ``... r+1``."""
        rank = elements.ndim - 1
        return np.asarray(np.moveaxis(np.tensordot(theta, elements, (2, rank)), 1, -1))

    @staticmethod
    def _elements(at: Site, size: Any) -> F64:
        sizes = [int(n) for n in np.ravel(size)[2:]]
        if at.get("align_corners", 0) and 1 in sizes:
            raise Unsupported("AffineGrid: align_corners along an axis of one element")
        along = [
            np.arange(n) * 2 / (n - 1) - 1 if at.get("align_corners", 0) else (np.arange(n) * 2 + 1) / n - 1
            for n in sizes
        ]
        grids = np.meshgrid(*along, indexing="ij")[::-1]
        return np.stack([*grids, np.ones(sizes)], axis=-1)


# ---- RoiAlign -------------------------------------------------------------------------------------------------------


class Cells(NamedTuple):
    """The cells of one region along one axis: where the samples of each lie (``cells samples``) and how they are rounded."""

    places: F64
    terms: float  #: the size of what a place is computed from
    unsure: bool  #: whether rounding decides how many samples there are


def _cells(at: Site, begin: float, end: float, cells: int) -> Cells:
    scale, ratio = float(at.get("spatial_scale", 1.0)), int(at.get("sampling_ratio", 0))
    half = at.get("coordinate_transformation_mode", "half_pixel") == "half_pixel" and at.opset >= 16
    first = begin * scale - (0.5 if half else 0.0)
    length = (end - begin) * scale if half else max((end - begin) * scale, 1.0)
    terms, each = (abs(begin) + abs(end)) * scale + 0.5, length / cells
    count, unsure = ratio, False
    if ratio <= 0:
        count = max(ceil(each), 0)
        by = ROUNDINGS * at.format.elementwise * terms
        single = np.float32(end) * np.float32(scale) - np.float32(begin) * np.float32(scale)
        unsure = ceil((length - by) / cells) != ceil((length + by) / cells) and float(single) != (end - begin) * scale
    inner = (np.arange(count) + 0.5) / max(count, 1)
    return Cells(first + (np.arange(cells)[:, None] + inner) * each, terms, unsure)


def _pairs(places: F64, n: int) -> tuple[Array, F64]:
    """For each place the two elements around it and their weights, ``cells samples 2``; no weight further out than one."""
    outside = (places < -1) | (places > n)
    places = np.clip(places, 0, n - 1)
    low = np.minimum(np.floor(places), n - 1).astype(np.int64)
    part = places - low
    weights = np.stack([1 - part, part], axis=-1)
    return np.stack([low, np.minimum(low + 1, n - 1)], axis=-1), np.where(outside[..., None], 0.0, weights)


@operator("RoiAlign")
class RoiAlign(Operator):
    """Mean or maximum of bilinear samples in the cells of regions.

    A place is computed in about eight roundings: four of the region and its cells, which move all samples of it alike (one
    draw for all channels), and four of the sample, which average out. What half of them move, the worst counted, is seen by moving the places. The
    maximum is taken of the weighted corners, not of the samples: the standard's own data say so.
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        y = np.zeros((len(x[1]), x[0].shape[1], at.get("output_height", 1), at.get("output_width", 1)))
        for k, (image, rows, columns) in enumerate(self._regions(at, *x)):
            y[k] = self._pooled(at, self._samples(at, image, rows.places, columns.places))
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        u = at.format.elementwise
        own, shifts, unsure = np.zeros(y[0].shape), np.zeros((2, *y[0].shape)), np.zeros(y[0].shape, bool)
        for k, (image, rows, columns) in enumerate(self._regions(at, *x)):
            exact = self._samples(at, image, rows.places, columns.places)
            size = self._pooled(at, self._samples(at, np.abs(image), rows.places, columns.places))
            n = rows.places.shape[1] * columns.places.shape[1]
            own[k] = u * size * (sqrt(4 * n) if self._mean(at) else 1.0)
            for axis, cells in enumerate((rows, columns)):
                by = ROUNDINGS * u * cells.terms
                ways = [(rows.places + d * (axis == 0), columns.places + d * (axis == 1)) for d in (by, -by)]
                moved = [self._samples(at, image, *way) for way in ways]
                change = larger(*(0.5 * (self._pooled(at, m) - y[0][k]) for m in moved))
                shifts[axis, k] = change + np.copysign(u * size, change)
                if n and self._mean(at):
                    apart = larger(*(0.5 * (m - exact) for m in moved))
                    own[k] += np.sqrt(np.square(apart).sum(axis=(2, 4))) / n
            unsure[k] = rows.unsure or columns.unsure
        parts = tuple(Shared(shift, (1,)) for shift in shifts)
        return (Noise(own, parts, stored(at, y[0]), overflow=unsure if unsure.any() else None),)

    @staticmethod
    def _mean(at: Site) -> bool:
        return bool(at.get("mode", "avg") == "avg")

    @staticmethod
    def _regions(at: Site, data: Any, rois: Any, images: Any) -> Any:
        """Of every region its image and its cells along both axes; none where there are no images."""
        rows, columns = at.get("output_height", 1), at.get("output_width", 1)
        for (left, top, right, bottom), image in zip(rois, images, strict=True):
            if data.shape[0]:
                cells = _cells(at, float(top), float(bottom), rows), _cells(at, float(left), float(right), columns)
                yield data[int(image)], *cells

    def _samples(self, at: Site, image: F64, rows: F64, columns: F64) -> F64:
        """The samples of one region, for a maximum the largest weighted corner of each: ``C rows samples columns samples``."""
        (i, v), (j, w) = _pairs(rows, image.shape[1]), _pairs(columns, image.shape[2])
        if self._mean(at):  # weighted sums along one axis, then the other
            lines = np.einsum("crstw,rst->crsw", image[:, i], v)
            return np.asarray(np.einsum("crsqtk,qtk->crsqt", lines[..., j], w))
        corners = image[:, i[:, :, :, None, None, None], j] * (v[:, :, :, None, None, None] * w)
        return np.asarray(corners.max(axis=(3, 6)))

    def _pooled(self, at: Site, samples: F64) -> F64:
        """The cells of one region: ``C rows columns``; 0 where there is no sample."""
        n = samples.shape[2] * samples.shape[4]
        if n == 0:
            return np.zeros((samples.shape[0], samples.shape[1], samples.shape[3]))
        return np.asarray(samples.sum(axis=(2, 4)) / n if self._mean(at) else samples.max(axis=(2, 4)))
