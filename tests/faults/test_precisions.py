"""Faults of stored types, planted in torch: each is found, and what rounds as an honest kernel may is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from parity.cases import Case, Network, Sequential
from parity.layers import BatchNorm2D, Conv2D, Layer, LayerNorm, Linear, MaxPool2D, Mean, ReLU, Tanh
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the faults are planted in real torch modules")

IMAGE = (2, 3, 11, 14)
Hook = Callable[[Any, tuple[Any, ...], Any], Any]
CONV, NORM = Conv2D(3, 5, 3, padding=1), BatchNorm2D(3, eps=1e-3)
DENSE, PLAIN = Linear(37, 10), Linear(37, 10, bias=False)
NET = Sequential(Conv2D(3, 6, 3, padding=1), BatchNorm2D(6), ReLU(), MaxPool2D(2))


@dataclass(frozen=True)
class Fault:
    """A slip in the layer of this class: what it makes of the module, its input and its honest output."""

    precision: str
    layer: Layer | Network
    of: str
    hook: Hook
    kind: str = "value"


def cast(x: Any, *names: str) -> Any:
    """Through other types and back."""
    import torch

    y = x
    for name in names:
        y = y.to(getattr(torch, name))
    return y.to(x.dtype)


def float32_out(module: Any, x: tuple[Any, ...], y: Any) -> Any:
    return y.float()


def weights_through(*names: str) -> Hook:
    """The parameters are rounded to another type before they are used, and the rest is as it should be."""

    def hook(module: Any, x: tuple[Any, ...], y: Any) -> Any:
        import torch

        with torch.no_grad():
            stored = {name: value.clone() for name, value in module.state_dict().items()}
            for value in module.parameters():
                value.copy_(cast(value, *names))
            made = module.forward(*x)
            module.load_state_dict(stored)
        return made

    return hook


def output_through(*names: str) -> Hook:
    return lambda module, x, y: cast(y, *names)


def computed_in(name: str) -> Hook:
    """All of it in another type, and then back."""

    def hook(module: Any, x: tuple[Any, ...], y: Any) -> Any:
        import copy

        import torch

        other = copy.deepcopy(module).to(getattr(torch, name))
        return other.forward(*(v.to(getattr(torch, name)) for v in x)).to(y.dtype)

    return hook


def added_in_half(module: Any, x: tuple[Any, ...], y: Any) -> Any:
    """A dense layer as one running sum in the stored type."""
    import torch

    total = torch.zeros_like(y)
    for i in range(x[0].shape[1]):
        total = total + (x[0][:, i : i + 1] * module.weight[:, i])
    return total + module.bias


def truncated(module: Any, x: tuple[Any, ...], y: Any) -> Any:
    """float32 cut off after 16 bits, which is not how bfloat16 rounds."""
    import torch

    wide = torch.nn.functional.linear(x[0].float(), module.weight.float())
    return (wide.view(torch.int32) & -65536).view(torch.float32).to(y.dtype)


def without_epsilon(module: Any, x: tuple[Any, ...], y: Any) -> Any:
    """An epsilon of a type in which it is 0."""
    module.eps, kept = 0.0, module.eps
    made = module.forward(*x)
    module.eps = kept
    return made


def normalised_in_half(module: Any, x: tuple[Any, ...], y: Any) -> Any:
    """The folded form, every step of it stored."""
    scale = module.weight / (module.running_var + module.eps).sqrt()
    shift = module.bias - module.running_mean * scale
    return x[0] * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)


FAULTS = {
    "a dense layer of float16 gives float32": Fault("float16", DENSE, "Linear", float32_out, "dtype"),
    "a convolution of bfloat16 gives float32": Fault("bfloat16", CONV, "Conv2d", float32_out, "dtype"),
    "weights of float16 were bfloat16": Fault("float16", CONV, "Conv2d", weights_through("bfloat16")),
    "weights of float64 were float32": Fault("float64", CONV, "Conv2d", weights_through("float32")),
    "a result of float64 went through float16": Fault("float64", DENSE, "Linear", output_through("float16")),
    "a result of float64 went through float32": Fault("float64", DENSE, "Linear", output_through("float32")),
    "a dense layer of float64 is computed in float32": Fault("float64", DENSE, "Linear", computed_in("float32")),
    "statistics of float64 are taken in float32": Fault(
        "float64", LayerNorm("W", 14), "LayerNorm", computed_in("float32")
    ),
    "a result of float16 went through bfloat16": Fault("float16", DENSE, "Linear", output_through("bfloat16")),
    "a dense layer of float16 is added up in float16": Fault("float16", DENSE, "Linear", added_in_half),
    "a dense layer of bfloat16 is added up in bfloat16": Fault("bfloat16", DENSE, "Linear", added_in_half),
    "bfloat16 is cut off and not rounded": Fault("bfloat16", PLAIN, "Linear", truncated),
    "an epsilon vanishes in float16": Fault("float16", NORM, "BatchNorm2d", without_epsilon),
    "an epsilon vanishes in bfloat16": Fault("bfloat16", NORM, "BatchNorm2d", without_epsilon),
    "a normalisation of float16 rounds every step": Fault("float16", NORM, "BatchNorm2d", normalised_in_half),
    "a layer inside a network of float16 gives float32": Fault("float16", NET, "BatchNorm2d", float32_out, "dtype"),
}

HONEST = {
    "computed in float32 and rounded once": Fault("float16", DENSE, "Linear", computed_in("float32")),
    "computed in float64, rounded to float32 and then to float16": Fault(
        "float16",
        CONV,
        "Conv2d",
        lambda module, x, y: computed_in("float64")(module, x, y.double()).float().to(y.dtype),
    ),
    "a convolution of bfloat16 in float32": Fault("bfloat16", CONV, "Conv2d", computed_in("float32")),
    "a normalisation of bfloat16 in float32": Fault("bfloat16", NORM, "BatchNorm2d", computed_in("float32")),
    "a tanh of float16 in float64": Fault("float16", Tanh(), "Tanh", computed_in("float64")),
    "weights of float16 that were float32": Fault("float16", CONV, "Conv2d", weights_through("float32")),
}


def case_of(fault: Fault) -> Case:
    return Case(
        "precision/planted",
        fault.layer,
        (4, 37) if isinstance(fault.layer, Linear) else IMAGE,
        precision=fault.precision,
    )


def edited(fault: Fault) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        for module in model.modules():
            if type(module).__name__ == fault.of:
                module.register_forward_hook(fault.hook)

    return edit


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str, seed: int) -> None:
    fault = FAULTS[name]
    found = run(case_of(fault), "torch", planted(model=edited(fault), only=frozenset({"torch"})), seed)
    assert found.kind == fault.kind, found.check.reason


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", HONEST)
def test_honest_rounding_is_not(name: str, seed: int) -> None:
    fault = HONEST[name]
    found = run(case_of(fault), "torch", planted(model=edited(fault), only=frozenset({"torch"})), seed)
    assert found.kind is None, found.check.reason


@pytest.mark.parametrize("seed", [0, 1])
def test_a_mean_that_is_added_up_in_half_is_found(seed: int) -> None:
    import torch

    def halved(program: Any) -> Any:
        def run(x: Any) -> tuple[Any, ...]:
            flat, total = torch.from_numpy(x).reshape(*x.shape[:2], -1), 0
            for i in range(flat.shape[2]):
                total = total + flat[:, :, i]
            return ((total / flat.shape[2]).numpy(),)

        return run

    case = Case("precision/planted", Mean("hw"), (2, 3, 31, 34), precision="float16", mean=3.0)
    assert run(case, "torch", planted(), seed).kind is None
    assert run(case, "torch", planted(program=halved, only=frozenset({"torch"})), seed).kind == "value"
