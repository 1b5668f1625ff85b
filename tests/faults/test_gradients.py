"""Bugs of a backward pass, planted in real torch modules: each is caught by the gradient that is wrong, in its layer or silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parity.cases import Case, Graph, Sequential
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Flatten,
    HardTanh,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2D,
    Multiply,
    ReLU,
    Sigmoid,
    Softmax,
)
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the faults are planted in real torch modules")

IMAGE = (2, 6, 9, 11)
Edit = Callable[[Any], None]


def of(name: str, model: Any, shape: tuple[int, ...] = IMAGE, **more: Any) -> Case:
    return Case(name, model, shape, mode="gradient", **more)


def alone(layer: Layer, shape: tuple[int, ...] = IMAGE) -> Case:
    return of("alone", layer, shape)


NET = of(
    "net",
    Sequential(
        ("conv1", Conv2D(3, 6, 3, padding=1)),
        ("norm1", BatchNorm2D(6)),
        ("relu1", ReLU()),
        ("pool1", MaxPool2D(2)),
        ("conv2", Conv2D(6, 8, 3)),
        ("tanh2", HardTanh()),
        ("flatten", Flatten()),
        ("fc", Linear(8 * 3 * 4, 10)),
    ),
    (2, 3, 10, 12),
)
RESIDUAL = of(
    "residual",
    Graph(
        conv1=(Conv2D(6, 6, 3, padding=1), "input"),
        relu1=(ReLU(), "conv1"),
        conv2=(Conv2D(6, 6, 3, padding=1), "relu1"),
        gate=(Sigmoid(), "conv1"),
        scaled=(Multiply(), "conv2", "gate"),
        add=(Add(), "scaled", "input"),
    ),
)
SQUARE = of("square", Linear(12, 12), (4, 12))


def function(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """An autograd function: ``backward(dy, y, *inputs)`` gives the gradient by each input."""
    import torch

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *inputs: Any) -> Any:
            y = forward(*inputs)
            context.save_for_backward(y, *inputs)
            return y

        @staticmethod
        def backward(context: Any, dy: Any) -> Any:
            return backward(dy, *context.saved_tensors)

    return Planted.apply  # type: ignore[no-any-return]


def through(node: str, backward: Callable[..., Any]) -> Edit:
    """Another derivative of a layer without parameters: ``backward(dy, y, x)``."""

    def edit(model: Any) -> None:
        module = getattr(model, node)[0]
        module.forward = function(module.forward, backward)

    return edit


def hooked(node: str, change: Callable[[Any], Any], name: str = "weight") -> Edit:
    """Something else made of a parameter's gradient."""

    def edit(model: Any) -> None:
        parameter = getattr(getattr(model, node)[0], name)
        parameter.register_hook(lambda gradient: change(gradient))

    return edit


def cut(node: str) -> Edit:
    """A branch detached."""
    return lambda model: getattr(model, node)[0].register_forward_hook(lambda module, given, out: out.detach()) and None


def frozen(node: str, name: str = "weight") -> Edit:
    """A parameter that is left out of the backward pass."""

    def edit(model: Any) -> None:
        getattr(getattr(model, node)[0], name).requires_grad_(False)

    return edit


def halved(node: str) -> Edit:
    """What a layer hands back is halved, as by a scale that was left in."""

    def hook(module: Any, given: Any, out: Any) -> None:
        if out.requires_grad:
            out.register_hook(lambda gradient: gradient / 2)

    return lambda model: getattr(model, node)[0].register_forward_hook(hook) and None


def transposed(model: Any) -> None:
    module = model.linear[0]
    made = function(lambda x, w: x @ w.T, lambda dy, y, x, w: (dy @ w, x.T @ dy))
    module.forward = lambda x: made(x, module.weight) + module.bias


def conv(node: str, by_input: Callable[..., Any] | None = None, by_weight: Callable[..., Any] | None = None) -> Edit:
    """A convolution with another gradient: what is wrong gets the right one and what it is of."""

    def edit(model: Any) -> None:
        import torch

        module, grads = getattr(model, node)[0], torch.nn.grad
        how = (module.stride, module.padding, module.dilation, module.groups)

        def backward(dy: Any, y: Any, x: Any, w: Any) -> Any:
            dx = grads.conv2d_input(x.shape, w if by_input is None else by_input(w), dy, *how)
            dw = grads.conv2d_weight(x, w.shape, dy, *how)
            return dx, dw if by_weight is None else by_weight(dw)

        made = function(lambda x, w: torch.nn.functional.conv2d(x, w, None, *how), backward)
        module.forward = lambda x: made(x, module.weight) + module.bias.reshape(-1, 1, 1)

    return edit


def without_std(model: Any) -> None:
    """The gradient by gamma of a normalisation that was not divided."""
    module = model.norm1[0]
    std = (module.running_var + module.eps).sqrt().reshape(1, -1, 1, 1)
    mean = module.running_mean.reshape(1, -1, 1, 1)

    def backward(dy: Any, y: Any, x: Any, gamma: Any) -> Any:
        return dy * gamma.reshape(1, -1, 1, 1) / std, (dy * (x - mean)).sum((0, 2, 3))

    made = function(lambda x, gamma: (x - mean) / std * gamma.reshape(1, -1, 1, 1), backward)
    module.forward = lambda x: made(x, module.weight) + module.bias.reshape(1, -1, 1, 1)


