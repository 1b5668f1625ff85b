"""A port with something planted, checked against its network, and what was said of it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import parity
from parity.records.difference import Difference
from parity.records.pair import PairCheck
from tests.ports.faults import Fault


@dataclass(frozen=True)
class Judged:
    """right: planted places that were named; wrong: what was named and is none; looks: places that look like what they are."""

    verdict: str
    right: int
    wrong: int
    looks: int
    planted: int
    said: tuple[str, ...]
    left: int
    seconds: float


@cache
def network(name: str) -> Any:
    """The torch network, and its weights by name."""
    from tests.ports import torch_nets

    made = torch_nets.build(name)
    return made, {key: value.numpy() for key, value in made.state_dict().items()}


def checked(name: str, options: Mapping[str, Any]) -> PairCheck:
    """The document of ``parity check`` for a network and its port."""
    import torch._dynamo  # noqa: F401 - before TensorFlow, which ends the process otherwise

    from tests.ports import keras_nets

    net, weights = network(name)
    with TemporaryDirectory() as folder:
        modules = options.get("in_training")
        other = (
            keras_nets.build(name, weights, **options) if modules is None else in_training(name, modules, Path(folder))
        )
        found = parity.check(net, other, inputs="2x3x32x32").document
    assert isinstance(found, PairCheck)
    return found


def in_training(name: str, modules: Sequence[str], folder: Path) -> Path:
    """The network as a file, exported with some of its modules in training."""
    import torch

    from tests.ports import torch_nets

    made = torch_nets.build(name)
    for module in modules:
        made.get_submodule(module).train()
    how = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False, "dynamo": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(made, (torch.rand(2, 3, 32, 32),), folder / "net.onnx", input_names=["image"], **how)
    return folder / "net.onnx"


def judged(fault: Fault) -> Judged:
    """What a check said of a fault, beside what was planted."""
    found = checked(fault.network, fault.options)
    right, looks, wrong, open_ = 0, 0, 0, list(zip(fault.at, fault.looks, strict=True))
    for each in found.differences:
        names = layers_of(each)
        hit = next((place for place in open_ if names & set(place[0])), None)
        if hit is None:
            wrong += 1
            continue
        open_.remove(hit)
        right += 1
        looks += bool(hit[1]) and hit[1] in each.looks
    said = tuple(f"{'/'.join(sorted(layers_of(each)))}: {each.looks or '-'}" for each in found.differences)
    return Judged(found.status, right, wrong, looks, len(fault.at), said, found.left, found.seconds)


def layers_of(found: Difference) -> set[str]:
    """The module of the first and the layer of the second that a difference is said of."""
    one = {found.one.module} if found.one is not None else set()
    return one | ({found.two.module} if found.two is not None else set())
