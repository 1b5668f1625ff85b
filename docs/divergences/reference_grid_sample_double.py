"""onnx's reference evaluator: the places of a GridSample are computed in float32, also of a float64 grid. Seen in onnx 1.23.2.

onnx/reference/ops/op_grid_sample.py, _gs_denormalize_coordinates: np.zeros(len(n), dtype=np.float32).
"""

import sys

import numpy as np
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(0)
x, grid = random.normal(size=(1, 1, 5, 7)), random.uniform(-0.9, 0.9, size=(1, 3, 4, 2))
infos = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in ("x", "grid", "y")]
node = helper.make_node("GridSample", ["x", "grid"], ["y"], mode="linear")
model = helper.make_model(
    helper.make_graph([node], "sample", infos[:2], infos[2:]),
    opset_imports=[helper.make_opsetid("", 20)],
    ir_version=10,
)
# By hand: the two elements on either side along each axis, by how near they are.
rows, columns = ((grid[0, ..., 1] + 1) * 5 - 1) / 2, ((grid[0, ..., 0] + 1) * 7 - 1) / 2
i, j = np.indices((5, 7))
near = [np.maximum(0, 1 - np.abs(at[..., None, None] - all_)) for at, all_ in ((rows, i), (columns, j))]
exact = (near[0] * near[1] * x[0, 0]).sum((-2, -1))
evaluator = ReferenceEvaluator(model).run(None, {"x": x, "grid": grid})[0][0, 0]
sampled = torch.nn.functional.grid_sample(torch.from_numpy(x), torch.from_numpy(grid), align_corners=False).numpy()
off = {"reference evaluator": np.abs(evaluator - exact).max(), "torch": np.abs(sampled[0, 0] - exact).max()}
print(*(f"{name} off by {by:.1e}" for name, by in off.items()), sep=", ")
sys.exit(int(off["reference evaluator"] > 1e-12))
