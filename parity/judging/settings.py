"""Guesses at what is set otherwise or wired otherwise in one of two operators. Pure; each is proven or dropped elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np

from parity.axes import F64
from parity.judging.pairing import Axes
from parity.judging.play import Guess, Play, equal
from parity.operators.base import OPERATORS, Site, Window
from parity.operators.graph import Node
from parity.operators.special import erf, normal_cdf

#: Attributes that say where an axis lies: another layout says them otherwise.
PLACES = ("axis", "axes", "perm", "kernel_shape", "stash_type", "dims", "to", "dtype")

KINDS = {
    "epsilon": "epsilon",
    "alpha": "slope",
    "pads": "padding",
    "auto_pad": "padding",
    "approximate": "approximation",
    "coordinate_transformation_mode": "coordinates",
}


def settings(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """The other side's attributes, where both hold an operator of one kind: one by one, then together."""
    for mine in changed.nodes:
        for theirs in target.nodes:
            if (mine.kind, mine.domain) != (theirs.kind, theirs.domain):
                continue
            names = [n for n in sorted({*mine.attributes, *theirs.attributes}) if n not in PLACES]
            differ = {n: theirs.attributes.get(n) for n in names if mine.attributes.get(n) != theirs.attributes.get(n)}
            together = [list(differ)] if len(differ) > 1 else []
            for chosen in [*([n] for n in differ), *together]:
                node = replace(mine, attributes=_set(mine, {n: differ[n] for n in chosen}))
                yield Guess(
                    _kind(chosen, mine, theirs),
                    _all_said(mine, chosen),
                    _all_said(theirs, chosen),
                    changed.with_node(mine, node),
                )


def _kind(chosen: list[str], mine: Node, theirs: Node) -> str:
    """The word for attributes that differ."""
    kinds = {KINDS.get(name, "setting") for name in chosen}
    if chosen == ["pads"] and sum(mine.attributes.get("pads", [])) == sum(theirs.attributes.get("pads", [])):
        return "padding on the other side"
    return kinds.pop() if len(kinds) == 1 else "settings"


def _all_said(node: Node, names: list[str]) -> str:
    """The attributes of an operator in words; the word for what differs stands before, where there is one."""
    if len(names) == 1 and names[0] in KINDS:
        return _said(node.attributes.get(names[0]))
    return ", ".join(f"{name} {_said(node.attributes.get(name))}" for name in names)


def _set(node: Node, values: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in {**node.attributes, **values}.items() if v is not None}


