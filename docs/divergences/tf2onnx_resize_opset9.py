"""tf2onnx: below opset 11 TensorFlow's ResizeBilinear is left in the file, which no opset of ONNX has.

Seen with tf2onnx 1.17.0, tensorflow 2.21.0, keras 3.15.1, onnx 1.23.2. Ends with 1 while it is so.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import onnx

left = []
for opset in (9, 10, 11):
    model = keras.Sequential([keras.Input((8, 10, 3)), keras.layers.Resizing(14, 17, interpolation="bilinear")])
    model.build((None, 8, 10, 3))
    model(keras.ops.zeros((1, 8, 10, 3)))
    path = tempfile.mkdtemp() + "/file.onnx"
    model.export(path, format="onnx", verbose=False, opset_version=opset)
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    print("opset", opset, kinds)
    left += [kind for kind in kinds if kind == "ResizeBilinear"]
sys.exit(int(bool(left)))
