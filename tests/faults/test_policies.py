"""Faults under a policy of two types, planted in torch and Keras: each is found, and what rounds as an honest kernel may is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from parity.cases import Case, Graph, Network, Sequential
from parity.layers import Add, AvgPool3D, BatchNorm2D, Conv2D, Conv3D, Layer, LayerNorm, Linear, Pad2D, ReLU, Softmax
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the faults are planted in real modules")
pytest.importorskip("tensorflow", reason="the faults are planted in real models")

IMAGE = (2, 3, 11, 14)
Hook = Callable[
    [Any, Any], Any
]  #: what a module makes of its input, outside of autocast, in the place of its honest output
CONV, DENSE = Conv2D(3, 5, 3, padding=1, bias=False), Linear(37, 10)
NORMED = Sequential(Conv2D(3, 5, 3, padding=1), BatchNorm2D(5), ReLU())
SCORES = Sequential(Linear(37, 41), Softmax(-1))
ALIKE = Sequential(
    Linear(37, 1000, bias=False), Softmax(-1)
)  #: of scores near 0, so that a thousand alike are added up
BRANCHES = Graph(conv=(Conv2D(3, 3, 3, padding=1), "input"), add=(Add(), "conv", "input"), relu=(ReLU(), "add"))
MIRRORED = Sequential(Conv2D(3, 5, 3), Pad2D(1, "reflect"))
VOLUME = Sequential(Conv3D(3, 4, 3, padding=1), AvgPool3D(2))


@dataclass(frozen=True)
class Fault:
    """A slip in the module of torch of this class."""

    model: Layer | Network
    of: str
    hook: Hook
    kind: str | None = "value"


def low(x: Any) -> Any:
    return x.bfloat16()


def in_float32(module: Any, x: Any) -> Any:
    return module.forward(x.float())


def with_weights(changed: Callable[[Any], Any], then: Callable[[Any], Any] = low) -> Hook:
    """Everything in float32 of what was read, in bfloat16, and of parameters that were rounded in another way; stored once."""

    def hook(module: Any, x: Any) -> Any:
        other = copy.deepcopy(module)
        for value in other.parameters():
            value.copy_(changed(value))
        return then(other.forward(low(x).float()))

    return hook


def cut(x: Any) -> Any:
    """float32 cut off after 16 bits, which is not how bfloat16 rounds."""
    import torch

    return (x.contiguous().view(torch.int32) & -65536).view(torch.float32)


def added_in_half(module: Any, x: Any) -> Any:
    total = low(module.bias)
    for i in range(x.shape[1]):
        total = total + low(x[:, i : i + 1]) * low(module.weight[:, i])
    return total


def normalised_in_half(module: Any, x: Any) -> Any:
    """The folded form, every step of it stored."""
    gamma, beta, mean, var = map(low, (module.weight, module.bias, module.running_mean, module.running_var))
    scale = gamma / (var + module.eps).sqrt()
    return x * scale.reshape(1, -1, 1, 1) + (beta - mean * scale).reshape(1, -1, 1, 1)


def softmax_in_half(module: Any, x: Any) -> Any:
    raised = (x - x.amax(-1, keepdim=True)).exp()
    total = raised[:, :1]
    for i in range(1, raised.shape[1]):
        total = total + raised[:, i : i + 1]
    return raised / total


FAULTS = {
    "a convolution is left in float32": Fault(CONV, "Conv2d", in_float32, "dtype"),
    "a convolution is left in float32 and its answer is stored": Fault(
        CONV, "Conv2d", lambda m, x: low(in_float32(m, x))
    ),
    "weights are cut off and not rounded": Fault(CONV, "Conv2d", with_weights(cut)),
    "weights go through float16": Fault(CONV, "Conv2d", with_weights(lambda w: low(w.half()).float())),
    "weights are not cast": Fault(CONV, "Conv2d", with_weights(lambda w: w)),
    "a dense layer is added up in bfloat16": Fault(DENSE, "Linear", added_in_half),
    "a normalisation is of parameters in bfloat16": Fault(
        NORMED, "BatchNorm2d", with_weights(lambda w: low(w).float())
    ),
    "a normalisation rounds every step": Fault(NORMED, "BatchNorm2d", normalised_in_half),
    "a softmax of a thousand alike is added up in bfloat16": Fault(ALIKE, "Softmax", softmax_in_half),
    "a softmax gives float32, as it does on cuda": Fault(SCORES, "Softmax", in_float32, "dtype"),
    "what was promoted is stored in bfloat16": Fault(BRANCHES, "ReLU", lambda m, x: low(x.relu()), "dtype"),
    "a mirrored border stays in bfloat16": Fault(MIRRORED, "ReflectionPad2d", lambda m, x: m.forward(x), "dtype"),
    "a mean of a volume is taken in bfloat16": Fault(
        VOLUME, "AvgPool3d", lambda m, x: low(m.forward(x.float())), "dtype"
    ),
    "a mean of a volume is stored in bfloat16 on the way": Fault(
        VOLUME, "AvgPool3d", lambda m, x: low(m.forward(x.float())).float()
    ),
}

#: What an honest kernel of halves may do is not told from it: a sum may be stored before its bias is added, and an activation of few
#: numbers is computed in the type that is stored.
UNSEEN = {
    "an answer goes through float16": Fault(
        DENSE, "Linear", with_weights(lambda w: low(w).float(), lambda y: low(y.half()))
    ),
    "a softmax of 41 is added up in bfloat16": Fault(SCORES, "Softmax", softmax_in_half),
}

HONEST = {
    "a convolution in float32 of what was cast": Fault(CONV, "Conv2d", with_weights(lambda w: low(w).float())),
    "a normalisation in float64": Fault(
        NORMED,
        "BatchNorm2d",
        lambda m, x: low(copy.deepcopy(m).double().forward(x.double()).float()),
    ),
    "a softmax in float32, stored once": Fault(SCORES, "Softmax", lambda m, x: low(m.forward(x.float()))),
}


def case_of(model: Layer | Network, shape: tuple[int, ...] = ()) -> Case:
    usual = {DENSE: (4, 37), SCORES: (4, 37), ALIKE: (4, 37), VOLUME: (2, 3, 5, 7, 9)}
    return Case("policy/planted", model, shape or usual.get(model, IMAGE), scale=0.01 if model is ALIKE else 1.0)


def edited(fault: Fault) -> Callable[[Any], None]:
    import torch

    def hook(module: Any, x: tuple[Any, ...], y: Any) -> Any:
        with torch.autocast("cpu", enabled=False):
            return fault.hook(module, x[0])

    def edit(model: Any) -> None:
        for module in model.modules():
            if type(module).__name__ == fault.of:
                module.register_forward_hook(hook)

    return edit


def found(fault: Fault, seed: int) -> Any:
    return run(case_of(fault.model), "torch+autocast", planted(model=edited(fault), only=frozenset({"torch"})), seed)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_under_autocast_is_found(name: str) -> None:
    said = found(FAULTS[name], 0)
    assert said.kind == FAULTS[name].kind, said.check.reason


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", [*HONEST, *UNSEEN])
def test_honest_rounding_under_autocast_is_not(name: str, seed: int) -> None:
    said = found((HONEST | UNSEEN)[name], seed)
    assert said.check.status == "pass", said.check.reason


def test_another_type_than_is_documented_is_found() -> None:
    def half(model: Any) -> None:
        model.low = "float16"

    said = run(case_of(CONV), "torch+autocast", planted(model=half, only=frozenset({"torch"})))
    assert said.kind == "dtype", said.check.reason


@pytest.mark.parametrize("model", [CONV, NORMED, SCORES, BRANCHES, MIRRORED, VOLUME, DENSE], ids=str)
def test_torch_itself_passes(model: Layer | Network) -> None:
    said = run(case_of(model), "torch+autocast", planted())
    assert said.check.status == "pass", said.check.reason


# ---- Keras ----------------------------------------------------------------------------------------------------------


def with_policy(name: str, of: str = "") -> Callable[[Any], None]:
    """The layers of a class, or all, have another dtype policy than the one that was set."""

    def edit(model: Any) -> None:
        for layer in model.layers:
            if type(layer).__name__ == of or not of:
                layer.dtype_policy = name

    return edit


def variables_cast(model: Any) -> None:
    """Normalisations cast their variables, as other layers do."""
    import tensorflow as tf

    for layer in model.layers:
        if "Normalization" in type(layer).__name__:
            for variable in layer.variables:
                variable.assign(tf.cast(tf.cast(variable.value, layer.compute_dtype), "float32"))


def inputs_cast(model: Any) -> None:
    """Normalisations by the sample cast what they read, as other layers do."""
    for layer in model.layers:
        layer.autocast = True


KERAS = {
    "a convolution computes in float32": (NORMED, with_policy("float32", "Conv2D"), "dtype"),
    "another type than is asked for": (NORMED, with_policy("mixed_bfloat16"), "dtype"),
    "a normalisation casts its variables": (NORMED, variables_cast, "value"),
    "a normalisation by the sample casts what it reads": (LayerNorm("W", 14), inputs_cast, "value"),
}


@pytest.mark.parametrize("name", KERAS)
def test_a_fault_under_a_policy_of_keras_is_found(name: str) -> None:
    model, edit, kind = KERAS[name]
    assert run(case_of(model), "tensorflow+mixed_float16", planted()).check.status == "pass"
    said = run(case_of(model), "tensorflow+mixed_float16", planted(model=edit, only=frozenset({"tensorflow"})))
    assert said.kind == kind, said.check.reason
