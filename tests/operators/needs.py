"""One operator on stored arrays: its rule beside a float32 kernel of ONNX Runtime, and the lambda that the kernel needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.axes import Array
from parity.operators.base import Noise, Site
from parity.operators.formats import FORMATS
from parity.operators.graph import as_value
from parity.operators.table import OPERATORS

LIMIT = 3.0  #: the gate


class Ran:
    """The values and noises of one operator on stored arrays."""

    def __init__(
        self, kind: str, *x: Array | None, opset: int = 22, outputs: int = 1, careful: bool = True, **attributes: Any
    ) -> None:
        values = [None if v is None else as_value(v) for v in x]
        dtypes = tuple("" if v is None else v.dtype for v in values)
        at = Site(kind, attributes, opset, dtypes, outputs, careful)
        rule, arrays = OPERATORS["", kind], [None if v is None else v.y for v in values]
        with np.errstate(all="ignore"):
            self.y: Sequence[Any] = rule.value(at, *arrays)
            self.noise: Sequence[Noise] = rule.noise(at, self.y, *arrays)
            self.dtypes = rule.dtypes(at, self.y)

    def need(self, *got: Any) -> float:
        """The smallest lambda that passes the outputs that somebody else computed."""
        assert len(got) <= len(self.y)
        return max(self._need(i, np.asarray(g, np.float64)) for i, g in enumerate(got))

    def _need(self, i: int, got: Any) -> float:
        y, noise, form = self.y[i], self.noise[i], FORMATS[self.dtypes[i]]
        assert got.shape == y.shape
        fine = np.isfinite(y) & ~(np.zeros(y.shape, bool) if noise.overflow is None else noise.overflow)
        zero = np.zeros(y.shape)
        evaluation = zero + (0.0 if noise.evaluation is None else noise.evaluation)
        storage = zero + (0.0 if noise.storage is None else noise.storage) + noise.flush
        assert (evaluation[fine] >= 0).all()
        assert (storage[fine] >= 0).all()
        free = storage + (0.0 if noise.exact else 2 * form.tiny)
        with np.errstate(all="ignore"):
            over = np.where(fine, np.abs(got - y) - free, 0.0)
            return float(np.max(np.where(over > 0, over / evaluation, 0.0), initial=0.0))


def onnxruntime(kind: str, *x: Array | None, opset: int = 22, outputs: int = 1, **attributes: Any) -> list[Array]:
    """The outputs of ONNX Runtime's own kernel."""
    import onnxruntime
    from onnx import helper

    names = ["" if v is None else f"x{i}" for i, v in enumerate(x)]
    given = {f"x{i}": v for i, v in enumerate(x) if v is not None}
    made = [f"y{i}" for i in range(outputs)]
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for name, v in given.items()
    ]
    graph = helper.make_graph(
        [helper.make_node(kind, names, made, **attributes)],
        "one",
        inputs,
        [helper.make_empty_tensor_value_info(n) for n in made],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return list(session.run(None, given))
