"""tf2onnx: halves what a transposed convolution adds at its end, so that the answer lies shifted (tf2onnx <=1.17.0). https://github.com/onnx/tensorflow-onnx/pull/1513"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

image = keras.Input((7, 9, 3))
model = keras.Model(image, keras.layers.Conv2DTranspose(4, 1, 3, "same")(image))
model(np.zeros((1, *image.shape[1:]), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    file = onnx.load(f"{folder}/model.onnx")
x = np.random.default_rng(0).standard_normal((1, 7, 9, 3)).astype(np.float32)
want = model(x).numpy()
got = ReferenceEvaluator(file).run(None, {file.graph.input[0].name: x})[0]
print("as it lies, off by:", np.abs(want - got).max())
print("one row and column further on, off by:", np.abs(want[:, :-1, :-1] - got[:, 1:, 1:]).max())
sys.exit(int(np.abs(want - got).max() > 1e-4))
