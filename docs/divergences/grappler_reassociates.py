"""Grappler, in Keras' export by tf2onnx: a - b + eps becomes a + (eps - b), which rounds eps away.

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
model = keras.Model(x, x - keras.ops.clip(x, -9.0, 9.0) + 1e-6)
values = np.array([[0.1, -0.7, 1.3, 2.9]], np.float32)
path = Path(tempfile.mkdtemp()) / "model.onnx"
expected = model(values).numpy()
model.export(str(path), format="onnx", verbose=False)
session = onnxruntime.InferenceSession(str(path))
(found,) = session.run(None, {session.get_inputs()[0].name: values})
print("operators:", *(node.op_type for node in onnx.load(path).graph.node))
print("Keras:", expected[0], "the file:", found[0])
sys.exit(int(abs(found - expected).max() > 1e-9))
