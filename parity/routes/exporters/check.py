"""Whether an exported file is a valid ONNX model that declares what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from parity.axes import Shape
from parity.errors import Broken


def check_file(path: Path, shapes: Sequence[Shape]) -> None:
    """Raise :class:`Broken` unless the file passes the ONNX checker with strict shape inference and declares ``shapes``.

    ``shapes`` are those of the outputs in order, in the axes of the exporting framework. A dimension that the file
    leaves open (a symbol, or nothing) declares nothing and is left to the comparison of what is really computed.
    """
    import onnx

    try:
        onnx.checker.check_model(str(path), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise Broken("onnx-invalid", f"{path.name}: {str(error).strip().splitlines()[0]}") from error
    graph = onnx.load(path, load_external_data=False).graph
    if len(graph.output) != len(shapes):
        kind = "output-missing" if len(graph.output) < len(shapes) else "output-extra"
        raise Broken(kind, f"{path.name} declares {len(graph.output)} outputs, expected {len(shapes)}")
    for output, shape in zip(graph.output, shapes, strict=True):
        kind_of = output.type.tensor_type
        if kind_of.elem_type != onnx.TensorProto.FLOAT:
            name = onnx.TensorProto.DataType.Name(kind_of.elem_type)
            raise Broken("dtype", f"{path.name}: output {output.name} declares {name}, expected FLOAT")
        if not kind_of.HasField("shape"):
            continue
        declared = [d.dim_value if d.HasField("dim_value") else None for d in kind_of.shape.dim]
        fits = len(declared) == len(shape) and all(d in (None, s) for d, s in zip(declared, shape, strict=True))
        if not fits:
            raise Broken("onnx-shape", f"{path.name}: output {output.name} declares {declared}, expected {list(shape)}")
