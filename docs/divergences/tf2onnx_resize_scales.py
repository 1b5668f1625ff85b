"""tf2onnx: writes the size of a Resize as scales in float32, of which ONNX makes one element less than there are (tf2onnx <=1.17.0). https://github.com/onnx/onnx/issues/4919"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

image = keras.Input((10, 14, 3))
model = keras.Model(image, keras.layers.Resizing(7, 9)(image))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
scales = [onnx.numpy_helper.to_array(t).tolist() for t in file.graph.initializer if "scale" in t.name]
print("scales in the file:", scales)
try:
    onnx.checker.check_model(file, full_check=True)
    said = "agrees with the declared shape"
except onnx.shape_inference.InferenceError as error:
    said = str(error).splitlines()[-1]
print("shape inference:", said)
x = np.zeros((1, 10, 14, 3), np.float32)
got = ReferenceEvaluator(file).run(None, {file.graph.input[0].name: x})[0].shape
print("Keras:", tuple(model(x).shape), "reference evaluator:", got)
sys.exit(int(got != tuple(model(x).shape)))
