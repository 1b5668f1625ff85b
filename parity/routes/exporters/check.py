"""Whether an exported file is a valid ONNX model that declares what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from parity.axes import Shape
from parity.operators.formats import numpy_type
from parity.records.verdict import Kind

Inferred = Literal["right", "wrong"]


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a file before it is run.

    inferred: where shapes are at odds, whether those that ONNX's shape inference gives by itself, whatever the file
    declares, are the expected ones; None where it cannot say, or where something else is wrong.
    """

    kind: Kind
    message: str
    inferred: Inferred | None = None


def check_file(
    path: Path, shapes: Sequence[Shape], dtypes: Sequence[str] = (), fed: Sequence[str] = ()
) -> Complaint | None:
    """What keeps a file from passing the ONNX checker with strict shape inference and declaring ``shapes``; None if nothing.

    ``shapes`` are those of the outputs in order, in the axes of the exporting framework, and ``dtypes`` their stored types,
    all float32 where none are given; ``fed`` are the types of what the file is given, not asked where there are none. A
    dimension that the file leaves open (a symbol, or nothing) declares nothing and is left to the comparison of what is
    really computed.
    """
    import onnx

    try:
        onnx.checker.check_model(str(path), full_check=True)
    except onnx.checker.ValidationError as error:
        return Complaint("onnx-invalid", f"{path.name}: {_first_line(error)}")
    except onnx.shape_inference.InferenceError as error:
        return Complaint("onnx-invalid", f"{path.name}: {_first_line(error)}", _inferred(path, shapes))
    graph = onnx.load(path, load_external_data=False).graph
    if len(graph.output) != len(shapes):
        kind: Kind = "output-missing" if len(graph.output) < len(shapes) else "output-extra"
        return Complaint(kind, f"{path.name} declares {len(graph.output)} outputs, expected {len(shapes)}")
    for output, shape, dtype in zip(graph.output, shapes, dtypes or ["float32"] * len(shapes), strict=True):
        if at_odds := _at_odds(output, dtype):
            return Complaint("dtype", f"{path.name}: output {at_odds}")
        declared = _declared(output)
        if not _fits(declared, shape):
            said = f"{path.name}: output {output.name} declares {declared}, expected {list(shape)}"
            return Complaint("onnx-shape", said, _inferred(path, shapes))
    # Of a model whose answers are whole numbers, what it reads is all that shows its type; an evaluator may not look at it.
    weights = {array.name for array in graph.initializer}
    inputs = [each for each in graph.input if each.name not in weights]
    for each, dtype in zip(inputs, fed, strict=False):  # how many there are is the runtime's to say
        if at_odds := _at_odds(each, dtype):
            return Complaint("dtype", f"{path.name}: input {at_odds}")
    return None


def _at_odds(value: Any, dtype: str) -> str:
    """Which type an input or output declares, where it is another than this; empty where it is this."""
    import onnx

    named = onnx.TensorProto.DataType.Name
    stored, expected = value.type.tensor_type.elem_type, onnx.helper.np_dtype_to_tensor_dtype(numpy_type(dtype))
    return "" if stored == expected else f"{value.name} declares {named(stored)}, expected {named(expected)}"


def _inferred(path: Path, shapes: Sequence[Shape]) -> Inferred | None:
    """Whether shape inference gives ``shapes`` when the file declares no shape but those of its inputs."""
    import onnx

    model = onnx.load(path)
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    try:
        outputs = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph.output
    except onnx.shape_inference.InferenceError:
        return None
    found = [_declared(output) for output in outputs]
    if len(found) != len(shapes):
        return None
    if not all(map(_fits, found, shapes)):
        return "wrong"
    return "right" if all(given is not None and None not in given for given in found) else None


def _declared(output: Any) -> list[int | None] | None:
    """The dimensions that a file names for an output, None for an open one; None where it names nothing at all."""
    tensor = output.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]


def _fits(declared: list[int | None] | None, shape: Shape) -> bool:
    if declared is None:
        return True
    return len(declared) == len(shape) and all(d in (None, s) for d, s in zip(declared, shape, strict=True))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
