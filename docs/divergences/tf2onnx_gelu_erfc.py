"""tf2onnx: leaves the Erfc of tf.nn.gelu in the file, an operator that no ONNX opset has (tf2onnx <=1.17.0, tensorflow >=2.19). https://github.com/onnx/tensorflow-onnx/pull/2463"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((37,))
model = keras.Model(image, keras.layers.Activation("gelu")(image))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
foreign = [node.op_type for node in file.graph.node if not onnx.defs.has(node.op_type, node.domain)]
print("operators that no opset has:", foreign)
sys.exit(int("Erfc" in foreign))
