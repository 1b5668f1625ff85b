"""One fault planted in what torch exports, or in what ONNX Runtime computes, for benchmarks/check.py.

The environment variable PARITY_FAULT names the fault.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from parity.routes.runtimes.onnxruntime import OnnxRuntime

SIZE = 224
HONEST = "none"
#: Of each network the faults that are planted in it.
FAULTS = {
    "simple": ("epsilon of a BatchNorm 1e-3 for 1e-5",),
    "mobilenet_v2": ("a padding on the other side",),
    "resnet18": ("a weight off by 1e-3", "a kernel of ONNX Runtime off by 1e-4"),
    "vit_tiny": ("gelu by tanh",),
}
KERNEL = FAULTS["resnet18"][1]


def plant() -> None:
    """Plant the fault that the environment names, in this process: before torch's exporter optimises, or in every session."""
    fault = os.environ.get("PARITY_FAULT", HONEST)
    if fault == HONEST or getattr(plant, "done", False):
        return
    plant.done = True  # type: ignore[attr-defined]
    if fault == KERNEL:
        import onnxruntime

        onnxruntime.InferenceSession = _slipping(onnxruntime.InferenceSession)
        return
    import torch

    honest = torch.onnx.ONNXProgram.optimize

    def optimize(program: Any) -> None:
        edit(program)
        honest(program)

    torch.onnx.ONNXProgram.optimize = optimize  # type: ignore[method-assign]


def edit(program: Any) -> None:
    """Plant the fault that the environment names in an export that is not optimised yet."""
    fault = os.environ.get("PARITY_FAULT", HONEST)
    if fault in EDITS:
        EDITS[fault](program.model)


class Planted(OnnxRuntime):
    """ONNX Runtime as parity hosts it, with the fault that the environment names."""

    def start(self, threads: int) -> None:
        super().start(threads)
        if os.environ.get("PARITY_FAULT") == KERNEL:
            plant()


def _slipping(honest: Any) -> Any:
    """Sessions whose kernel of a 7 x 7 convolution is wrong, whatever file it stands in."""

    class Slipping(honest):  # type: ignore[misc]
        def __init__(self, source: Any, *rest: Any, **options: Any) -> None:
            import onnx
            from onnx import helper, numpy_helper

            model = onnx.load_from_string(source) if isinstance(source, bytes) else onnx.load(source)
            for i, node in enumerate(model.graph.node):
                shape = next((list(a.ints) for a in node.attribute if a.name == "kernel_shape"), None)
                if node.op_type == "Conv" and shape == [7, 7]:
                    right, node.output[0] = node.output[0], "slip"
                    model.graph.initializer.append(numpy_helper.from_array(np.float32(1 + 1e-4), "slip_by"))
                    model.graph.node.insert(i + 1, helper.make_node("Mul", ["slip", "slip_by"], [right]))
                    break
            super().__init__(model.SerializeToString(), *rest, **options)

    return Slipping


def _epsilon(model: Any) -> None:
    _attribute(_last(model, "BatchNormalization"), "epsilon", 1e-3)


def _padding(model: Any) -> None:
    strided = [n for n in model.graph if n.op_type == "Conv" and list(n.attributes["strides"].value) == [2, 2]]
    _attribute(strided[-1], "pads", [0, 0, 2, 2])


def _weight(model: Any) -> None:
    import onnx_ir as ir

    stored = _last(model, "Gemm").inputs[1]
    array = stored.const_value.numpy().copy()
    array[0, 0] += 1e-3
    stored.const_value = ir.tensor(array, name=stored.name)


def _tanh(model: Any) -> None:
    _attribute(_last(model, "Gelu"), "approximate", "tanh")


def _last(model: Any, kind: str) -> Any:
    return [node for node in model.graph if node.op_type == kind][-1]


def _attribute(node: Any, name: str, value: Any) -> None:
    import onnx_ir as ir

    node.attributes[name] = ir.convenience.convert_attribute(name, value)


#: By the fault: what it does to the ``onnx_ir`` model.
EDITS: dict[str, Callable[[Any], None]] = {
    FAULTS["simple"][0]: _epsilon,
    FAULTS["mobilenet_v2"][0]: _padding,
    FAULTS["resnet18"][0]: _weight,
    FAULTS["vit_tiny"][0]: _tanh,
}
