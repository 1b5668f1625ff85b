"""What the porting guide is made of: pairs of spellings that are run, what stands beside each other for a layer, and what checks each statement."""

from __future__ import annotations

import ast
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import parity.layers
from parity.layers import Layer

SPELLED = "spelled"  #: in place of code: the Keras spelling of the layer itself, ``to_keras`` in parity/layers


@dataclass(frozen=True)
class Said:
    """A statement and what checks it: the name of a pair or of a turn, a pattern of cases, or a program below ``docs/``."""

    text: str
    by: str

    def __post_init__(self) -> None:
        _checked(self.text, self.by)


@dataclass(frozen=True)
class Pair:
    """Two spellings that people take for the same, given the same input and the same parameters.

    name: how the page and the tests call it; layer: of which the parameters are drawn; shape: of the input, canonical;
    one, other: Python of one expression, a module, a layer, a function, or a list of them in turn, in which ``torch``, ``F``, ``keras``, ``tf``,
    ``ops``, ``np`` and ``op``, ONNX's operators, are there; other is empty where the framework has nothing of the kind; instead: what is the same as ``one``,
    empty where ``other`` is; about: why they differ, a clause; case: the case, or a pattern of cases, that asks it on every route; more: the shapes of further
    inputs, below: the input is of whole numbers less than it; after_a_step: compared at inference after one pass in training;
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
    _: KW_ONLY
    case: str
    more: tuple[tuple[int, ...], ...] = ()
    below: int = 0
    after_a_step: bool = False
    scale: float = 1.0
    mean: float = 0.0
    remains: str = ""
    single: bool = False

    def __post_init__(self) -> None:
        _checked(self.name, self.case)

    @property
    def alike(self) -> bool:
        """Whether ``other`` is said to be the same as ``one``."""
        return not self.instead


@dataclass(frozen=True)
class Turn:
    """How the stored arrays of a torch module become those of a Keras layer, and back.

    torch, keras: both built, expressions; shape: of torch's input; to_keras: the list for ``set_weights``, in which torch's arrays are there by the
    last word of their names; to_torch: the arrays of torch's state by these words, in which Keras' are there by their names and, as ``k``, in
    their order; case: what asks it on every route, or the program that shows it.
    """

    name: str
    torch: str
    keras: str
    shape: tuple[int, ...]
    to_keras: str
    to_torch: str
    case: str

    def __post_init__(self) -> None:
        _checked(self.name, self.case)


Argument = tuple[
    str, str, str
]  #: what says the same thing in torch, in Keras and in ONNX; words with a space are no names


@dataclass(frozen=True)
class Counterpart:
    """What stands beside each other for layers of parity.

    layers: their names, ``{n}`` for 1, 2 and 3 where there is such a layer; group: the heading; torch, keras, onnx: the
    names there, empty where there is none; arguments: which say the same thing; notes: what a porter has to know beside the rows;
    pairs: what is run; unpaired: why nothing is.
    """

    layers: str
    group: str
    torch: str
    keras: str
    onnx: str
    arguments: tuple[Argument, ...] = ()
    notes: tuple[Said, ...] = ()
    pairs: tuple[Pair, ...] = ()
    unpaired: str = ""

    def __post_init__(self) -> None:
        if bool(self.pairs) is bool(self.unpaired):
            raise ValueError(f"{self.layers}: give pairs that are run, or say why there is none")

    @property
    def names(self) -> list[str]:
        """The layers that it is about and that there are."""
        spelled = [name.format(n=n) for name in self.layers.split() for n in ((1, 2, 3) if "{n}" in name else ("",))]
        return [name for name in spelled if hasattr(parity.layers, name)]


@dataclass(frozen=True)
class Trap:
    """One of the ten defaults that differ most: what it is, what it is in torch, in Keras and in ONNX, and the pair that shows what forgetting it costs."""

    what: str
    torch: str
    keras: str
    onnx: str
    pair: str


Side = Literal["torch", "keras", "onnx"]


def _checked(what: str, by: str) -> None:
    if not by.strip():
        raise ValueError(f"{what}: name the case or the program that checks it")


def side(code: str) -> Side:
    """In which framework a spelling is: torch where it names torch, or no framework at all."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    if "op" in names:
        return "onnx"
    return "keras" if names & {"keras", "ops", "tf"} else "torch"
