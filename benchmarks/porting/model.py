"""What the porting guide is made of: pairs of spellings that are run, and what stands beside each other for a layer."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

import parity.layers
from parity.layers import Layer

SPELLED = "spelled"  #: in place of code: the Keras spelling of the layer itself, ``to_keras`` in parity/layers


@dataclass(frozen=True)
class Pair:
    """Two spellings that people take for the same, given the same input and the same parameters.

    name: how the page and the tests call it; layer: of which the parameters are drawn; shape: of the input, canonical;
    one, other: Python of one expression, a module, a layer, a function, or a list of them in turn, in which ``torch``, ``F``, ``keras``, ``tf``,
    ``ops``, ``np`` and ``op``, ONNX's operators, are there; other is empty where the framework has nothing of the kind; instead: what is the same as ``one``,
    empty where ``other`` is; about: why they differ, a clause; after_a_step: compared at inference after one pass in training;
    scale, mean: of the input; remains: why ``instead`` still differs, by less than a tenth; single: computed in float32 by a framework that has
    nothing else.
    """

    name: str
    layer: Layer
    shape: tuple[int, ...]
    one: str
    other: str
    instead: str = ""
    about: str = ""
    after_a_step: bool = False
    scale: float = 1.0
    mean: float = 0.0
    remains: str = ""
    single: bool = False

    @property
    def alike(self) -> bool:
        """Whether ``other`` is said to be the same as ``one``."""
        return not self.instead


Argument = tuple[
    str, str, str
]  #: what says the same thing in torch, in Keras and in ONNX; words with a space are no names


@dataclass(frozen=True)
class Counterpart:
    """What stands beside each other for layers of parity.

    layers: their names, ``{n}`` for 1, 2 and 3 where there is such a layer; group: the heading; torch, keras, onnx: the
    names there, empty where there is none; arguments: which say the same thing; weights: how the stored arrays are turned;
    pairs: what is run.
    """

    layers: str
    group: str
    torch: str
    keras: str
    onnx: str
    arguments: tuple[Argument, ...] = ()
    weights: str = ""
    pairs: tuple[Pair, ...] = ()

    @property
    def names(self) -> list[str]:
        """The layers that it is about and that there are."""
        spelled = [name.format(n=n) for name in self.layers.split() for n in ((1, 2, 3) if "{n}" in name else ("",))]
        return [name for name in spelled if hasattr(parity.layers, name)]


@dataclass(frozen=True)
class Bite:
    """One of the ten things that bite: a title, a sentence or two, and the pairs that show it."""

    title: str
    text: str
    pairs: tuple[str, ...]


Side = Literal["torch", "keras", "onnx"]


def side(code: str) -> Side:
    """In which framework a spelling is: torch where it names torch, or no framework at all."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    if "op" in names:
        return "onnx"
    return "keras" if names & {"keras", "ops", "tf"} else "torch"
