"""Whether a graph is the function of the model it was made from: both in float64. Pure: arrays in, a figure out."""

from __future__ import annotations

import numpy as np

from parity.axes import F64, Array
from parity.judging.oracle import Truth
from parity.records.lines import number, value
from parity.records.model import Function, Judged


def same_function(output: str, inputs: str, twin: Array, truth: Truth, others: F64 | None) -> Function:
    """One output of a graph on one set of inputs, beside the model's own in float64.

    truth: of the graph; what a float32 run of it may be off by is allowed, since exporters store in float32 what they worked
    out (a BatchNorm folded into the convolution before it), and where it is known what a float32 run of the graph before
    that, ``others``, may be off by: the parts that were folded into one may be larger than their sum.
    """

    def differs(reason: str) -> Function:
        return Function(
            status="fail", output=output, inputs=inputs, reason=f"{reason} (output {output}, inputs {inputs!r})"
        )

    y = truth.y
    if y.shape != twin.shape:
        return differs(f"it gives the shape {y.shape}, the model {twin.shape}")
    if y.dtype.kind != "f" or twin.dtype.kind != "f":
        known = np.ones(y.shape, bool) if truth.unspecified is None else ~truth.unspecified
        wrong = int(np.count_nonzero((y != twin) & known))
        if wrong:
            return differs(f"{wrong:,} of {y.size:,} elements differ")
        return Function(status="pass", ratio=0.0, distance=0.0, output=output, inputs=inputs)
    fine = np.isfinite(y) & np.isfinite(twin)
    if not np.array_equal(y[~fine], twin[~fine].astype(np.float64), equal_nan=True):
        return differs("NaN or infinity stands in other places")
    if not fine.any():
        return Function(status="not judged", output=output, inputs=inputs, reason="no number of the output is finite")
    allowed = truth.allowed()
    if others is not None and others.shape == y.shape:
        allowed = np.maximum(allowed, others)
    off = np.abs(y - twin)[fine]
    size = float(np.sqrt(np.mean(np.square(twin[fine], dtype=np.float64))))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.where(off == 0, 0.0, off / allowed[fine]).max())
        distance = float(off.max() / size) if size else float(off.max())
    status: Judged = "pass" if ratio <= 1 else "fail"
    reason = (
        ""
        if status == "pass"
        else f"output {output}, inputs {inputs!r}: {ratio:.3g} times what storing in float32 allows"
    )
    return Function(
        status=status, ratio=number(ratio), distance=number(distance), output=output, inputs=inputs, reason=reason
    )


def worst_function(figures: list[Function]) -> Function | None:
    """The worst of several: what fails before what was not judged, then by ratio."""
    order = {"pass": 0, "not judged": 1, "fail": 2}

    def rank(each: Function) -> tuple[int, float]:
        return order[each.status], np.inf if each.ratio is None else value(each.ratio)

    return max(figures, key=rank, default=None)
