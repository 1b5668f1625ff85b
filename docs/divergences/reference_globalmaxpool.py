"""onnx's reference evaluator takes a GlobalMaxPool over the wrong axes where there is no image.

Seen with onnx 1.23.2: of a signal it takes the maximum over the channels too, of a volume it leaves out the depth.
https://github.com/onnx/onnx/issues/7682
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

wrong = False
for shape in [(2, 5, 21), (2, 5, 7, 9), (2, 5, 7, 9, 8)]:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    taken = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("GlobalMaxPool", ["x"], ["y"])], "g", [given], [taken])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = x.max(axis=tuple(range(2, x.ndim)), keepdims=True)
    seen = ReferenceEvaluator(model).run(None, {"x": x})[0]
    alike = seen.shape == expected.shape and np.array_equal(seen, expected)
    print(shape, "expected", expected.shape, "got", seen.shape, "the same" if alike else "DIFFERS")
    wrong |= not alike
print("onnx", onnx.__version__)
sys.exit(wrong)
