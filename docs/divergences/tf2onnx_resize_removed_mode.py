"""tf2onnx: writes the mode tf_half_pixel_for_nn, which ONNX has in opset 11 alone, into files of opset 15 (tf2onnx <=1.17.0). https://github.com/onnx/onnx/pull/3976"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((10, 14, 3))
model = keras.Model(image, keras.layers.Resizing(5, 7, interpolation="nearest")(image))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
(resize,) = (node for node in file.graph.node if node.op_type == "Resize")
mode = {a.name: a for a in resize.attribute}["coordinate_transformation_mode"].s.decode()
opset = {each.domain: each.version for each in file.opset_import}[""]
text = onnx.defs.get_schema("Resize", opset, "").attributes["coordinate_transformation_mode"].description
print(f"opset {opset}, {mode}; named in the text of this opset: {mode in text}")
sys.exit(int(mode not in text))
