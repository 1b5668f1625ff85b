"""The planted bugs: each in a real torch module, Keras model, ONNX file or answer, with what parity must say of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.cases import Case, Graph, Sequential
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    Draw,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
)

Edit = Callable[[Any], Any]


@dataclass(frozen=True)
class Fault:
    """One planted bug: where it goes, and the kind of failure and birth layer it must be given."""

    name: str
    case: Case
    route: str
    kind: str
    born: str | None = None
    where: dict[str, Edit] = field(default_factory=dict)  #: one of model=, file=, program=


IMAGE = (2, 3, 12, 10)
CONV = Case("conv", Conv2D(3, 8, 3, padding=1), IMAGE)
SAME = Case("same", Conv2D(3, 8, 3, stride=2, padding="same"), IMAGE)
WIDE = Case("wide", Conv2D(64, 64, 3, padding=1), (2, 64, 9, 8))
NORM = Case("norm", BatchNorm2D(6), (2, 6, 12, 10))
NORM100 = Case("norm100", BatchNorm2D(6), (2, 6, 12, 10), draws={"batchnorm2d.var": Draw("uniform", 100.0, 15.0)})
AVERAGE = Case("average", AvgPool2D(3, stride=2, padding=1), IMAGE)
PADDED_MAX = Case("padded-max", MaxPool2D(3, stride=2, padding=((0, 1), (1, 0))), IMAGE, mean=-3.0)
CEIL_MAX = Case("ceil-max", MaxPool2D(2, ceil_mode=True), (2, 3, 11, 9))
LEAKY = Case("leaky", LeakyReLU(), IMAGE)
SIGMOID = Case("sigmoid", Sigmoid(), IMAGE)
DENSE = Case("dense", Linear(96, 10), (4, 96))
SQUARE = Case("square", Conv2D(3, 8, 3, padding=1), (2, 3, 10, 10), equal_sizes="the fault is a swap of equal axes")
RECTANGLE = Case("rectangle", Conv2D(3, 8, 3, padding=((2, 1), (0, 1))), IMAGE)
NET = Case(
    "net",
    Sequential(
        ("conv1", Conv2D(3, 16, 3, padding=1)),
        ("norm1", BatchNorm2D(16)),
        ("relu1", ReLU()),
        ("pool1", MaxPool2D(2)),
        ("conv2", Conv2D(16, 32, 3, padding=1)),
        ("relu2", ReLU()),
        ("pool2", MaxPool2D(2)),
        ("drop", Dropout()),
        ("flatten", Flatten()),
        ("fc", Linear(32 * 4 * 3, 10)),
    ),
    (2, 3, 16, 12),
)
GRAPH = Case(
    "graph",
    Graph(
        left=(Conv2D(3, 8, 3, padding=1), "input"),
        right=(Conv2D(3, 8, 1), "input"),
        add=(Add(), "left", "right"),
        relu=(ReLU(), "add"),
        both=(Concatenate(), "relu", "right"),
        out=(Conv2D(16, 4, 1), "both"),
    ),
    IMAGE,
)


# ---- torch modules: a node's modules are model.<node>[i]


def _piece(model: Any, node: str, index: int = 0) -> Any:
    return getattr(model, node)[index]


def _weight(node: str, change: Callable[[Any], Any], name: str = "weight", index: int = 0) -> Edit:
    """Replace a stored torch tensor by ``change`` of it."""

    def edit(model: Any) -> None:
        module = _piece(model, node, index)
        state = module.state_dict()
        state[name] = change(state[name].clone())
        module.load_state_dict(state)

    return edit


def _set(node: str, index: int = 0, **attributes: Any) -> Edit:
    """Set attributes of a torch module."""

    def edit(model: Any) -> None:
        for name, value in attributes.items():
            setattr(_piece(model, node, index), name, value)

    return edit


def _after(node: str, change: Callable[[Any], Any]) -> Edit:
    """Change what a torch layer returns."""

    def edit(model: Any) -> None:
        _piece(model, node).register_forward_hook(lambda module, inputs, output: change(output))

    return edit


def _at(index: Any, value: float) -> Callable[[Any], Any]:
    def change(tensor: Any) -> Any:
        tensor[index] = value
        return tensor

    return change


def _times(index: Any, factor: float) -> Callable[[Any], Any]:
    def change(tensor: Any) -> Any:
        tensor[index] *= factor
        return tensor

    return change


def _through(dtype: str) -> Callable[[Any], Any]:
    def change(tensor: Any) -> Any:
        import torch

        return tensor.to(getattr(torch, dtype)).float()

    return change


def _gamma_beta_of_one_channel(model: Any) -> None:
    module = _piece(model, "norm1")
    gamma, beta = module.weight[3].item(), module.bias[3].item()
    module.weight.data[3], module.bias.data[3] = beta, gamma


def _channels_last_flatten(model: Any) -> None:
    _piece(model, "flatten").register_forward_pre_hook(lambda module, inputs: (inputs[0].permute(0, 2, 3, 1),))


def _leaky_instead(model: Any) -> None:
    import torch

    model.relu1[0].forward = torch.nn.functional.leaky_relu


# ---- Keras models


def _keras(kind: str, change: Callable[[Any], Any]) -> Edit:
    """Change the first layer of a class in a Keras model."""

    def edit(model: Any) -> None:
        change(next(layer for layer in model.layers if type(layer).__name__ == kind))

    return edit


def _keras_weights(kind: str, index: int, change: Callable[[Any], Any]) -> Edit:
    def replace(layer: Any) -> None:
        weights = layer.get_weights()
        weights[index] = np.ascontiguousarray(change(weights[index]))
        layer.set_weights(weights)

    return _keras(kind, replace)


def _read_as_oihw(kernel: Any) -> Any:
    """The bytes of an OIHW file read as HWIO."""
    return kernel.transpose(3, 2, 0, 1).reshape(kernel.shape)


def _dense_not_reordered(kernel: Any) -> Any:
    """The dense kernel as torch stores it, its input axis still in the order C, H, W."""
    return kernel.reshape(4, 3, 32, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def _epsilon(layer: Any) -> None:
    layer.epsilon = 1e-3


def _slope(layer: Any) -> None:
    layer.negative_slope = 0.3


# ---- ONNX files


def _node(model: Any, op: str) -> Any:
    return next(node for node in model.graph.node if node.op_type == op)


def _attribute(op: str, name: str, value: Any) -> Edit:
    def edit(model: Any) -> None:
        import onnx

        node = _node(model, op)
        kept = [a for a in node.attribute if a.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])

    return edit


def _pads_height_width_mixed(model: Any) -> None:
    node = _node(model, "Conv")
    attribute = next(a for a in node.attribute if a.name == "pads")
    top, left, bottom, right = attribute.ints
    attribute.ints[:] = [top, bottom, left, right]


def _gamma_beta_swapped(model: Any) -> None:
    node = _node(model, "BatchNormalization")
    node.input[1], node.input[2] = node.input[2], node.input[1]


def _bias_dropped(model: Any) -> None:
    del _node(model, "Conv").input[2]


def _initializer(rank: int, change: Callable[[Any], Any]) -> Edit:
    def edit(model: Any) -> None:
        import onnx

        stored = next(i for i in model.graph.initializer if len(i.dims) == rank)
        values = np.ascontiguousarray(change(onnx.numpy_helper.to_array(stored).copy()))
        stored.CopyFrom(onnx.numpy_helper.from_array(values, stored.name))

    return edit


def _cast_output(dtype: str) -> Edit:
    """A Cast behind the last node: right values in another dtype."""

    def edit(model: Any) -> None:
        import onnx

        kind = getattr(onnx.TensorProto, dtype)
        output = model.graph.output[0]
        for node in model.graph.node:
            node.output[:] = [name + "_raw" if name == output.name else name for name in node.output]
        model.graph.node.append(onnx.helper.make_node("Cast", [output.name + "_raw"], [output.name], to=kind))
        output.type.tensor_type.elem_type = kind

    return edit


def _last_output_lost(model: Any) -> None:
    """The tapped twin loses its last output."""
    if len(model.graph.output) > 1:
        del model.graph.output[-1]


# ---- answers of a program


def _answer(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Edit:
    def edit(program: Any) -> Any:
        return lambda x: change(program(x))

    return edit


def _another_input(program: Any) -> Any:
    """A route that answers with the result of another image."""
    return lambda x: program(x[::-1].copy())


def _stale_answer(program: Any) -> Any:
    """A route that answers every question with its first answer."""
    kept: list[Any] = []

    def run(x: Any) -> Any:
        if not kept:
            kept.append(program(np.zeros_like(x)))
        return copy.deepcopy(kept[0])

    return run


def _rows(count: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda outputs: tuple(out[:count] for out in outputs)


def _training(model: Any) -> None:
    model.train()


def _dropping(model: Any) -> None:
    model.drop.train()


def _pad_zero(model: Any) -> None:
    _piece(model, "maxpool2d").value = 0.0


FAULTS = [
    # kernels and weights
    Fault("kernel height and width swapped", CONV, "torch", "value", "conv2d", {"model": _weight("conv2d", lambda w: w.transpose(2, 3).contiguous())}),
    Fault("kernel flipped (convolution for correlation)", CONV, "torch", "value", "conv2d", {"model": _weight("conv2d", lambda w: w.flip(2, 3))}),
    Fault("OIHW bytes read as HWIO", CONV, "tensorflow", "value", "conv2d", {"model": _keras_weights("Conv2D", 0, _read_as_oihw)}),
    Fault("RGB read as BGR", CONV, "tensorflow", "value", "conv2d", {"model": _keras_weights("Conv2D", 0, lambda k: k[:, :, ::-1])}),
    Fault("two filters exchanged in the file", CONV, "torch>ort", "value", "conv2d", {"file": _initializer(4, lambda w: w[[1, 0, *range(2, 8)]])}),
    Fault("one bias dropped", CONV, "torch", "value", "conv2d", {"model": _weight("conv2d", _at(2, 0.0), "bias")}),
    Fault("the bias missing from the file", CONV, "torchscript>ort", "value", "conv2d", {"file": _bias_dropped}),
    Fault("one weight off by 1e-4", CONV, "torch", "value", "conv2d", {"model": _weight("conv2d", _times((1, 2, 0, 1), 1.0001))}),
    Fault("one of 36864 weights off by 1e-4", WIDE, "torch>ort", "inexact", "conv2d", {"file": _initializer(4, lambda w: w * np.where(np.arange(w.size).reshape(w.shape) == 7777, np.float32(1.0001), np.float32(1)))}),
    Fault("one dense weight off by 1e-4", DENSE, "tensorflow", "value", "linear", {"model": _keras_weights("Dense", 0, lambda k: k * np.where(np.arange(k.size).reshape(k.shape) == 123, np.float32(1.0001), np.float32(1)))}),
    Fault("weights through fp16", WIDE, "torch", "value", "conv2d", {"model": _weight("conv2d", _through("float16"))}),
    Fault("weights through bf16 in the file", WIDE, "torchscript>ort", "value", "conv2d", {"file": _initializer(4, lambda w: (w.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32))}),
    Fault("one layer of a network through fp16", NET, "torch", "value", "conv2", {"model": _weight("conv2", _through("float16"))}),
    Fault("dense layer scaled by 1.0001", NET, "torch", "value", "fc", {"model": _weight("fc", lambda w: w * 1.0001)}),
    # padding and windows
    Fault("same padded at the top and left", SAME, "torch", "value", "conv2d", {"model": _set("conv2d", padding=(1, 0, 1, 0))}),
    Fault("same padded at the wrong side in the file", SAME, "tensorflow>ort", "value", "conv2d", {"file": _attribute("Conv", "pads", [1, 1, 0, 0])}),
    Fault("pads of height and width mixed up", RECTANGLE, "tensorflow>ort", "onnx-invalid", "conv2d", {"file": _pads_height_width_mixed}),
    Fault("padded average divided by the wrong count", AVERAGE, "torch", "value", "avgpool2d", {"model": _set("avgpool2d", count_include_pad=False)}),
    Fault("count_include_pad lost in the file", AVERAGE, "torch>ort", "value", "avgpool2d", {"file": _attribute("AveragePool", "count_include_pad", 0)}),
    Fault("max pool padded with zeros", PADDED_MAX, "torch", "value", "maxpool2d", {"model": _pad_zero}),
    Fault("ceil_mode lost in the file", CEIL_MAX, "torch>ort", "onnx-invalid", "maxpool2d", {"file": _attribute("MaxPool", "ceil_mode", 0)}),
    # normalisation and activations
    Fault("eps 1e-3 for 1e-5 at variance 1", NORM, "torch", "value", "batchnorm2d", {"model": _set("batchnorm2d", eps=1e-3)}),
    Fault("eps 1e-3 for 1e-5 at variance 100", NORM100, "tensorflow", "value", "batchnorm2d", {"model": _keras("BatchNormalization", _epsilon)}),
    Fault("eps 1e-3 for 1e-5 in a network", NET, "tensorflow", "value", "norm1", {"model": _keras("BatchNormalization", _epsilon)}),
    Fault("gamma and beta swapped in the file", NORM, "torch>ort", "value", "batchnorm2d", {"file": _gamma_beta_swapped}),
    Fault("gamma and beta of one channel swapped", NET, "torch", "value", "norm1", {"model": _gamma_beta_of_one_channel}),
    Fault("running mean never loaded", NORM, "torch", "value", "batchnorm2d", {"model": _weight("batchnorm2d", lambda m: m * 0, "running_mean")}),
    Fault("batch statistics at inference", NORM, "torch", "value", "batchnorm2d", {"model": _training}),
    Fault("slope 0.3 for 0.01", LEAKY, "tensorflow", "value", "leakyrelu", {"model": _keras("LeakyReLU", _slope)}),
    Fault("slope 0.011 for 0.01 in the file", LEAKY, "torchscript>ort", "value", "leakyrelu", {"file": _attribute("LeakyRelu", "alpha", 0.011)}),
    Fault("leaky ReLU for ReLU in a network", NET, "torch", "value", "relu1", {"model": _leaky_instead}),
    Fault("hard sigmoid for sigmoid", SIGMOID, "torch", "value", "sigmoid", {"model": _after("sigmoid", lambda y: (y - 0.5) * 0.999 + 0.5)}),
    Fault("dropout active at inference", NET, "torch", "value", "drop", {"model": _dropping}),
    # wiring and axes
    Fault("flatten in the order H, W, C", NET, "torch", "value", "flatten", {"model": _channels_last_flatten}),
    Fault("dense kernel not reordered after flatten", NET, "tensorflow", "value", "fc", {"model": _keras_weights("Dense", 0, _dense_not_reordered)}),
    Fault("equal axes swapped", SQUARE, "torch", "axes", "conv2d", {"model": _after("conv2d", lambda y: y.transpose(2, 3))}),
    Fault("one branch of a sum scaled", GRAPH, "torch", "value", "right", {"model": _after("right", lambda y: y * 1.001)}),
    Fault("branches concatenated in the other order", GRAPH, "torchscript>ort", "value", "both", {"file": lambda model: _node(model, "Concat").input.reverse()}),
    # structure
    Fault("one NaN", CONV, "torch", "nan", "conv2d", {"model": _after("conv2d", lambda y: y.index_fill(3, y.new_tensor([4]).long(), float("nan")))}),
    Fault("an overflow to infinity", CONV, "torch", "infinity", "conv2d", {"model": _after("conv2d", lambda y: y / 0)}),
    Fault("right values as float64 from torch", CONV, "torch", "dtype", "conv2d", {"model": _after("conv2d", lambda y: y.double())}),
    Fault("right values as float64 in the file", CONV, "torch>ort", "dtype", "conv2d", {"file": _cast_output("DOUBLE")}),
    Fault("right values as float16 in the file", CONV, "tensorflow>ort", "dtype", "conv2d", {"file": _cast_output("FLOAT16")}),
    Fault("one row that would broadcast", CONV, "torch", "shape", "conv2d", {"program": _answer(_rows(1))}),
    Fault("an empty answer", CONV, "torch>ort", "empty", "conv2d", {"program": _answer(_rows(0))}),
    Fault("no output", CONV, "torch", "output-missing", None, {"program": _answer(lambda outputs: ())}),
    Fault("an output too many", CONV, "torch>ort", "output-extra", None, {"program": _answer(lambda outputs: (*outputs, outputs[0]))}),
    Fault("a layer's output lost from the twin", NET, "torch>ort", "output-missing", None, {"file": _last_output_lost}),
    Fault("a tap that no layer gave", NET, "tensorflow", "unmatched-layer", None, {"program": _answer(lambda outputs: (*outputs, outputs[0]) if len(outputs) > 1 else outputs)}),
    Fault("the answer to another image", CONV, "torch>ort", "value", "conv2d", {"program": _another_input}),
    Fault("the first answer given every time", NET, "torch>ort", "value", "conv1", {"program": _stale_answer}),
]  # fmt: skip
