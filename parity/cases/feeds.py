"""The values a model of one's own is fed: given, or drawn by name and seed.

What looks like an image is tried as images are; everything else is drawn once. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.axes import Array, Shape
from parity.cases.asked import FLOATS, TYPES, Asked, shapes
from parity.cases.streams import draw, words
from parity.errors import UsageError
from parity.operators.file import Declared
from parity.operators.graph import Graph

IMAGES = ("0 to 1", "about 0", "constant")  #: how an image is tried
ONCE = "drawn"  #: the name of what is drawn once
YOURS = "given"  #: the name of what a person gave, all of it
SMALLEST = 8  #: rows and columns that an image has at least
CHANNELS = (1, 3, 4)  #: that an image has
FEW = 10  #: whole numbers are drawn below it where nothing says how many there may be
SAME = ("Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand")  #: what hands an index on


@dataclass(frozen=True)
class Feed:
    """One input as it is fed: ``how`` says in words where its values are from."""

    name: str
    dtype: str
    shape: Shape
    how: str


@dataclass(frozen=True)
class Tried:
    """One set of inputs that a model is run on, by their names."""

    name: str
    arrays: Mapping[str, Array]


def feeds(
    graph: Graph, inputs: Sequence[Declared], given: Sequence[Asked], arrays: Mapping[str, Array], seed: int
) -> tuple[list[Feed], list[Tried]]:
    """What each input is, and the sets of arrays to run the model on: one, or three where an image is drawn.

    arrays: what a person gave, by name. Raises :class:`UsageError` as :func:`shapes` does, and for a type that cannot be
    drawn.
    """
    found = shapes(inputs, given, arrays)
    types = {
        each.name: each.dtype or next((g.dtype for g in given if g.name in (each.name, "")), "") for each in inputs
    }
    drawn = [each.name for each in inputs if each.name not in arrays]
    for name in drawn:
        if types[name] not in TYPES:
            said = "text" if types[name] == "object" else types[name] or "of a type that the file does not name"
            raise UsageError(f"input {name!r} is {said}; cast it in the file from one of {', '.join(TYPES)}")
    images = {name: axes for name in drawn if (axes := image_axes(found[name], types[name]))}
    described = [
        Feed(
            each.name,
            arrays[each.name].dtype.name if each.name in arrays else types[each.name],
            found[each.name],
            "given" if each.name in arrays else _how(each.name, found[each.name], types[each.name], images, graph),
        )
        for each in inputs
    ]
    names = IMAGES if images else (ONCE,) if drawn else (YOURS,)
    tried = []
    for name in names:
        made = {}
        for each in inputs:
            if each.name in arrays:
                made[each.name] = arrays[each.name]
            elif each.name in images:
                made[each.name] = _image(name, found[each.name], seed, each.name).astype(types[each.name])
            else:
                made[each.name] = _numbers(each.name, found[each.name], types[each.name], graph, seed)
        tried.append(Tried(name, made))
    return described, tried


def image_axes(shape: Shape, dtype: str) -> str:
    """``N C H W`` or ``N H W C`` of what looks like an image of floats; empty for what does not."""
    if len(shape) != 4 or dtype not in FLOATS:
        return ""
    if shape[1] in CHANNELS and min(shape[2:]) >= SMALLEST:
        return "N C H W"
    return "N H W C" if shape[3] in CHANNELS and min(shape[1:3]) >= SMALLEST else ""


def _image(kind: str, shape: Shape, *key: object) -> Array:
    if kind == "constant":
        return np.full(shape, float(draw((1,), "uniform", *key, kind)[0]) / np.sqrt(12) + 0.5)
    if kind == "0 to 1":
        return np.asarray(draw(shape, "uniform", *key, kind) / np.sqrt(12) + 0.5)
    values: Array = draw(shape, "normal", *key, kind)
    return values


def _numbers(name: str, shape: Shape, dtype: str, graph: Graph, seed: int) -> Array:
    if dtype in FLOATS:
        return draw(shape, "normal", seed, name).astype(dtype)
    most = below(name, shape, dtype, graph)
    drawn = words(int(np.prod(shape, dtype=np.int64)), seed, name) % np.uint64(most)
    return drawn.astype(dtype).reshape(shape)


def _how(name: str, shape: Shape, dtype: str, images: Mapping[str, str], graph: Graph) -> str:
    if name in images:
        return f"an image {images[name]}: values 0 to 1, normalised about 0, and constant"
    if dtype in FLOATS:
        return "normal, mean 0 and variance 1"
    return "true or false" if dtype == "bool" else f"whole numbers 0 to {below(name, shape, dtype, graph) - 1}"


def below(name: str, shape: Shape, dtype: str, graph: Graph) -> int:
    """Below which number an input of whole numbers is drawn.

    One that picks rows of a stored table, as words are looked up, stays within the table; a mask is 0 and 1, bytes of an
    image are 0 to 255.
    """
    if dtype == "bool" or "mask" in name.lower():
        return 2
    same, rows = {name}, []
    for node in graph.nodes:
        if node.kind in SAME and node.inputs[0] in same:
            same.update(node.outputs)
        elif node.kind == "Gather" and node.inputs[1] in same and node.inputs[0] in graph.constants:
            rows.append(graph.constants[node.inputs[0]].shape[node.attributes.get("axis", 0)])
    if rows:
        return int(min(*rows, np.iinfo(dtype).max))
    return 256 if dtype == "uint8" and len(shape) == 4 else FEW
