"""Keras' ONNX export makes inputs of constants: a Normalization that was given its mean and variance reads them from the outside.

Seen of keras.applications' EfficientNetB0. Nobody who loads the file knows what to feed there.
"""

import os
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((4, 4, 3), name="image")
y = keras.layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(image)
model = keras.Model(image, keras.layers.Conv2D(2, 3)(y))
model(np.zeros((1, 4, 4, 3), np.float32))
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.onnx"
    model.export(str(path), format="onnx", verbose=False)
    inputs = [value.name for value in onnx.load(path).graph.input]
print("Keras:", [value.name for value in model.inputs])
print("the file:", inputs)
