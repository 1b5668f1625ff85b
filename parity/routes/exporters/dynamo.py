"""torch.onnx.export through torch.export (``dynamo=True``), the default since torch 2.9."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from parity.cases.case import Case
from parity.errors import Broken, Stopped, Unsupported
from parity.routes.exporters.batch import asked_axes
from parity.routes.exporters.opsets import require
from parity.routes.exporters.refusal import refusal, root
from parity.routes.exporters.tables import MEMO
from parity.routes.exporters.torchscript import pytorch_exporter, sample_input
from parity.routes.options import DYNAMIC, OPSET, UNOPTIMISED, Option, number


class Dynamo:
    """The torch.export based exporter."""

    name = "dynamo"
    label = "torch"
    framework = "torch"
    states = False
    gradients = False
    opens = False
    modules = ("onnx", "onnxscript")
    distributions = ("torch", "onnx", "onnxscript", "onnx-ir")
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = (DYNAMIC, OPSET, UNOPTIMISED)
    asked: frozenset[str] = frozenset()
    default = True

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        """Write the module as one file, weights inside."""
        self._export(case, model, path)

    def export_open(self, case: Case, model: Any, path: Path) -> None:
        """Write the module with a symbolic batch size."""
        import torch

        self._export(case, model, path, dynamic_shapes=({0: torch.export.Dim("batch")},))

    def _export(self, case: Case, model: Any, path: Path, **how: Any) -> None:
        import torch

        opset = number(self.asked, OPSET)
        if opset is not None:
            how |= dict(opset_version=opset)
        if UNOPTIMISED.word in self.asked:
            how |= dict(optimize=False)
        if DYNAMIC.word in self.asked:
            how |= dict(dynamic_shapes=(dict.fromkeys(asked_axes(case, self.framework), torch.export.Dim.DYNAMIC),))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported(model, (sample_input(case),), **how).save(path, external_data=False)
        require(path, opset, self.name)

    def wrote(self, path: Path) -> str:
        """The name "dynamo" or "torchscript", by the traces each leaves in its files."""
        return pytorch_exporter(path)


def exported(model: Any, arguments: tuple[Any, ...], **how: Any) -> Any:
    """A module as an ``ONNXProgram``. Raises :class:`Unsupported`, :class:`Stopped` or :class:`Broken` in the exporter's own words."""
    import torch

    with warnings.catch_warnings(), MEMO.kept():
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(model, arguments, dynamo=True, verbose=False, **how)
        # A ValueError is of an opset that it cannot make.
        except (torch.onnx.errors.OnnxExporterError, ValueError) as error:
            if reason := refusal(error, ("torch.onnx", "onnxscript")):
                raise Unsupported(f"dynamo exporter: {reason}") from error
            cause = root(error)  # the exporter's own words are a banner: "This is step 1/3", and what to do next
            raise Stopped(f"{type(cause).__name__}: {cause}") from cause
    if not isinstance(program, torch.onnx.ONNXProgram):
        raise Broken("fallback-exporter", f"dynamo=True returned {type(program).__name__}, not an ONNXProgram")
    return program
