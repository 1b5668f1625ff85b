"""What is known of a model of a person's own once it is loaded, whatever its framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.subject import Subject
from parity.operators.file import Declared
from parity.operators.graph import Node


@dataclass(frozen=True)
class Own:
    """A model as it is at inference, and what it takes.

    inputs: the names of what is fed, in order; samples: an array for each, whose values decide nothing, as the framework has
    it; outputs: a name for each array of what it gives, nested ones by their path; notes: what was done to it; weights: a
    digest of them; more: what its framework keeps of it.
    """

    model: Any
    inputs: tuple[str, ...]
    samples: tuple[Any, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()
    weights: bytes = b""
    more: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Piece:
    """A part of a model that stands alone in its framework's own words, with the values that it got.

    title: what it is; code: Python that defines ``build``, from what it reads as ``data[name]``; weights: that, by name;
    inputs: what the part got, by the names of the values in the model's definition, in the order it takes them; output: the
    name there of what it gives.
    """

    title: str
    code: str
    weights: Mapping[str, Array]
    inputs: Mapping[str, Array]
    output: str


#: Writes one or more of a model's files, by their paths. Raises what its exporter says.
Write = Callable[[Own, Sequence[Path]], None]


class Kind(Protocol):
    """What is done with models of one framework; a module of this room."""

    #: By the process that writes them: the files that one call writes, by their names, and the call.
    WRITERS: Mapping[str, Sequence[tuple[tuple[str, ...], Write]]]

    def declared(self, model: Any, subject: Subject) -> Sequence[Declared]:
        """What it takes, with names, shapes and types as far as it says them. Raises :class:`parity.errors.UsageError`."""

    def own(
        self, model: Any, subject: Subject, given: Sequence[Asked], arrays: Mapping[str, Array], threads: int
    ) -> Own:
        """The model, ready for inputs of these shapes. Raises :class:`parity.errors.UsageError`."""

    def run(self, model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Its outputs by name, on inputs by name."""

    def why_no_device(self, device: str) -> str:
        """Why it cannot run on a device, ``cuda`` or ``cuda:1``; empty where it can."""

    def on(self, model: Own, device: str) -> Own:
        """The same model on a device, without TF32. Its values and outputs come back all the same."""

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """Runs meanwhile take this many threads. Raises :class:`parity.errors.Unsupported` where they cannot."""

    def compiled(self, model: Own) -> Own:
        """The same model, compiled by its framework the first time that it is run."""

    def values(self, model: Own, arrays: Mapping[str, Array], outputs: Mapping[str, Array]) -> dict[str, Array]:
        """Values on the way, by the names that its definition has them under. outputs: what :meth:`run` gave for these inputs."""

    def pieces(self, model: Own, place: Node, arrays: Mapping[str, Array]) -> Iterator[Piece]:
        """Parts of the model that make what an operator of its definition makes, the plainest first, for these inputs."""

    def twin(self, model: Own) -> Own:
        """The same model with weights and arithmetic in float64."""

    def run_twin(self, model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs of a twin by name, on the same inputs, floats among them in float64."""


def in_float64(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays that a twin is fed: floats widened, all else as it is."""
    return {name: a.astype(np.float64) if a.dtype.kind == "f" else a for name, a in arrays.items()}
