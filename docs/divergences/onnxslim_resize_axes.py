"""onnxslim: a Resize with axes is inferred to have those axes alone, so that the file that it writes is not valid, or it raises IndexError.

Seen with onnxslim 0.1.98 beside onnx 1.23.2. Ends with 1 while it differs.
"""

import sys

import onnx
import onnxslim
from onnx import parser

ALL, TWO = "<float[4] s = {1, 1, 2, 2}>", "<float[2] s = {2, 2}>"
LAST = "{ z = Resize<%s mode = 'nearest'>(x, , s) }".replace("'", '"')
ADDED = "{ y = Resize<%s mode = 'nearest'>(x, , s) z = Add(y, w) }".replace("'", '"')
differs = False
for place, body in ("last", LAST), ("before an Add", ADDED):
    for said, scales, axes in ("without axes", ALL, ""), ("with axes", TWO, "axes = [2, 3],"):
        given = "float[2,3,4,5] x, float[2,3,8,10] w"
        text = f'<ir_version: 10, opset_import: ["": 22]> g ({given}) => (float[2,3,8,10] z) {scales} {body % axes}'
        model = parser.parse_model(text)
        onnx.checker.check_model(model, full_check=True)
        try:
            onnx.checker.check_model(onnxslim.slim(model), full_check=True)
            print(place, said, "is valid,")
        except (IndexError, onnx.shape_inference.InferenceError) as error:
            print(place, said, type(error).__name__, str(error).rpartition("] ")[2].strip() + ",")
            differs = True
sys.exit(int(differs))
