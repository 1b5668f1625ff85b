"""Sampling at computed positions: GridSample and RoiAlign."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from parity.axes import F64
from parity.operators.base import Noise, Operator, Site, operator, stored
from parity.operators.resize import kernel

MODES = {"bilinear": "linear", "bicubic": "cubic"}  #: older names


def _reflected(at: F64, low: float, high: float) -> F64:
    """Positions thrown back into ``[low, high]`` as often as it takes."""
    span = high - low
    if span <= 0:
        return np.full_like(at, low)
    turned = np.mod(np.abs(at - low), 2 * span)
    return np.where(turned > span, 2 * span - turned, turned) + low


@operator("GridSample")
class GridSample(Operator):
    """Values at positions of a grid from -1 to 1: what rounded positions move, by the differences of neighbours."""

    def _places(self, at: Site, grid: F64, size: Sequence[int]) -> list[F64]:
        """Positions along each spatial axis of the input, in elements; the grid's last axis runs backwards."""
        corners = bool(at.get("align_corners", 0))
        found = []
        for axis, n in enumerate(size):
            g = grid[..., len(size) - 1 - axis]
            found.append((g + 1) / 2 * (n - 1) if corners else ((g + 1) * n - 1) / 2)
        return found

    def _seen(self, at: Site, x: Any, image: int, spots: Sequence[F64]) -> Any:
        """The values of one image at whole positions, by the padding mode: ``C ...``."""
        mode, corners = at.get("padding_mode", "zeros"), bool(at.get("align_corners", 0))
        index, inside = [], np.ones(spots[0].shape, bool)
        for spot, n in zip(spots, x.shape[2:], strict=True):
            if mode == "border":
                spot = np.clip(spot, 0, n - 1)
            elif mode == "reflection":
                spot = np.rint(_reflected(spot, 0.0, n - 1.0) if corners else _reflected(spot, -0.5, n - 0.5))
                spot = np.clip(spot, 0, n - 1)
            inside &= (spot >= 0) & (spot <= n - 1)
            index.append(np.clip(spot, 0, n - 1).astype(int))
        return np.where(inside, x[image][(slice(None), *index)], 0.0)

    def _taps(self, at: Site, x: Any, grid: F64) -> Any:
        """For each image: its taps as (weight, how far a rounded position moves it in u, values)."""
        method = MODES.get(at.get("mode", "linear"), at.get("mode", "linear"))
        mode, corners, rank = at.get("padding_mode", "zeros"), bool(at.get("align_corners", 0)), x.ndim - 2
        for image in range(x.shape[0]):
            places = self._places(at, grid[image], x.shape[2:])
            if mode == "border":
                places = [np.clip(p, 0, n - 1) for p, n in zip(places, x.shape[2:], strict=True)]
            elif mode == "reflection":
                places = [
                    _reflected(p, 0.0, n - 1.0) if corners else np.clip(_reflected(p, -0.5, n - 0.5), 0, n - 1)
                    for p, n in zip(places, x.shape[2:], strict=True)
                ]
            if method == "nearest":
                yield [(1.0, 0.0, self._seen(at, x, image, [np.rint(p) for p in places]))]
                continue
            taps = []
            reach = range(2) if method == "linear" else range(-1, 3)
            for offset in product(reach, repeat=rank):
                spots = [np.floor(p) + o for p, o in zip(places, offset, strict=True)]
                away = [s - p for s, p in zip(spots, places, strict=True)]
                parts = [kernel(d, method, -0.75) for d in away]
                steep = [np.abs(kernel(d + 1e-7, method, -0.75) - kernel(d - 1e-7, method, -0.75)) / 2e-7 for d in away]
                weight: Any = 1.0
                moved: Any = 0.0
                for k in range(rank):
                    rest: Any = 1.0
                    for j in range(rank):
                        rest = rest * (np.abs(parts[j]) if j != k else 1.0)
                    weight = weight * parts[k]
                    moved = moved + steep[k] * (np.abs(places[k]) + x.shape[2 + k]) * rest
                moved = moved + (4.0 if method == "cubic" else 0.0)
                taps.append((weight, moved, self._seen(at, x, image, spots)))
            yield taps

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        images = [sum(weight * seen for weight, _, seen in taps) for taps in self._taps(at, x[0], x[1])]
        shape = (x[0].shape[0], x[0].shape[1], *x[1].shape[1:-1])
        return (np.asarray(images, np.float64).reshape(shape),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        own = np.zeros(y[0].shape)
        for image, taps in enumerate(self._taps(at, x[0], x[1])):
            middle = np.mean([seen for _, _, seen in taps], axis=0)
            for weight, moved, seen in taps:
                own[image] += 4 * np.abs(weight * seen) + 2 * moved * np.abs(seen - middle)
        return (Noise(at.format.elementwise * own, storage=stored(at, y[0])),)


@operator("RoiAlign")
class RoiAlign(Operator):
    """The mean or maximum of bilinear samples in the cells of regions: what rounded positions move, by neighbours."""

    def _samples(self, at: Site, x: Any, roi: Any, image: int) -> Any:
        """Samples of one region ``C rows columns samples`` and, for each, how much a rounded position moves it in u."""
        rows, columns = at.get("output_height", 1), at.get("output_width", 1)
        scale, ratio = at.get("spatial_scale", 1.0), at.get("sampling_ratio", 0)
        half = (
            at.get("coordinate_transformation_mode", "half_pixel" if at.opset >= 16 else "output_half_pixel")
            == "half_pixel"
        )
        left, top, right, bottom = (float(v) * scale - (0.5 if half else 0.0) for v in roi)
        width, height = right - left, bottom - top
        if not half:
            width, height = max(width, 1.0), max(height, 1.0)
        count_h = ratio if ratio > 0 else int(np.ceil(height / rows))
        count_w = ratio if ratio > 0 else int(np.ceil(width / columns))
        ys = top + (np.arange(rows)[:, None] + (np.arange(count_h) + 0.5) / max(count_h, 1)) * height / rows
        xs = left + (np.arange(columns)[:, None] + (np.arange(count_w) + 0.5) / max(count_w, 1)) * width / columns
        py, px = ys[:, None, :, None], xs[None, :, None, :]
        py, px = np.broadcast_arrays(py, px)
        h, w = x.shape[2:]
        inside = (py >= -1) & (py <= h) & (px >= -1) & (px <= w)
        py, px = np.clip(py, 0, h - 1), np.clip(px, 0, w - 1)
        y0, x0 = np.minimum(np.floor(py), h - 1).astype(int), np.minimum(np.floor(px), w - 1).astype(int)
        y1, x1 = np.minimum(y0 + 1, h - 1), np.minimum(x0 + 1, w - 1)
        ly, lx = py - y0, px - x0
        a, b, c, d = (x[image][:, i, j] for i, j in ((y0, x0), (y0, x1), (y1, x0), (y1, x1)))
        parts = (a * (1 - ly) * (1 - lx), b * (1 - ly) * lx, c * ly * (1 - lx), d * ly * lx)
        far = np.abs(py) + np.abs(px) + h + w
        moved = 4 * sum(np.abs(part) for part in parts) + 4 * far * (
            np.abs(a - b) + np.abs(c - d) + np.abs(a - c) + np.abs(b - d)
        )
        shape = (x.shape[1], rows, columns, count_h * count_w)
        # The maximum is taken of the weighted corners, not of the samples: so the standard's own data say.
        corners = np.max(parts, axis=0)
        return [np.where(inside, v, 0.0).reshape(shape) for v in (sum(parts), corners, moved)]

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, rois, images = x
        made = []
        for roi, image in zip(rois, images, strict=True):
            mean, corners, _ = self._samples(at, data, roi, int(image))
            made.append(corners.max(axis=-1) if at.get("mode", "avg") == "max" else mean.mean(axis=-1))
        shape = (len(rois), data.shape[1], at.get("output_height", 1), at.get("output_width", 1))
        return (np.asarray(made, np.float64).reshape(shape),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        data, rois, images = x
        made = []
        for roi, image in zip(rois, images, strict=True):
            moved = self._samples(at, data, roi, int(image))[2]
            made.append(moved.max(axis=-1) if at.get("mode", "avg") == "max" else moved.mean(axis=-1) * 2)
        own = at.format.elementwise * np.asarray(made, np.float64).reshape(y[0].shape)
        return (Noise(own, storage=stored(at, y[0])),)
