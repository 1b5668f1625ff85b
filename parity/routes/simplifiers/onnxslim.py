"""OnnxSlim."""

from __future__ import annotations

from pathlib import Path

from parity.routes.options import Option


class OnnxSlim:
    """Folds constants and merges operators by patterns."""

    name = "onnxslim"
    does = "onnxslim rewrites the exported file"
    modules = ("onnxslim",)
    distributions = ("onnxslim", "onnx")
    mend = "pip install 'parity[simplifiers]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = False

    def simplify(self, path: Path) -> None:
        """Write what it makes of a file in the place of that."""
        import onnx
        import onnxslim

        onnx.save(onnxslim.slim(onnx.load(path)), path)
