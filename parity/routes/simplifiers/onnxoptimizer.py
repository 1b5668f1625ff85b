"""ONNX Optimizer."""

from __future__ import annotations

from pathlib import Path

from parity.routes.options import Option


class OnnxOptimizer:
    """Runs the passes that it has for every model."""

    name = "onnxoptimizer"
    does = "onnxoptimizer rewrites the exported file"
    modules = ("onnxoptimizer",)
    distributions = ("onnxoptimizer", "onnx")
    mend = "pip install 'parity[simplifiers]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = False

    def simplify(self, path: Path) -> None:
        """Write what it makes of a file in the place of that."""
        import onnx
        import onnxoptimizer

        onnx.save(onnxoptimizer.optimize(onnx.load(path)), path)
