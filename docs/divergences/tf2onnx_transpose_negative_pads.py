"""tf2onnx: writes what a transposed convolution adds at its end as negative pads, which ONNX refuses (tf2onnx <=1.17.0). https://github.com/onnx/tensorflow-onnx/pull/1513"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((7, 9, 3))
model = keras.Model(image, keras.layers.Conv2DTranspose(4, 3, 2, output_padding=1)(image))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
(node,) = (node for node in file.graph.node if node.op_type == "ConvTranspose")
pads = next(list(a.ints) for a in node.attribute if a.name == "pads")
try:
    onnx.checker.check_model(file, full_check=True)
    said = "a good file"
except onnx.shape_inference.InferenceError as error:
    said = " ".join(str(error).split())[-160:]
print(f"pads {pads}: {said}")
sys.exit(int(min(pads) < 0))
