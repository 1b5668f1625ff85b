"""The ONNX reference evaluator: slow, written from the specification, a witness on each exported file."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

from parity.axes import Array
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.routes.options import Option

#: Of what operators draw at random in training, the next number for each call. Where a file names none it would be the
#: system's, and no run like another.
SEED = 0


class OnnxReference:
    """Runs an ONNX file operator by operator in numpy."""

    name = "onnx-reference"
    label = "reference"
    optimises = False
    slow = True
    modules = ("onnx",)
    distributions = ("onnx",)
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        """Import the evaluator; numpy takes its threads from the worker's environment."""
        import onnx.reference  # noqa: F401

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        return "" if device == "cpu" else "the ONNX reference evaluator runs on cpu only"

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """There is no other number than the one it started with."""
        raise Unsupported("numpy takes its threads from the environment when it starts")

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Program:
        """The evaluator of a file. It optimises nothing, whatever ``optimise`` says."""
        from onnx.reference import ReferenceEvaluator

        try:
            evaluator = ReferenceEvaluator(str(path))
        except NotImplementedError as error:
            raise Unsupported(f"onnx reference evaluator: {error}") from error
        drawing = [node for node in evaluator.rt_nodes_ if getattr(node, "seed", 0) is None]
        seeds = count(SEED)
        feeds = [name for name in evaluator.input_names if name not in evaluator.rt_inits_]

        def run(*x: Array) -> tuple[Array, ...]:
            for node in drawing:
                node.seed = next(seeds)
            try:
                return tuple(evaluator.run(None, dict(zip(feeds, x, strict=True))))
            except NotImplementedError as error:  # of a mode of an operator, which shows only when it runs
                raise Unsupported(f"onnx reference evaluator: {error}") from error

        return run
