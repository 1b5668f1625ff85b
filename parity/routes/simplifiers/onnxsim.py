"""ONNX Simplifier."""

from __future__ import annotations

from pathlib import Path

from parity.errors import Stopped
from parity.routes.options import Option


class OnnxSim:
    """Folds what is constant by running it, and runs onnxoptimizer's passes."""

    name = "onnxsim"
    does = "onnxsim rewrites the exported file"
    modules = ("onnxsim",)
    distributions = ("onnxsim", "onnx")
    mend = "pip install 'parity[simplifiers]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = False

    def simplify(self, path: Path) -> None:
        """Write what it makes of a file in the place of that. Raises :class:`Stopped` where its own check says it is another."""
        import onnx
        import onnxsim

        model, same = onnxsim.simplify(onnx.load(path))
        if not same:
            raise Stopped("onnxsim gives up on its own result: it differs from the file")
        onnx.save(model, path)
