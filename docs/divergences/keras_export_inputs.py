"""Keras: its ONNX export makes inputs of constants, the mean and variance that a Normalization was given (keras <=3.15.1).

Seen of keras.applications' EfficientNetB0. Nobody who loads the file knows what to feed there.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

image = keras.Input((4, 4, 3), name="image")
y = keras.layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(image)
model = keras.Model(image, keras.layers.Conv2D(2, 3)(y))
model(np.zeros((1, 4, 4, 3), np.float32))
with tempfile.TemporaryDirectory() as folder:
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)
    inputs = [value.name for value in onnx.load(f"{folder}/model.onnx").graph.input]
print("Keras:", [value.name for value in model.inputs])
print("the file:", inputs)
sys.exit(int(len(inputs) > 1))
