"""tf2onnx: leaves the Bitcast of keras.ops.argmax in a file whose opset has none (tf2onnx <=1.17.0, keras 3)."""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((37,))
model = keras.Model(image, keras.ops.argmax(image, axis=1))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
opset = {each.domain: each.version for each in file.opset_import}[""]
kinds = sorted({node.op_type for node in file.graph.node})
try:
    onnx.checker.check_model(file)
    said = "a good file"
except onnx.checker.ValidationError as error:
    said = str(error).splitlines()[0]
print(f"opset {opset}, {kinds}: {said}")
sys.exit(int("Bitcast" in said))