def constant_statistics(model: Any) -> None:
    """A layer normalisation that takes its statistics for constants."""
    module = model.layernorm[0]

    def forward(x: Any) -> Any:
        axes = (1, 2, 3)
        mean, var = x.detach().mean(axes, keepdim=True), x.detach().var(axes, unbiased=False, keepdim=True)
        return (x - mean) / (var + module.eps).sqrt() * module.weight + module.bias

    module.forward = forward


def shared_out(dy: Any, y: Any, x: Any) -> Any:
    """A maximum's gradient shared out to all of its window."""
    return dy.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., : x.shape[2], : x.shape[3]] / 4


def shared_whole(dy: Any, y: Any, x: Any) -> Any:
    """A mean's, each element given all of it."""
    return dy.repeat_interleave(2, 2).repeat_interleave(2, 3)


LEAKY, SOFTMAX, AVERAGE = alone(LeakyReLU(0.3)), alone(Softmax()), alone(AvgPool2D(2), (2, 6, 8, 10))
MAXIMUM, NORM = alone(MaxPool2D(2), (2, 6, 8, 10)), alone(LayerNorm("CHW", IMAGE[1:]))
STRIDED = alone(Conv2D(6, 6, 3, stride=2, padding=1))


@pytest.mark.parametrize(
    ("case", "edit", "where", "born"),
    [
        pytest.param(*each, id=name)
        for name, *each in [
            ("slope 0.01 for 0.3", LEAKY, through("leakyrelu", lambda dy, y, x: dy * (x > 0) + dy * 0.01 * (x <= 0)), "d input", "leakyrelu"),
            ("softmax without its sum", SOFTMAX, through("softmax", lambda dy, y, x: dy * y), "d input", "softmax"),
            ("a mean without 1/n", AVERAGE, through("avgpool2d", shared_whole), "d input", "avgpool2d"),
            ("a maximum shared out", MAXIMUM, through("maxpool2d", shared_out), "d input", "maxpool2d"),
            ("statistics taken for constants", NORM, constant_statistics, "d input", "layernorm"),
            ("a weight's gradient transposed", SQUARE, transposed, "d linear.weight", "linear"),
            ("by the input of a turned kernel", STRIDED, conv("conv2d", by_input=lambda w: w.flip(2, 3)), "d input", "conv2d"),
            ("by a kernel turned", STRIDED, conv("conv2d", by_weight=lambda dw: dw.flip(2, 3)), "d conv2d.weight", "conv2d"),
            ("by a kernel with its channels swapped", STRIDED, conv("conv2d", by_weight=lambda dw: dw.transpose(0, 1)), "d conv2d.weight", "conv2d"),
            ("a ReLU that is straight through", NET, through("relu1", lambda dy, y, x: dy), "d norm1.beta", None),
            ("a clip that is straight through", NET, through("tanh2", lambda dy, y, x: dy), "d conv2.bias", None),
            ("gamma's gradient without 1/std", NET, without_std, "d norm1.gamma", "norm1"),
            ("a frozen weight", NET, frozen("conv2"), "d conv2.weight", "conv2"),
            ("a frozen bias", NET, frozen("fc", "bias"), "d fc.bias", "fc"),
            ("a bias averaged over the batch", NET, hooked("conv1", lambda g: g / 2, "bias"), "d conv1.bias", "conv1"),
            ("weight decay in the gradient", NET, hooked("conv2", lambda g: g + 1e-3), "d conv2.weight", "conv2"),
            ("a gradient kept in half", NET, hooked("fc", lambda g: g.half().float()), "d fc.weight", "fc"),
            ("a gradient clipped", NET, hooked("conv1", lambda g: g.clamp(-1, 1)), "d conv1.weight", "conv1"),
            ("a gradient halved on the way", NET, halved("pool1"), "d norm1.beta", None),
            ("a maximum shared out on the way", NET, through("pool1", shared_out), "d norm1.beta", None),
            ("by the input of a turned kernel on the way", NET, conv("conv2", by_input=lambda w: w.flip(2, 3)), "d norm1.beta", None),
            ("by the input of a turned kernel, the first", NET, conv("conv1", by_input=lambda w: w.flip(2, 3)), "d input", "conv1"),
            ("a branch cut", RESIDUAL, cut("conv2"), "d conv2.bias", None),
            ("a gate cut", RESIDUAL, cut("gate"), "d conv1.bias", None),
            ("a gate that is straight through", RESIDUAL, through("gate", lambda dy, y, x: dy), "d conv1.bias", None),
        ]
    ],
)  # fmt: skip
def test_a_wrong_gradient_is_caught_by_its_name(case: Case, edit: Edit, where: str, born: str | None) -> None:
    found = run(case, "torch", planted(model=edit))
    failure = found.check.failure
    assert failure is not None, found.check.reason
    assert (failure.probe, failure.where) == ("gradients", where), found.check.reason
    assert failure.kind in ("value", "axes")
    assert found.born == born
    probes = {figure.probe: figure.status for figure in found.check.probes}
    assert probes["data"] == "pass"  # the network itself is right
    assert all(layer.status == "pass" for layer in found.check.layers)


@pytest.mark.parametrize("route", ["torch", "tensorflow", "definition>ort", "definition>reference"])
@pytest.mark.parametrize("case", [NET, RESIDUAL, STRIDED, NORM], ids=lambda case: case.network.output.name)
def test_without_a_bug_the_same_check_passes(case: Case, route: str) -> None:
    pytest.importorskip({"tensorflow": "tensorflow", "definition>ort": "onnxruntime"}.get(route, "onnx"))
    assert run(case, route, planted()).check.status == "pass"
