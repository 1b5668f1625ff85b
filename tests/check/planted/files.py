"""An ONNX file of one's own, with what optimisers fuse and kernels get wrong; and another version of a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def long() -> Any:
    """An image through convolutions and pools, a layer normalisation in single operators, and a classifier."""
    node, rng = helper.make_node, np.random.default_rng(3)

    def weight(*shape: int, size: float = 0.3) -> Any:
        return (rng.standard_normal(shape) * size).astype(np.float32)

    nodes = [
        node("Conv", ["image", "w1"], ["c1"], name="conv1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["c1", "gamma", "beta", "mean", "var"], ["n1"], name="norm", epsilon=1e-5),
        node("Relu", ["n1"], ["r1"], name="relu"),
        node("Clip", ["r1", "low", "high"], ["k1"], name="limit"),
        node("AveragePool", ["k1"], ["p1"], name="pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Conv", ["p1", "w2"], ["c2"], name="conv2", pads=[1, 1, 1, 1]),
        node("Mul", ["c2", "factor"], ["m2"], name="scale"),
        node("LeakyRelu", ["m2"], ["l2"], name="leaky", alpha=0.2),
        node("Resize", ["l2", "", "scales"], ["z2"], name="resize", mode="linear", coordinate_transformation_mode="half_pixel"),
        node("GlobalAveragePool", ["z2"], ["g2"], name="average"),
        node("Flatten", ["g2"], ["f2"], name="flat"),
        node("MatMul", ["f2", "w3"], ["d3"], name="dense"),
        node("Add", ["d3", "b3"], ["a3"], name="bias"),
        node("ReduceMean", ["a3", "last"], ["mu"], name="mean"),
        node("Sub", ["a3", "mu"], ["s3"], name="centre"),
        node("Mul", ["s3", "s3"], ["q3"], name="square"),
        node("ReduceMean", ["q3", "last"], ["v3"], name="variance"),
        node("Add", ["v3", "epsilon"], ["e3"], name="epsilon"),
        node("Sqrt", ["e3"], ["t3"], name="root"),
        node("Div", ["s3", "t3"], ["h3"], name="divide"),
        node("Gemm", ["h3", "w4", "b4"], ["d4"], name="head"),
        node("Softmax", ["d4"], ["score"], name="softmax", axis=-1),
    ]  # fmt: skip
    stored = {
        "w1": weight(6, 3, 3, 3, size=0.8),
        "gamma": 1 + weight(6),
        "beta": 2 + weight(6),
        "mean": weight(6),
        "var": np.abs(weight(6)) + np.float32(0.05),
        "low": np.asarray(0, np.float32),
        "high": np.asarray(2, np.float32),
        "w2": weight(5, 6, 3, 3),
        "factor": np.asarray(0.5, np.float32),
        "scales": np.asarray([1, 1, 1.5, 2], np.float32),
        "w3": weight(5, 12),
        "b3": weight(12),
        "last": np.asarray([-1]),
        "epsilon": np.asarray(1e-3, np.float32),
        "w4": weight(12, 10),
        "b4": weight(10),
    }
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [2, 3, 12, 14])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [2, 10])
    tensors = [numpy_helper.from_array(array, name) for name, array in stored.items()]
    graph = helper.make_graph(nodes, "long", [image], [score], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def with_a_slip(model: Any) -> Any:
    """The file with one number of its second convolution another."""
    (second,) = (tensor for tensor in model.graph.initializer if tensor.name == "w2")
    changed = numpy_helper.to_array(second).copy()
    changed[1, 2, 0, 1] += 0.05
    second.CopyFrom(numpy_helper.from_array(changed, "w2"))
    return model
