"""Guesses at numbers that differ: a scalar that is fitted, a weight, the scale of the input. Pure; each is proven elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations, product

import numpy as np

from parity.axes import Array, Shape
from parity.judging.nearness import FOLDING
from parity.judging.pairing import Axes, apart
from parity.judging.play import Guess, Play, turned_to, vanishes
from parity.judging.twins import flat
from parity.operators.formats import FORMATS
from parity.operators.graph import Node

STEPS = 30  #: of Newton's method, for one number
SCALARS = ("epsilon", "alpha", "beta", "gamma", "lambd", "bias", "min", "max")

# ---- scalars --------------------------------------------------------------------------------------------------------


def scalars(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """One number that an operator is set to or reads, fitted so that the values agree, and then as short as still proves it."""
    for node in changed.nodes:
        for name in SCALARS:
            now = node.attributes.get(name, _default(node, name))
            if isinstance(now, float):
                kind = {"epsilon": "epsilon", "alpha": "slope"}.get(name, "number")
                yield from _fitted(changed, target, axes, now, kind, partial(_set, changed, node, name))
    for name in changed.stored:
        held = changed.constant(name)
        if held.size == 1 and held.dtype.kind == "f":
            now = float(held.reshape(()))
            kind = "epsilon" if _is_epsilon(changed, name, now) else "number"
            yield from _fitted(changed, target, axes, now, kind, partial(_put, changed, name, held.shape))


def _set(play: Play, node: Node, name: str, value: float) -> Play:
    return play.with_attributes(node, **{name: value})


def _put(play: Play, name: str, shape: Shape, value: float) -> Play:
    return play.with_known(name, [np.full(shape, value)])


def _default(node: Node, name: str) -> float | None:
    """What ONNX takes for an attribute that is not given."""
    if name == "epsilon" and "Norm" in node.kind:
        return 1e-5
    return (
        {"LeakyRelu": 0.01, "Elu": 1.0, "Celu": 1.0, "ThresholdedRelu": 1.0}.get(node.kind) if name == "alpha" else None
    )


def _is_epsilon(play: Play, name: str, now: float) -> bool:
    """Whether a small number is added to what a root is taken of."""
    for node in play.nodes:
        if node.kind == "Add" and name in node.inputs and 0 < now < 0.1:
            return any(n.kind in ("Sqrt", "Pow", "Reciprocal") and node.outputs[0] in n.inputs for n in play.nodes)
    return False


def _fitted(
    changed: Play, target: Play, axes: Axes, now: float, kind: str, put: Callable[[float], Play]
) -> Iterator[Guess]:
    found = _newton(now, lambda value: _off(put(value), target, axes))
    if found is None or vanishes(put(2 * found), target, axes):  # where any number will do, it is not the number
        return
    for digits in range(6):
        short = float(f"{found:.{digits}e}")
        if short != now and vanishes(put(short), target, axes):
            yield Guess(kind, f"{now:.6g}", f"{short:.6g}", put(short))
            return
    yield Guess(kind, f"{now:.6g}", f"about {found:.10g}", put(found))


def _off(play: Play, target: Play, axes: Axes) -> Array | None:
    made = play.computed()
    turned = None if made is None else turned_to(made, axes, target)
    return None if turned is None else flat(turned) - flat(target.arrays)


def _newton(start: float, off: Callable[[float], Array | None]) -> float | None:
    """The number that brings the difference nearest to nothing (Gauss and Newton, the derivative by a small step)."""
    at = start
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            step = 1e-4 * (abs(at) or 1.0)
            here, there = off(at), off(at + step)
            if here is None or there is None:
                return None
            slope = (there - here) / step
            fine = np.isfinite(slope) & np.isfinite(here)
            square = float(slope[fine] @ slope[fine])
            if not square:
                return None
            move = -float(slope[fine] @ here[fine]) / square
            following = at + move
            if start > 0 and following <= 0:
                following = at / 10  # an epsilon, a variance, a slope: it does not change sign
            if not np.isfinite(following):
                return None
            if abs(following - at) <= 2.0**-40 * abs(following):
                return following
            at = following
    return at


# ---- weights --------------------------------------------------------------------------------------------------------


def kernels(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """A weight with its axes swapped, or turned around."""
    for name in _weights(changed):
        held = np.asarray(changed.constant(name), np.float64)
        plain = "OIHWD"[: held.ndim] if held.ndim > 2 else "IO"[: held.ndim]
        for turn in list(permutations(range(held.ndim)))[1:] if held.ndim <= 5 else ():
            if held.transpose(turn).shape == held.shape:
                said = "".join(plain[k] for k in turn)
                yield Guess("kernel axes", plain, said, changed.with_known(name, [held.transpose(turn)]))
        spatial = tuple(range(2, held.ndim))
        for around in [*((axis,) for axis in spatial), spatial][: len(spatial) + (len(spatial) > 1)]:
            said = " and ".join(plain[k] for k in around)
            yield Guess(
                "kernel axes", plain, f"turned around along {said}", changed.with_known(name, [np.flip(held, around)])
            )


def weights(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """A weight rounded to half precision, or the other side's; then all weights of an operator together."""
    for name in _weights(changed):
        held = np.asarray(changed.constant(name), np.float64)
        with np.errstate(over="ignore"):
            halves = {"float16": held.astype(np.float16).astype(np.float64), "bfloat16": _bfloat16(held)}
        for half, rounded in halves.items():
            said = f"{name} rounded to {half}"
            yield Guess("half precision", f"{name} as it is", said, changed.with_known(name, [rounded]))
        for other in _weights(target):
            theirs = _nearest(held, np.asarray(target.constant(other), np.float64))
            if theirs is not None:
                yield Guess("weights", name, _differs(held, theirs, other), changed.with_known(name, [theirs]))
                if held.ndim > 1 and (unscaled := _unscaled(held, theirs)) is not None:
                    yield Guess("weights", name, _differs(held, unscaled, other), changed.with_known(name, [unscaled]))


