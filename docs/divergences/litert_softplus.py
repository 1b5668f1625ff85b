"""LiteRT: its converter writes Softplus as Log(Exp(x) + 1): infinite above 88, and 0 or rough where it is small (tensorflow <=2.21.0).

Seen with tensorflow 2.21.0, keras 3.15.1, ai-edge-litert 2.3.0. https://github.com/tensorflow/tensorflow/issues/118524
Ends with 1 while it differs.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

keras.config.disable_interactive_logging()
x = np.array([-20.0, -10.0, 1.0, 80.0, 100.0], np.float32).reshape(1, -1)
image = keras.Input((x.size,))
model = keras.Model(image, keras.ops.softplus(image))
file = Interpreter(model_content=tf.lite.TFLiteConverter.from_keras_model(model).convert())
right, given = model(x).numpy(), file.get_signature_runner()(**{image.name: x})["output_0"]
print("operators:", *(each["op_name"] for each in file._get_ops_details()))
print("TensorFlow:", right.ravel(), "LiteRT:", given.ravel())
units = np.abs(given - right) / np.spacing(right)
print("off by so many units in the last place:", units.ravel())
sys.exit(int((units > 4).any()))
