"""OpenVINO."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity.axes import Array
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.routes.options import Option

#: What it says where it lacks an operator, or a form of one.
SAYS_NO = re.compile(
    r"No conversion rule found for operations: .*|.*\b(?:not supported|only supported|not implemented|unsupported)\b.*",
    re.IGNORECASE,
)


class OpenVino:
    """Compiles an ONNX file for the cpu, in float32, whatever else the processor has."""

    name = "openvino"
    label = "openvino"
    optimises = False  # it always does, so nothing tells what it would be without
    slow = False
    modules = ("openvino",)
    distributions = ("openvino",)
    mend = "pip install 'parity[openvino]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = False

    def __init__(self) -> None:
        self._threads = 1

    def start(self, threads: int) -> None:
        """Import OpenVINO and remember the threads of what it compiles."""
        import openvino  # noqa: F401

        self._threads = threads

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        return "" if device == "cpu" else "parity runs OpenVINO on cpu only"

    @contextmanager
    def computing_with(self, threads: int) -> Iterator[None]:
        """What is compiled meanwhile has these threads."""
        before, self._threads = self._threads, threads
        try:
            yield
        finally:
            self._threads = before

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Program:
        """A compiled model. It optimises always, whatever ``optimise`` says."""
        import openvino

        core = openvino.Core()
        # Left to itself it computes in bfloat16 where the processor has that.
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "EXECUTION_MODE_HINT": "ACCURACY",
            "INFERENCE_NUM_THREADS": self._threads,
        }
        try:
            compiled = core.compile_model(core.read_model(path), "CPU", settings)
        except RuntimeError as error:
            said = SAYS_NO.search(str(error))
            if said is None:
                raise
            raise Unsupported(f"openvino: {said[0].strip()}") from error

        def run(*x: Array) -> tuple[Array, ...]:
            given = compiled(list(x))
            return tuple(given[output] for output in compiled.outputs)

        return run
