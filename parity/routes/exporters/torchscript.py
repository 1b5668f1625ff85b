"""torch.onnx.export through TorchScript tracing (``dynamo=False``), the older exporter."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from parity.cases.case import Case
from parity.errors import Unsupported
from parity.routes.exporters.refusal import refusal
from parity.routes.frameworks.torch import lacking, torch_type


class TorchScript:
    """The tracing exporter."""

    name = "torchscript"
    label = "torchscript"
    framework = "torch"
    states = False
    gradients = False
    modules = ("onnx",)
    distributions = ("torch", "onnx")
    mend = "pip install 'parity[onnx]'"

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
        try:
            traced(model, (sample_input(case),), path, **how)
        except (RuntimeError, NotImplementedError) as error:  # tracing runs the module
            if said := lacking(case.precision, error):
                raise Unsupported(said) from error
            raise

    def wrote(self, path: Path) -> str:
        """The name "dynamo" or "torchscript", by the traces each leaves in its files."""
        return pytorch_exporter(path)


def traced(model: Any, arguments: tuple[Any, ...], path: Path, **how: Any) -> None:
    """Write a module. Raises :class:`Unsupported` where the exporter says so, else what it raises."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(model, arguments, str(path), dynamo=False, **how)
        except torch.onnx.errors.OnnxExporterError as error:
            if reason := refusal(error, ("torch.onnx",)):
                raise Unsupported(f"torchscript exporter: {reason}") from error
            raise


def sample_input(case: Case) -> Any:
    """An input of the case's shape and type for an exporter to trace with; its values decide nothing."""
    import torch

    return torch.zeros(case.shape, dtype=torch_type(torch, case.input.dtype))


def pytorch_exporter(path: Path) -> str:
    """Which of torch's exporters wrote a file: only the dynamo one keeps the exported program's metadata."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    if model.producer_name != "pytorch":
        return model.producer_name or "unknown"
    kept = [entry.key for entry in model.graph.metadata_props]
    return "dynamo" if any(key.startswith("pkg.torch.export") for key in kept) else "torchscript"
