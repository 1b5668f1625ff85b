"""The oracle's own graph written as an ONNX file: what a perfect exporter would make of a layer's definition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parity.cases.case import INPUT, Case
from parity.errors import Unsupported
from parity.operators.file import write
from parity.routes.options import Option

PRODUCER = "parity"


class DefinitionFile:
    """Writes the graph node by node, weights inside; nothing is folded or renamed."""

    name = "definition"
    label = "definition"
    framework = "definition"
    states = True
    gradients = True
    opens = False
    modules = ("onnx",)
    distributions = ("onnx",)
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = True

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        """Write the graph as one file."""
        import onnx

        if case.chance:
            raise Unsupported("a definition says what there is without chance, and draws nothing")
        known = {**case.tensors, **dict(zip(case.graph.outputs, case.outputs.values(), strict=True))}
        shapes = {name: known[name].shape for name in model.graph.outputs}
        try:
            made = write(model.graph, {INPUT: (case.shape, case.input.dtype)}, model.parameters, shapes)
        except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError) as error:
            if case.input.dtype != "float32" and "has unsupported type" in str(error):
                raise Unsupported(f"ONNX: {str(error).strip().splitlines()[0]}") from error
            raise
        onnx.save(made, path)

    def export_open(self, case: Case, model: Any, path: Path) -> None:
        """There is none: a definition is written on inputs of one shape."""
        raise Unsupported("a definition is written for one batch size")

    def wrote(self, path: Path) -> str:
        """The name "definition" for a file of parity's own."""
        import onnx

        producer = onnx.load(path, load_external_data=False).producer_name
        return self.name if producer == PRODUCER else producer or "unknown"
