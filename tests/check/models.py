"""Small models of a person's own: one that torch exports, one made by hand with several inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(5)


def weight(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def exported(path: Path, size: int = 12) -> Path:
    """A convolution, BatchNorm, ReLU and a dense layer, by torch's dynamo exporter; ten classes."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.norm = nn.BatchNorm2d(8)
            self.head = nn.Linear(8, 10)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.norm(self.conv(x)))
            x = x.mean((2, 3))
            return self.head(x)  # the line that is shown

    torch.manual_seed(0)
    net = Net()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(4, 3, size, size + 2))
    image = torch.randn(2, 3, size, size + 2)
    torch.onnx.export(net.eval(), (image,), path, dynamo=True, external_data=False, verbose=False)
    return path


def made(nodes: list[Any], inputs: list[Any], outputs: list[str], stored: dict[str, Any]) -> Any:
    infos = [onnx.ValueInfoProto(name=name) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()]
    graph = helper.make_graph(nodes, "g", inputs, infos, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def value(name: str, kind: int, shape: list[Any]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def several(rows: int = 7) -> Any:
    """Words looked up, a mask, features and a switch in; a score and the place of the largest out."""
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], name="look"),
        helper.make_node("Cast", ["mask"], ["kept"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["kept", "last"], ["wide"], name="widen"),
        helper.make_node("Mul", ["rows", "wide"], ["masked"], name="masked"),
        helper.make_node("ReduceSum", ["masked", "axis"], ["summed"], name="sum", keepdims=0),
        helper.make_node("Concat", ["summed", "features"], ["joined"], name="join", axis=1),
        helper.make_node("MatMul", ["joined", "dense"], ["raw"], name="dense"),
        helper.make_node("Neg", ["raw"], ["negated"], name="negate"),
        helper.make_node("Where", ["switch", "raw", "negated"], ["score"], name="choose"),
        helper.make_node("ArgMax", ["score"], ["best"], name="best", axis=1, keepdims=0),
    ]
    inputs = [
        value("ids", TensorProto.INT64, ["n", "t"]),
        value("mask", TensorProto.INT64, ["n", "t"]),
        value("features", TensorProto.FLOAT, ["n", 3]),
        value("switch", TensorProto.BOOL, ["n", 1]),
    ]
    stored = {
        "table": weight(rows, 5),
        "last": np.array([2]),
        "axis": np.array([1]),
        "dense": weight(8, 4),
    }
    return made(nodes, inputs, ["score", "best"], stored)


def chain() -> Any:
    """Two convolutions with a ReLU between, a mean and a dense layer; the sizes of the image are free."""
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "w2"], ["c"], name="second", pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["c"], ["p"], name="pool"),
        helper.make_node("Flatten", ["p"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "w3", "bias"], ["y"], name="head"),
    ]
    inputs = [value("x", TensorProto.FLOAT, [1, 3, "height", "width"])]
    stored = {"w1": weight(6, 3, 3, 3), "w2": weight(5, 6, 3, 3), "w3": weight(5, 11), "bias": weight(11)}
    return made(nodes, inputs, ["y"], stored)


def saved(model: Any, path: Path) -> Path:
    onnx.save(model, path)
    return path
