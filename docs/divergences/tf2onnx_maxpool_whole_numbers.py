"""tf2onnx: takes a max pool of whole numbers in float32, which rounds those above 2^24 (tf2onnx <=1.17.0). https://github.com/onnx/tensorflow-onnx/pull/1365"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
import onnxruntime

image = keras.Input((2, 2, 1), dtype="int32")
model = keras.Model(image, keras.layers.MaxPooling2D(2, dtype="int32")(image))
x = np.array([1, 2, 3, 2**24 + 1], np.int32).reshape(1, 2, 2, 1)
model(x)
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    model.export(path, format="onnx", verbose=False)
    print("operators:", *(node.op_type for node in onnx.load(path).graph.node))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    got = session.run(None, {session.get_inputs()[0].name: x})[0].item()
expected = np.asarray(model(x)).item()
print("Keras:", expected, "the file:", got)
sys.exit(int(got != expected))
