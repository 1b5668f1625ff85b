"""Real runtimes with one slip in them, or that die on request; workers find them by name."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.routes.catalog import Catalog
from parity.routes.runtimes.onnxruntime import OnnxRuntime
from parity.routes.runtimes.reference import OnnxReference

MODULE = "tests.check.parts"


def catalog(ort: str = "OnnxRuntime", reference: str = "OnnxReference") -> Catalog:
    """The two runtimes, each the real one or one of this file."""
    return Catalog(runtimes={"onnxruntime": f"{MODULE}:{ort}", "onnx-reference": f"{MODULE}:{reference}"})


def slipped(path: Path, kind: str, factor: float, *, last: bool = False) -> Path:
    """The file with what one operator makes multiplied, as a kernel that is wrong would do it; every value keeps its name."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(path)
    places = [i for i, node in enumerate(model.graph.node) if node.op_type == kind]
    at = places[-1 if last else 0]
    node = model.graph.node[at]
    right, node.output[0] = node.output[0], "slip"
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(factor, np.float32), "slip_by"))
    model.graph.node.insert(at + 1, helper.make_node("Mul", ["slip", "slip_by"], [right], name="slipped"))
    made = Path(tempfile.mkdtemp()) / "slipped.onnx"
    onnx.save(model, made)
    return made


class OptimiserSlips(OnnxRuntime):
    """The graph optimiser spoils the last convolution."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        return super().program(slipped(path, "Conv", 1.01, last=True) if optimise else path, device, tf32, optimise)


class KernelSlips(OnnxRuntime):
    """Its kernel of the last convolution is wrong, optimised or not."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        return super().program(slipped(path, "Conv", 1.01, last=True), device, tf32, optimise)


class KernelSlipsAHair(OnnxRuntime):
    """Its kernel of the dense layer is off by about twice what rounding may do."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        return super().program(slipped(path, "Gemm", 1 + 1e-6), device, tf32, optimise)


class ReferenceSlips(OnnxReference):
    """The evaluator's kernel of the last convolution is wrong."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        return super().program(slipped(path, "Conv", 1.01, last=True), device, tf32, optimise)


class _Asked(OnnxRuntime):
    """Its answers go through :meth:`then`."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        honest = super().program(path, device, tf32, optimise)
        return lambda *x: self.then(honest, *x)

    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        raise NotImplementedError


class SlipsAlone(_Asked):
    """It is wrong about a sample that is alone in its batch."""

    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        return tuple(value * np.float32(1.01) if len(x[0]) == 1 else value for value in honest(*x))


class SlipsThreaded(OnnxRuntime):
    """It is wrong with more threads than one."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        slips = self._threads > 1
        return super().program(slipped(path, "Conv", 1.01) if slips else path, device, tf32, optimise)


class Drifts(_Asked):
    """Its last value is another each time."""

    _calls = count()

    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        *first, last = honest(*x)
        return (*first, last + np.spacing(last) * np.float32(next(self._calls)))


class Crashes(_Asked):
    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        os.kill(os.getpid(), signal.SIGSEGV)


class Sleeps(_Asked):
    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        time.sleep(1000)


class Refuses(OnnxReference):
    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        raise Unsupported("it knows no such operator")


class LosesAnOutput(_Asked):
    def then(self, honest: Callable[..., Any], *x: Any) -> Any:
        return honest(*x)[:-1]


class GivesNoValues(OnnxRuntime):
    """Cannot load a file with more outputs than the model's own."""

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Any:
        if path.name == "every-value.onnx":
            raise RuntimeError("too many outputs")
        return super().program(path, device, tf32, optimise)


class Absent(OnnxRuntime):
    modules = ("a_module_that_nobody_has",)
    mend = "pip install it"
