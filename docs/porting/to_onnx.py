"""PyTorch and Keras to ONNX: the file takes the layout of its framework, and the batch that was left open."""

import os
import sys
import tempfile
from pathlib import Path

# Before TensorFlow: where torch's wheel brings triton, its exporter would load it later, which ends the process.
import torch._dynamo

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnxruntime

folder = Path(tempfile.mkdtemp())


def run(path, x):
    session = onnxruntime.InferenceSession(str(path))
    (given,) = session.get_inputs()
    print(f"{path.name}: {given.name} {given.shape}")
    return session.run(None, {given.name: x})[0]


keras.config.set_floatx("float32")
keras.config.set_dtype_policy("float32")
net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, 2, 1), torch.nn.BatchNorm2d(8), torch.nn.ReLU()).eval()
batch = {0: torch.export.Dim("batch")}
torch.onnx.export(
    net, (torch.rand(2, 3, 12, 16),), folder / "torch.onnx", dynamic_shapes=(batch,), dynamo=True, verbose=False
)
x = torch.rand(5, 3, 12, 16)
with torch.no_grad():
    off = [np.abs(net(x).numpy() - run(folder / "torch.onnx", x.numpy())).max()]

image = keras.Input((12, 16, 3))
y = keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, 2, padding="same")(image))
model = keras.Model(image, keras.layers.ReLU()(y))
x = np.random.default_rng(0).random((5, 12, 16, 3), np.float32)
want = np.asarray(model(x))  # Keras exports no model that was never called
model.export(str(folder / "keras.onnx"), format="onnx", verbose=False)
off += [np.abs(want - run(folder / "keras.onnx", x)).max()]
print("off by", *(f"{each:.1e}" for each in off))
sys.exit(int(max(off) > 1e-5))
