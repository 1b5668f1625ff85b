"""torch's TorchScript exporter: cuts everything off where circular padding crops at the beginning of an axis and not at its end (torch <=2.14.1)."""

import sys
import tempfile
import warnings

import onnxruntime
import torch

warnings.simplefilter("ignore")
model = torch.nn.CircularPad2d((-3, 0, 0, -1)).eval()
x = torch.zeros(2, 3, 7, 11)
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
got = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
print("torch:", tuple(model(x).shape), "the file:", got.shape)
sys.exit(int(got.shape != tuple(model(x).shape)))
