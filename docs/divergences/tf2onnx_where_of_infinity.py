"""tf2onnx: a where between a tensor and zeros_like is written as products, so an infinity that is not chosen gives NaN.

Seen with tensorflow 2.21, keras 3.15.1, tf2onnx 1.17.0, onnxruntime 1.32.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
import onnxruntime

x = keras.Input((4,))
low = keras.ops.where(x > 0, x, -np.inf)
model = keras.Model(x, keras.ops.where(low > 0, low, keras.ops.zeros_like(low)))

values = np.array([[1, -1, 2, -2]], np.float32)
path = Path(tempfile.mkdtemp()) / "model.onnx"
expected = model(values).numpy()
model.export(str(path), format="onnx", verbose=False)
session = onnxruntime.InferenceSession(str(path))
(found,) = session.run(None, {session.get_inputs()[0].name: values})
print("operators:", *(node.op_type for node in onnx.load(path).graph.node))
print("Keras:", expected[0], "the file:", found[0])
sys.exit(int(not np.array_equal(found, expected)))
