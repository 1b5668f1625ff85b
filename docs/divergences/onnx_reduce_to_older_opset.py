"""onnx's version converter: reductions keep noop_with_empty_axes in opsets that have no such attribute (onnx <=1.23.2).

torch's dynamo exporter has it convert. Seen with onnx 1.23.2. Ends with 1 while it differs.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

shape = (2, 3, 4)
ends = [
    helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
    helper.make_tensor_value_info("y", TensorProto.FLOAT, shape[:2]),
]
axes = numpy_helper.from_array(np.array([2]), "axes")
differs = False
for kind, new, old in (("ReduceSum", 13, 12), ("ReduceProd", 18, 17), ("ReduceLogSumExp", 18, 17)):
    node = helper.make_node(kind, ["x", "axes"], ["y"], keepdims=0, noop_with_empty_axes=0)
    graph = helper.make_graph([node], "net", ends[:1], ends[1:], [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", new)], ir_version=8)
    onnx.checker.check_model(model)
    try:
        onnx.checker.check_model(onnx.version_converter.convert_version(model, old))
        print(f"{kind} from opset {new} to {old}: passes the checker")
    except onnx.checker.ValidationError as error:
        print(f"{kind} from opset {new} to {old}: {str(error).splitlines()[0]}")
        differs = True
sys.exit(int(differs))