def layers(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """All weights of an operator together, from one of its kind on the other side."""
    for mine, theirs in product(changed.nodes, target.nodes):
        if (mine.kind, mine.domain) != (theirs.kind, theirs.domain):
            continue
        pairs = [
            (m, t)
            for m, t in zip(mine.inputs, theirs.inputs, strict=False)
            if m in changed.stored and t in target.stored
        ]
        made, said = changed, []
        for m, t in pairs:
            held, other = (np.asarray(p.constant(n), np.float64) for p, n in ((changed, m), (target, t)))
            nearest = _nearest(held, other)
            if nearest is None:
                break
            made = made.with_known(m, [nearest])
            said.append(_factors(held, nearest) or _differs(held, nearest, t))
        else:
            if len(pairs) > 1:
                yield Guess("weights", f"{', '.join(m for m, _ in pairs)}", "; ".join(said), made)


def _factors(mine: Array, theirs: Array) -> str:
    """In words, that a kernel is another times a factor a channel; nothing where it is not."""
    if mine.ndim < 2:
        return ""
    with np.errstate(all="ignore"):
        factor = np.nanmedian(theirs / mine, axis=tuple(range(1, mine.ndim)), keepdims=True)
    rounding = 2 * FOLDING * FORMATS["float32"].storage * np.abs(theirs)
    if not (np.abs(mine * factor - theirs) <= rounding).all() or (np.abs(factor - 1) <= rounding.max()).all():
        return ""
    return f"each channel times a factor from {factor.min():.6g} to {factor.max():.6g}"


def _weights(play: Play) -> list[str]:
    held = {n: play.constant(n) for n in play.stored}
    found = [n for n, a in held.items() if a.dtype.kind not in "biuOSU" and a.size > 1]
    return sorted(found, key=lambda n: -held[n].size)


def _bfloat16(a: Array) -> Array:
    """Rounded to nearest even in the upper sixteen bits of float32."""
    bits = a.astype(np.float32).view(np.uint32)
    kept = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return kept.view(np.float32).astype(np.float64)


def _nearest(mine: Array, theirs: Array) -> Array | None:
    """The other side's weight in the axes here, by the permutation that brings it nearest; None where none fits."""
    if sorted(mine.shape) != sorted(theirs.shape) or mine.ndim > 5:
        return None
    fits = [p for turn in permutations(range(theirs.ndim)) if (p := theirs.transpose(turn)).shape == mine.shape]
    return min(fits, key=lambda p: float(np.square(p - mine).sum()), default=None)


def _unscaled(mine: Array, theirs: Array) -> Array | None:
    """The other side's kernel without the factor of each output channel that was folded into it.

    The factor is the median of a channel; elements that are then as near as folding in float32 rounds are taken as they are
    here. None where more than half differ.
    """
    axes = tuple(range(1, mine.ndim))
    with np.errstate(all="ignore"):
        factor = np.nanmedian(theirs / mine, axis=axes, keepdims=True)
        found = theirs / factor
    far = ~(np.abs(found - mine) <= 2 * FOLDING * FORMATS["float32"].storage * np.abs(mine))
    far &= np.isfinite(found)
    return np.where(far, found, mine) if 0 < far.mean() <= 0.5 else None


def _differs(mine: Array, theirs: Array, name: str) -> str:
    d = apart(mine, theirs)
    at = tuple(int(i) for i in np.unravel_index(int(d.argmax()), d.shape))
    other = f"{int((d > 0).sum())} of {d.size} elements differ, most at {list(at)}: {mine[at]:.6g} and {theirs[at]:.6g}"
    return f"{name} ({other})"


# ---- the input ------------------------------------------------------------------------------------------------------

#: The scales that pictures are fed in: words, what they are multiplied by, divided by, and what is then added.
SCALES: tuple[tuple[str, float, float, float], ...] = (
    ("divided by 255", 1.0, 255.0, 0.0),
    ("-1 to 1 for 0 to 1", 2.0, 1.0, -1.0),
    ("-1 to 1 for 0 to 255", 1.0, 127.5, -1.0),
    ("divided by 127.5", 1.0, 127.5, 0.0),
    ("divided by 256", 1.0, 256.0, 0.0),
)


def inputs(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """The input of the graph with its channels the other way round, or in another scale."""
    for name in changed.fed:
        arrays = [np.asarray(v.y) for v in changed.known[name]]
        if arrays[0].dtype.kind != "f":
            continue
        for axis in _channels(arrays):
            yield Guess(
                "channel order", "as it is", "BGR for RGB", changed.with_known(name, [np.flip(a, axis) for a in arrays])
            )
        for said, factor, divisor, shift in SCALES:
            scaled = [a * factor / divisor + shift for a in arrays]
            yield Guess("input scale", "as it is", said, changed.with_known(name, scaled))


def _channels(arrays: Sequence[Array]) -> list[int]:
    """The axes that can be those of three colours."""
    return [k for k in range(1, arrays[0].ndim) if all(a.shape[k] == 3 for a in arrays)]
