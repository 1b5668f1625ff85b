"""onnxslim: it takes a MaxPool with places for the same as one before it without them, and raises IndexError.

Seen with onnxslim 0.1.98 beside onnx 1.23.2. Ends with 1 while it differs.
"""

import sys

import onnx
import onnxslim
from onnx import parser

TEXT = """<ir_version: 10, opset_import: ["": 22]> g (float[1,1,6] x) => (float[1,1,5] y, float[1,1,5] w)
    { FIRST SECOND w = Relu(p) y = Cast<to = 1>(i) }"""
POOLS = ["p = MaxPool<kernel_shape = [2]>(x)", "v, i = MaxPool<kernel_shape = [2]>(x)"]
differs = False
for first, second in (POOLS, POOLS[::-1]):
    model = parser.parse_model(TEXT.replace("FIRST", first).replace("SECOND", second))
    onnx.checker.check_model(model, full_check=True)
    try:
        made = [node.op_type for node in onnxslim.slim(model).graph.node]
        print("with places", "first:" if "i" in first else "last:", *made)
    except IndexError as error:
        print("with places", "first:" if "i" in first else "last:", "IndexError:", error)
        differs = True
sys.exit(int(differs))
