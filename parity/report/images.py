"""Grids of bytes as small PNGs in ``data:`` URIs. Pure.

The writer is here because a PNG with a palette is three chunks around zlib: a picture library is a large dependency
for that, and its bytes change with its version, while the same records must give the same report. Values have a colour
scale whose lightness rises evenly (cividis); signed values go from blue over near-white to orange. Both read the same
to a colour-blind eye. What is not finite is magenta, which is in neither.
"""

from __future__ import annotations

import base64
import struct
import zlib
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from parity.judging.pictures import LEVELS, decode
from parity.records.lines import Grid

Scale = Literal["values", "signed"]
Levels = npt.NDArray[np.uint8]

STEPS = 64  #: a byte 0..254 is shown as a colour 0..64: more is not seen, and costs bytes; 65 is not finite, 66 the gap
GAP = 1  #: pixels between tiles
NOT_FINITE, GROUND = STEPS + 1, STEPS + 2

#: Points of the scales, evenly spaced, as red, green, blue.
_STOPS: dict[Scale, tuple[tuple[int, int, int], ...]] = {
    "values": ((0, 32, 76), (34, 62, 108), (87, 92, 109), (124, 123, 120), (165, 156, 116), (211, 193, 100), (255, 233, 69)),
    "signed": ((5, 48, 97), (33, 102, 172), (104, 164, 209), (242, 242, 240), (240, 163, 92), (204, 95, 14), (110, 42, 4)),
}  # fmt: skip


def picture(grid: Grid, scale: Scale, across: int) -> str:
    """The tiles of a grid in rows of ``across``, as a PNG in a ``data:`` URI; one pixel is one cell of the grid."""
    return _uri(_tiled(steps(decode(grid)), across), scale)


def difference(one: Grid, other: Grid, scale: float, across: int) -> str | None:
    """``one - other`` of two grids of errors, coloured from ``-scale`` to ``scale``; None where they do not fit."""
    if (one.tiles, one.rows, one.columns) != (other.tiles, other.rows, other.columns):
        return None
    taken = signed(one) - signed(other)
    level = np.round((np.clip(taken / scale, -1, 1) + 1) / 2 * STEPS)
    return _uri(_tiled(np.where(np.isfinite(taken), level, NOT_FINITE).astype(np.uint8), across), "signed")


def signed(grid: Grid) -> npt.NDArray[np.float64]:
    """The numbers of a grid of errors, ``tiles rows columns``; NaN where not finite."""
    raw = decode(grid)
    low, high = float(grid.low), float(grid.high)
    return np.where(raw == 255, np.nan, low + raw.astype(np.float64) / LEVELS * (high - low))


def steps(raw: Levels) -> Levels:
    """The bytes of a grid as steps of a colour scale; 127, which is 0 in a grid of errors, is the middle."""
    return np.where(raw == 255, NOT_FINITE, np.round(raw.astype(np.float64) * STEPS / LEVELS)).astype(np.uint8)


def ramp(scale: Scale) -> list[str]:
    """The points of a scale as CSS colours, low to high, for a legend."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in _STOPS[scale]]


def _tiled(tiles: Levels, across: int) -> Levels:
    """Tiles side by side and below each other, with a gap between: one picture."""
    count, rows, columns = tiles.shape
    across = max(1, min(across, count))
    down = -(-count // across)
    sheet = np.full((down * (rows + GAP) - GAP, across * (columns + GAP) - GAP), GROUND, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = (i // across) * (rows + GAP), (i % across) * (columns + GAP)
        sheet[top : top + rows, left : left + columns] = tile
    return sheet


def _uri(pixels: Levels, scale: Scale) -> str:
    return "data:image/png;base64," + base64.b64encode(_png(pixels, scale)).decode()


def _png(pixels: Levels, scale: Scale) -> bytes:
    """A PNG with one byte a pixel and a palette; the gap between tiles is transparent."""
    height, width = pixels.shape
    lines = np.hstack([np.zeros((height, 1), np.uint8), pixels])  # each line starts with its filter: none
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", _palette(scale)),
            _chunk(b"tRNS", b"\xff" * GROUND + b"\x00"),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def _palette(scale: Scale) -> bytes:
    stops = np.array(_STOPS[scale], np.float64)
    at = np.linspace(0, len(stops) - 1, STEPS + 1)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], axis=1)
    return np.round(mixed).astype(np.uint8).tobytes() + bytes((255, 0, 200)) + bytes(3)
