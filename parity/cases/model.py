"""A case whose subject is a model of one's own, as it is spelled in each framework."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from parity.cases.asked import asked
from parity.cases.case import Case
from parity.cases.network import Network
from parity.cases.valid import named, timed
from parity.errors import FieldError, UsageError

#: What a route computes of a model, by the route's framework -> the field of the case that says where it is.
SPELLINGS: Mapping[str, str] = MappingProxyType({"torch": "torch", "tensorflow": "keras", "onnx": "onnx"})


@dataclass(frozen=True, kw_only=True)
class ModelCase:
    """A model of one's own, judged on every route by what ``parity check`` finds of it.

    name: ``family/what``; torch, keras, onnx: where the model is, as ``parity check`` takes it (``"net.py:build"``,
    ``"shop.models:Detector"``, ``"net.onnx"``), files as seen from the folder of the case file. At least one; where there are
    several, the first of them in this order is what the others have to be the same function as. inputs: shapes of the first
    one's inputs (``"1x3x224x224"``, ``"ids=2x8:int64"``); data: an ``.npz`` of real ones in their place; time_limit: seconds one
    step may take; quick: whether the quick set has it; folder: of the case file, filled in by the registry.
    """

    name: str
    torch: str = ""
    keras: str = ""
    onnx: str = ""
    inputs: tuple[str, ...] = ()
    data: str = ""
    tags: tuple[str, ...] = ()
    time_limit: float = 600.0
    quick: bool = True
    folder: Path = Path()

    def __post_init__(self) -> None:
        owner = f"case {self.name!r}"
        named(self.name)
        timed(self.name, self.time_limit)
        for field in (*SPELLINGS.values(), "data"):
            if not isinstance(getattr(self, field), str):
                raise FieldError(owner, field, getattr(self, field), "must be text")
        if not self.spelled:
            raise FieldError(owner, "torch", "", "must say where the model is, or keras or onnx must")
        if self.onnx and not self.onnx.endswith(".onnx"):
            raise FieldError(owner, "onnx", self.onnx, "must be a file that ends in .onnx")
        for field in ("torch", "keras"):
            if getattr(self, field).endswith(".onnx"):
                raise FieldError(owner, field, getattr(self, field), "is an ONNX file: give it as onnx")
        if not isinstance(self.inputs, tuple):
            raise FieldError(owner, "inputs", self.inputs, 'must be a tuple of shapes such as ("1x3x224x224",)')
        if self.inputs and self.data:
            raise FieldError(owner, "data", self.data, "must be empty where inputs says shapes")
        for word in self.inputs:
            try:
                asked(word)
            except UsageError as error:
                raise FieldError(owner, "inputs", word, str(error).removeprefix(f"--input {word}: ")) from None

    @property
    def family(self) -> str:
        """The part of the name before the first ``/``."""
        return self.name.split("/")[0]

    @property
    def spelled(self) -> Mapping[str, str]:
        """The frameworks of routes that the model is spelled for, and where it is, the first one first."""
        return {framework: text for framework, field in SPELLINGS.items() if (text := getattr(self, field))}

    @property
    def first(self) -> str:
        """The framework whose spelling the others are compared with."""
        return next(iter(self.spelled))

    def typed(self, framework: str) -> str:
        """Where its spelling for a framework is, as one would type it for ``parity check`` where the case file was named."""
        text = self.spelled[framework]
        file, colon, name = text.rpartition(":") if ".py:" in text else (text, "", "")
        return text if ":" in file else f"{os.path.normpath(self.folder / file)}{colon}{name}"

    @property
    def arrays(self) -> Path | None:
        """The file of real inputs."""
        return self.folder / self.data if self.data else None

    def within(self, folder: Path) -> ModelCase:
        """The case as the file of a folder declares it."""
        return replace(self, folder=folder)


AnyCase = Case | ModelCase


def summary(case: AnyCase) -> str:
    """The layer as it is written in the case; of a network, how many layers of each kind; of one's own model, where it is."""
    if isinstance(case, ModelCase):
        return ", ".join(f"{SPELLINGS[framework]} {case.typed(framework)}" for framework in case.spelled)
    if not isinstance(case.model, Network):
        return str(case.model)
    kinds = Counter(type(node.layer).__name__ for node in case.model.nodes)
    return f"{len(case.model.nodes)} layers: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"
