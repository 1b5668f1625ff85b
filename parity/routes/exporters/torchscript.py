"""torch.onnx.export through TorchScript tracing (``dynamo=False``), the older exporter."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from parity.cases.case import Case
from parity.errors import Unsupported
from parity.routes.exporters.batch import asked_axes
from parity.routes.exporters.opsets import require
from parity.routes.exporters.refusal import refusal
from parity.routes.frameworks.torch import lacking, torch_type
from parity.routes.options import DYNAMIC, OPSET, UNOPTIMISED, Option, number


class TorchScript:
    """The tracing exporter."""

    name = "torchscript"
    label = "torchscript"
    framework = "torch"
    states = False
    gradients = False
    opens = False
    modules = ("onnx",)
    distributions = ("torch", "onnx")
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = (DYNAMIC, OPSET, UNOPTIMISED)
    asked: frozenset[str] = frozenset()
    default = True

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        """Write the module as one file, weights inside."""
        self._export(case, model, path)

    def export_open(self, case: Case, model: Any, path: Path) -> None:
        """Write the module with a symbolic batch size."""
        axes = {name: {0: "batch"} for name in ("input", "output")}
        self._export(case, model, path, input_names=["input"], output_names=["output"], dynamic_axes=axes)

    def _export(self, case: Case, model: Any, path: Path, **how: Any) -> None:
        import torch

        if case.training:
            how |= dict(training=torch.onnx.TrainingMode.TRAINING)
        opset = number(self.asked, OPSET)
        if opset is not None:
            how |= dict(opset_version=opset)
        if UNOPTIMISED.word in self.asked:
            how |= dict(do_constant_folding=False)
        if DYNAMIC.word in self.asked:
            how |= dict(input_names=["input"], dynamic_axes={"input": list(asked_axes(case, self.framework))})
        try:
            traced(model, (sample_input(case),), path, **how)
        except (RuntimeError, NotImplementedError) as error:  # tracing runs the module
            if said := lacking(case.input.dtype, error):
                raise Unsupported(said) from error
            raise
        require(path, opset, self.name)

    def wrote(self, path: Path) -> str:
        """The name "dynamo" or "torchscript", by the traces each leaves in its files."""
        return pytorch_exporter(path)


def traced(model: Any, arguments: tuple[Any, ...], path: Path, **how: Any) -> None:
    """Write a module. Raises :class:`Unsupported` where the exporter says so, else what it raises."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Above what it has, it writes the highest that it has and calls it what was asked for.
        warnings.filterwarnings("error", "Exporting to ONNX opset version", torch.onnx.errors.OnnxExporterWarning)
        try:
            torch.onnx.export(model, arguments, str(path), dynamo=False, **how)
        except torch.onnx.errors.OnnxExporterError as error:
            if reason := refusal(error, ("torch.onnx",)):
                raise Unsupported(f"torchscript exporter: {reason}") from error
            raise
        except torch.onnx.errors.OnnxExporterWarning as error:
            raise Unsupported(f"torchscript exporter: {' '.join(str(error).split())}") from error


def sample_input(case: Case) -> Any:
    """An input of the case's shape and type for an exporter to trace with; its values decide nothing."""
    import torch

    return torch.zeros(case.shape, dtype=torch_type(torch, case.input.dtype))


_OF_DYNAMO = re.compile(r"node_|n\d")  #: how its nodes are called; TorchScript's are "/Relu" and "Identity_0"


def pytorch_exporter(path: Path) -> str:
    """Which of torch's exporters wrote a file: only the dynamo one keeps the exported program's metadata, and calls nodes ``node_...`` or ``n0``.

    The metadata is lost where it has onnx's own converter make an older opset of its file; what an inlined function holds is numbered.
    """
    import onnx

    model = onnx.load(path, load_external_data=False)
    if model.producer_name != "pytorch":
        return model.producer_name or "unknown"
    kept = any(entry.key.startswith("pkg.torch.export") for entry in model.graph.metadata_props)
    named = any(_OF_DYNAMO.match(node.name) for node in model.graph.node)
    return "dynamo" if kept or named else "torchscript"