def _said(value: Any) -> str:
    return "by default" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def over(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """A softmax over another axis, of a value that keeps its shape."""
    for node in changed.nodes:
        if node.kind not in ("Softmax", "LogSoftmax", "Hardmax"):
            continue
        now, rank = int(node.attributes.get("axis", -1)), changed.arrays[0].ndim
        for other in range(rank) if now >= 0 else range(-rank, 0):
            if other != now:
                yield Guess(
                    "axis", f"{node.kind} over {now}", f"over {other}", changed.with_attributes(node, axis=other)
                )


# ---- padding --------------------------------------------------------------------------------------------------------


def padding(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """Other pads of a window, each not above the window's own size: on the other side first, then of another size."""
    for node in changed.nodes:
        window = _window(changed, node)
        if window is None:
            continue
        rank = len(window.kernel)
        sizes = [1 + (k - 1) * d for k, d in zip(window.kernel, window.dilation, strict=True)]
        here = [p for side in zip(*window.pads, strict=True) for p in side]
        total = sum(here) // rank
        pairs = [p for p in product(range(max(sizes)), repeat=2) if list(p) != [here[0], here[rank]]]
        for before, after in sorted(pairs, key=lambda p: abs(sum(p) - total)):
            pads = [before] * rank + [after] * rank
            kind = "padding on the other side" if sum(pads) == sum(here) else "padding"
            yield Guess(kind, f"{here}", f"{pads}", changed.with_attributes(node, pads=pads, auto_pad="NOTSET"))


def _window(play: Play, node: Node) -> Window | None:
    """The window of a convolution or a pool."""
    rule = OPERATORS.get((node.domain, node.kind))
    if rule is None or node.kind not in ("Conv", "MaxPool", "AveragePool", "LpPool"):
        return None
    shapes = [np.shape(play.known[n][0].y) if n in play.known else () for n in node.inputs]
    if node.kind == "Conv" and len(shapes[1]) < 3:
        return None
    rank = len(shapes[1]) - 2 if node.kind == "Conv" else len(node.attributes["kernel_shape"])
    shapes[0] = shapes[0] or (1, 1, *[64] * rank)  # only automatic padding hangs on the size of the image
    return rule.window(Site(node.kind, node.attributes, play.opset), *shapes)


# ---- resizing, order, flattening ------------------------------------------------------------------------------------

COORDINATES = ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel", "tf_half_pixel_for_nn")
ROUNDS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def coordinates(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """Other coordinates of a resize, then other modes; first of all those that a resize of the other side has."""
    theirs = [_resized(node) for node in target.nodes if node.kind == "Resize"]
    for node in changed.nodes:
        if node.kind != "Resize":
            continue
        mine = _resized(node)
        others = product(dict.fromkeys([mine[0], "nearest", "linear", "cubic"]), COORDINATES, ROUNDS)
        for other in dict.fromkeys([*theirs, *(each for each in others if _told_apart(*each))]):
            if other == mine:
                continue
            names = "mode", "coordinate_transformation_mode", "nearest_mode"
            guess = changed.with_attributes(node, **dict(zip(names, other, strict=True)))
            before, after = (", ".join(each if each[0] == "nearest" else each[:2]) for each in (mine, other))
            if mine[0] == other[0]:
                yield Guess("coordinates", before.partition(", ")[2], after.partition(", ")[2], guess)
            else:
                yield Guess("interpolation", before, after, guess)


def _resized(node: Node) -> tuple[str, str, str]:
    """The mode of a resize, its coordinates and how it rounds to the nearest; the first way where it does not."""
    mode = node.attributes.get("mode", "nearest")
    place = node.attributes.get("coordinate_transformation_mode", "half_pixel")
    return mode, place, node.attributes.get("nearest_mode", ROUNDS[0]) if mode == "nearest" else ROUNDS[0]


def _told_apart(mode: str, place: str, rounds: str) -> bool:
    """Whether this differs from others before: how is rounded matters to the nearest alone."""
    return mode == "nearest" or rounds == ROUNDS[0]


def order(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """The inputs of a concatenation, or of any operator of two, in another order."""
    for node in changed.nodes:
        if node.kind in ("Concat", "Sub", "Div", "Pow", "MatMul") and 2 <= len(node.inputs) <= 4:
            for turn in list(permutations(range(len(node.inputs))))[1:]:
                moved = replace(node, inputs=tuple(node.inputs[k] for k in turn))
                said = ", ".join(node.inputs), ", ".join(moved.inputs)
                yield Guess("order", f"{node.kind} of {said[0]}", f"of {said[1]}", changed.with_node(node, moved))


def flattened(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """An image flattened with its axes in another order."""
    for node in changed.nodes:
        if node.kind not in ("Flatten", "Reshape") or node.inputs[0] not in changed.data:
            continue
        rank = np.ndim(changed.known[node.inputs[0]][0].y)
        for turn in permutations(range(1, rank)) if 3 <= rank <= 5 else ():
            perm = [0, *turn]
            if perm != sorted(perm):
                arrays = [np.transpose(v.y, perm) for v in changed.known[node.inputs[0]]]
                yield Guess("flattened", *_orders(perm), changed.with_known(node.inputs[0], arrays))


def _orders(perm: list[int]) -> tuple[str, str]:
    """In words, the order of axes that is there and the one that a transposition makes."""
    if perm == [0, *range(2, len(perm)), 1]:
        return "channels first", "channels last"
    if perm == [0, len(perm) - 1, *range(1, len(perm) - 1)]:
        return "channels last", "channels first"
    return f"axes {sorted(perm)}", f"axes {perm}"


# ---- operators that are not there, or others ------------------------------------------------------------------------


def missing(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """An operator left out: what reads it gets what it read, of two values one."""
    for node in changed.nodes:
        data = [n for n in node.inputs if n in changed.data or changed.maker(n) is not None]
        if not data or len(node.outputs) != 1:
            continue
        if len(data) > 1:
            for kept in dict.fromkeys(data):
                said = f"{node.kind} of {', '.join(data)}"
                yield Guess("missing operator", said, f"{kept} alone", _without(changed, node, kept))
            continue
        kind, said = "missing operator", node.kind
        held = [n for n in node.inputs if n in changed.stored and changed.constant(n).ndim >= 1]
        if node.kind == "Add" and held:
            kind, said = "missing bias", f"a bias of {changed.constant(held[0]).size}"
        yield Guess(kind, said, "none", _without(changed, node, data[0]))


def _without(play: Play, node: Node, read: str) -> Play:
    (out,) = node.outputs
    nodes = [replace(n, inputs=tuple(read if i == out else i for i in n.inputs)) for n in play.nodes if n is not node]
    if play.value == out and read in play.known:
        return replace(play, nodes=(), value=read)
    return replace(play, nodes=tuple(nodes), value=read if play.value == out else play.value)


def bias(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """A bias of zeros."""
    for node in changed.nodes:
        if node.kind in ("Conv", "ConvTranspose", "Gemm") and len(node.inputs) > 2 and node.inputs[2] in changed.stored:
            held = changed.constant(node.inputs[2])
            yield Guess(
                "missing bias",
                f"a bias of {held.size}",
                "none",
                changed.with_known(node.inputs[2], [np.zeros_like(held, np.float64)]),
            )


def _tanh(x: F64) -> F64:
    made: F64 = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return made


#: Activations by their name, of one input.
FUNCTIONS: dict[str, Callable[[F64], F64]] = {
    "gelu by erf": lambda x: x * normal_cdf(x),
    "gelu by tanh": lambda x: 0.5 * x * (1 + _tanh(x)),
    "gelu by a sigmoid": lambda x: x / (1 + np.exp(-1.702 * x)),
    "erf of gelu": lambda x: erf(x / np.sqrt(2)),
    "tanh of gelu": _tanh,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard sigmoid with slope 1/6": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard sigmoid with slope 0.2": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "tanh": np.tanh,
    "nothing": lambda x: x,
}


def activation(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """Two functions of one matched value, both known by name: the proof is that each gives its side's value."""
    if len(changed.data) != 1:
        return
    x = [np.asarray(v.y, np.float64) for v in changed.known[changed.data[0]]]
    with np.errstate(all="ignore"):
        made = {name: [f(a) for a in x] for name, f in FUNCTIONS.items()}
    own = tuple(range(np.squeeze(x[0]).ndim))
    mine = [n for n, a in made.items() if len(own) == len(axes) and equal(a, changed.spread, changed, own)]
    for name, arrays in made.items():
        if mine and name not in mine and equal(arrays, changed.spread, target, axes):
            known = {
                changed.value: tuple(
                    replace(v, y=a) for v, a in zip(changed.known[changed.data[0]], arrays, strict=True)
                )
            }
            yield Guess("activation", mine[0], name, replace(changed, nodes=(), known=known))
