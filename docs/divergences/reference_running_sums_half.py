"""onnx's reference evaluator: running sums of halves, and what Col2Im adds up, are kept in the half. Seen in onnx 1.23.2."""

import sys

import ml_dtypes
import numpy as np
import onnx.parser
from onnx.reference import ReferenceEvaluator

GRAPHS = {
    "CumSum": "agraph (T[1, 200] x) => (T[1, 200] y) <int64 a = {1}> { y = CumSum(x, a) }",
    # An image of 10 x 10 of its windows of 5 x 5.
    "Col2Im": "agraph (T[1, 25, 36] x) => (T[1, 1, 10, 10] y) <int64[2] a = {10, 10}, int64[2] b = {5, 5}> { y = Col2Im(x, a, b) }",
}


def evaluated(name: str, x: np.ndarray) -> np.ndarray:
    """What the evaluator makes of one operator, in the type of what it is given."""
    kind = {"float64": "double"}.get(x.dtype.name, x.dtype.name)
    model = onnx.parser.parse_model('<ir_version: 10, opset_import: ["": 18]>' + GRAPHS[name].replace("T[", f"{kind}["))
    return ReferenceEvaluator(model).run(None, {"x": x})[0]


random = np.random.default_rng(0)
worst = 0.0
for name, given in {"CumSum": random.normal(size=(1, 200)), "Col2Im": random.normal(size=(1, 25, 36))}.items():
    for dtype in (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)):
        half = given.astype(dtype)
        exact = evaluated(name, half.astype(np.float64))
        unit = np.spacing(np.abs(exact).astype(dtype)).astype(np.float64)
        off = float((np.abs(evaluated(name, half).astype(np.float64) - exact) / unit).max())
        worst = max(worst, off)
        print(f"{name} of {dtype}: off by {off:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(worst > 0.6))
