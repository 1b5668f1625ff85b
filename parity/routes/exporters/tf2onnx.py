"""Keras' own ONNX export, which traces the model and hands it to tf2onnx."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parity.cases.case import Case
from parity.errors import Unsupported
from parity.routes.exporters.batch import asked_axes, in_layout
from parity.routes.exporters.einsum import MEMO
from parity.routes.exporters.opsets import require
from parity.routes.exporters.refusal import refusal
from parity.routes.frameworks.tensorflow import lacking
from parity.routes.options import DYNAMIC, OPSET, Option, number


class Tf2Onnx:
    """``keras.Model.export(format="onnx")`` on the TensorFlow backend."""

    name = "tf2onnx"
    label = "tensorflow"
    framework = "tensorflow"
    states = False
    gradients = False
    opens = True
    modules = ("onnx", "tf2onnx")
    distributions = ("tensorflow", "tensorflow-cpu", "keras", "onnx", "tf2onnx")
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = (DYNAMIC, OPSET)
    asked: frozenset[str] = frozenset()
    default = True

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        """Write the model as one file, weights inside."""
        import tensorflow as tf
        import tf2onnx.convert  # all of it: what is imported on the way takes a name too

        if case.training:
            raise Unsupported("Keras exports a model as it is at inference, in whatever mode it is")
        opset, how = number(self.asked, OPSET), dict[str, Any]()
        if DYNAMIC.word in self.asked:
            shape = case.input.in_layout("NHWC")
            free = {in_layout(axis, len(shape), "NHWC") for axis in asked_axes(case, self.framework)}
            open_shape = [None if axis in free else size for axis, size in enumerate(shape)]
            how = dict(input_signature=[tf.TensorSpec(open_shape, case.input.dtype, name="input")])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Keras refuses to export a model that was never called.
            try:
                model(tf.zeros(case.input.in_layout("NHWC"), case.input.dtype), training=False)
            except (tf.errors.OpError, TypeError) as error:
                if said := lacking(case.input.dtype, error):
                    raise Unsupported(said) from error
                raise
            # The names that it gives are counted over all that a process exports, and its optimisers go through sets of them:
            # which Transposes they find to cancel depends on the numbers, and on Python's hashes (parity.running.pool).
            tf2onnx.utils.INTERNAL_NAME = 1
            with collected(), MEMO.kept():
                try:
                    model.export(str(path), format="onnx", verbose=False, opset_version=opset, **how)
                except ValueError as error:
                    if opset is not None and (reason := refusal(error, ("tf2onnx",))):
                        raise Unsupported(f"tf2onnx exporter: {reason}") from error
                    raise
        require(path, opset, self.name)

    def export_open(self, case: Case, model: Any, path: Path) -> None:
        """The same."""
        self.export(case, model, False, path)

    def wrote(self, path: Path) -> str:
        """The producer that the file names."""
        import onnx

        return onnx.load(path, load_external_data=False).producer_name or "unknown"


@contextmanager
def collected() -> Iterator[None]:
    """Garbage is collected every quarter of a second meanwhile.

    tf2onnx copies the whole graph, weights and all, before each of its optimisers (``tf2onnx.optimizer.optimize_graph``),
    and the copies lie in reference cycles. Python's collector counts objects and these are few and large: the export of
    a VGG16's features held 3.8 GB at its peak, 1.8 GB this way, in the same time.
    """
    done = threading.Event()

    def collect() -> None:
        while not done.wait(0.25):
            gc.collect()

    collector = threading.Thread(target=collect, name="collector", daemon=True)
    collector.start()
    try:
        yield
    finally:
        done.set()
        collector.join()
