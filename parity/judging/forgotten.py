"""Guesses at what was forgotten around a model: its eval mode, how its input is prepared. Pure; each is proven elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.axes import F64, Array
from parity.judging.pairing import Axes, lined
from parity.judging.play import Guess, Play, equal
from parity.judging.twins import flat
from parity.operators.graph import Value

COLOURS = 4  #: channels of a picture, at most


def statistics(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """A batch normalisation by the statistics of the batch, as it is in training."""
    for node in changed.nodes:
        if node.kind == "BatchNormalization" and not node.attributes.get("training_mode", 0):
            said = "normalised by what is stored", "by the statistics of the batch"
            yield Guess("eval() forgotten", *said, changed.with_attributes(node, training_mode=1))


@dataclass(frozen=True)
class _Affine:
    """``(x - mean) / deviation``, of all of a picture or channel by channel along an axis."""

    factor: F64
    shift: F64
    axis: int | None

    def of(self, x: Array) -> F64:
        shape = [1] * x.ndim
        if self.axis is not None:
            shape[self.axis] = -1
        made: F64 = x * self.factor.reshape(shape) + self.shift.reshape(shape)
        return made

    @property
    def words(self) -> dict[str, str]:
        """What is taken off and what it is then divided by, in words."""
        return {"mean": _row(-self.shift / self.factor), "deviation": _row(1 / self.factor)}


def _row(numbers: F64) -> str:
    return " ".join(f"{round(n, 9):.5g}" for n in numbers + 0.0)


def prepared(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """The input less another mean, over another deviation: on both sides it is that of the graph's own input and nothing else."""
    mine, theirs = _prepared(changed), _prepared(target)
    if mine is None or theirs is None:
        return
    differ = [name for name, said in mine.words.items() if said != theirs.words[name]]
    if not differ:
        return
    before, after = (", ".join(f"{name} {side.words[name]}" for name in differ) for side in (mine, theirs))
    pictures = changed.known[changed.fed[0]]
    arrays = [np.asarray(v.y, np.float64) for v in pictures]
    for axis in [None] if theirs.axis is None else _channels(arrays):
        if axis is None or arrays[0].shape[axis] == theirs.factor.size:
            made = tuple(
                Value(replace(theirs, axis=axis).of(a), v.dtype) for a, v in zip(arrays, pictures, strict=True)
            )
            known = {changed.value: made}
            yield Guess(" and ".join(differ), before, after, replace(changed, nodes=(), known=known))


def _prepared(play: Play) -> _Affine | None:
    """What a value is of the only input that it is computed of; None where it is something else."""
    if len(play.data) != 1 or play.data != play.fed:
        return None
    x = [np.asarray(v.y, np.float64) for v in play.known[play.data[0]]]
    if any(a.shape != b.shape or b.dtype.kind != "f" for a, b in zip(x, play.arrays, strict=True)):
        return None
    own = tuple(range(lined(x)[0].ndim))
    for axis in (None, *_channels(x)):
        fit = _fit(x, play.arrays, axis)
        if fit is not None and equal([fit.of(a) for a in x], play.spread, play, own):
            return fit
    return None


def _fit(x: Sequence[F64], y: Sequence[Array], axis: int | None) -> _Affine | None:
    """The line through all points, or through those of each channel, by least squares."""
    a, b = (_rows(arrays, axis) for arrays in (x, y))
    middle = a.mean(axis=1, keepdims=True)
    spread = np.square(a - middle).sum(axis=1)
    if not (np.isfinite(b).all() and (spread > 0).all()):
        return None
    factor = ((a - middle) * b).sum(axis=1) / spread
    return _Affine(factor, b.mean(axis=1) - factor * middle[:, 0], axis) if (factor != 0).all() else None


def _rows(arrays: Sequence[Array], axis: int | None) -> F64:
    """All numbers in one row, or those of each channel in a row of its own."""
    if axis is None:
        return flat(arrays)[None]
    return np.concatenate([np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1) for a in arrays], axis=1)


def _channels(arrays: Sequence[Array]) -> list[int]:
    """The axes that can be those of colours."""
    return [k for k in range(1, arrays[0].ndim) if all(1 < a.shape[k] <= COLOURS for a in arrays)]
