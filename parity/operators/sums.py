"""The rounding of long sums, form R of ``docs/error-bounds.md``. Pure numpy on float64."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.operators.base import Noise, Site, Terms
from parity.operators.formats import Algorithm, Format

BLOCKS = 16  #: contiguous blocks of terms over which running sums are looked at
LANES = (4, 8, 16, 32, 64)  #: interleaved partial sums that vector units keep


def rounded_sum(
    at: Site,
    n: int,
    squares: F64,
    y: F64,
    bias: F64 | float = 0.0,
    prefix: Callable[[], F64] | None = None,
    magnitude: Callable[[], F64] | None = None,
    transforms: bool = False,
) -> Noise:
    """The noise of a sum of n products t_i plus a bias: A is ``u_a sqrt(n+1) sqrt(sum t^2 + y^2 + b^2 + p^2)``.

    squares: the sum of t_i squared; prefix: gives p^2, the largest squared running sum over a few natural orders, and is
    asked only where the site is careful; magnitude: gives ``sum |t_i|`` of the finite terms, asked only where that may overflow; transforms:
    whether an algorithm that transforms tiles can compute it. Where storage is coarser than accumulation the sum may be
    stored before the bias is added, which rounds once more.

    Azuma's inequality on the partial sums gives the form; TF32 operands add ``2 u_in sqrt(sum t^2)`` (Hoeffding).
    """
    form = at.format
    moment = squares + y * y + np.square(bias)
    if at.careful and prefix is not None:
        moment = moment + prefix()
    algorithm: Algorithm = form.algorithm if transforms else "direct"
    own = form.accumulate * evaluation_factor(algorithm, n) * spread(np.sqrt(moment), algorithm)
    if form.operand:
        own = own + 2 * form.operand * np.sqrt(squares)
    storage = form.storage * np.abs(y)
    if np.any(bias) and form.storage > form.accumulate:
        storage = storage + form.storage * np.abs(y - bias)
    return Noise(own, storage=storage, flush=n * form.product_tiny, overflow=overflows(form, n, squares, magnitude))


def sizes(x: Any) -> F64:
    """``|x|`` of what is finite; what is not makes no sum pass the largest number on the way, it is there already."""
    return np.where(np.isfinite(x), np.abs(x), 0.0)


def overflows(form: Format, n: int, squares: F64, magnitude: Callable[[], F64] | None) -> Array | None:
    """Where a running sum in some order can pass the largest number; None where none can (Cauchy-Schwarz tells quickly)."""
    if (
        magnitude is None
        or not squares.size
        or np.sqrt(n * np.fmax.reduce(squares, axis=None, initial=0.0)) < form.largest
    ):
        return None
    beyond: Array = magnitude() >= form.largest
    return beyond if beyond.any() else None


def evaluation_factor(algorithm: Algorithm, n: int) -> float:
    """What the magnitude of a sum of n products is multiplied by; larger for algorithms that transform tiles [fitted]."""
    factor = float(np.sqrt(n + 1))
    if algorithm == "winograd4":
        return 5.5 * factor + 56
    if algorithm == "winograd6":
        return 9 * factor + 130
    return factor


def spread(magnitude: F64, algorithm: Algorithm) -> F64:
    """The maximum of the magnitude ``N C H W`` over what one tile of the algorithm mixes; direct sums mix nothing."""
    if magnitude.ndim != 4 or algorithm == "direct":
        return magnitude
    if algorithm == "fft":
        return np.broadcast_to(magnitude.max(axis=(2, 3), keepdims=True), magnitude.shape)
    reach = {"winograd4": 4, "winograd6": 6}[algorithm]
    for axis in (2, 3):
        edges = [(0, 0)] * 4
        edges[axis] = (reach, reach)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(magnitude, edges), 2 * reach + 1, axis=axis)
        magnitude = windows.max(axis=-1)
    return magnitude


def blocks(n: int, most: int = BLOCKS) -> list[tuple[int, int]]:
    """``n`` terms cut into at most ``most`` contiguous blocks of nearly one size."""
    cuts = np.unique(np.linspace(0, n, min(most, n) + 1).round().astype(int))
    return [(int(a), int(b)) for a, b in pairwise(cuts)]


def largest_prefix(parts: Iterable[Any]) -> F64:
    """The largest squared running sum, element by element, over ``parts`` taken in order."""
    running: Any = 0.0
    largest: Any = 0.0
    for part in parts:
        running = running + part
        largest = np.maximum(largest, running * running)
    return np.asarray(largest, np.float64)


def natural_orders(terms: Terms) -> Iterable[F64]:
    """The products of one element in the orders in which kernels take them: as they lie, backwards, taps outermost."""
    products = terms.products
    yield products.ravel()
    yield products.ravel()[::-1]
    if products.ndim == 2 and min(products.shape) > 1:
        yield products.T.ravel()
        yield products.T.ravel()[::-1]
