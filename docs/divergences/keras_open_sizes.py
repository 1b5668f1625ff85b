"""Keras: glu along an open axis, and UpSampling2D with bilinear interpolation of an open image, cannot be exported.

Seen with keras 3.15.1, tensorflow 2.21.0, tf2onnx 1.17.0. Ends with 1 while either fails.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

LAYERS = {
    "glu": lambda v: keras.ops.glu(v, axis=2),
    "nearest": keras.layers.UpSampling2D(2, interpolation="nearest"),
    "bilinear": keras.layers.UpSampling2D(2, interpolation="bilinear"),
}
failed = []
for name, layer in LAYERS.items():
    given = keras.Input((6, 8, 4))
    model = keras.Model(given, layer(given))
    path = tempfile.mkdtemp() + "/file.onnx"
    signature = [tf.TensorSpec((None, None, None, 4), tf.float32, name="input")]
    try:
        model.export(path, format="onnx", verbose=False, input_signature=signature)
        print(name, "is exported")
    except (TypeError, tf.errors.OperatorNotAllowedInGraphError) as error:
        failed.append(name)
        print(name, type(error).__name__, str(error).splitlines()[2][:100])
sys.exit(int(bool(failed)))
