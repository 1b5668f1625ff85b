"""torch's TorchScript exporter: writes log_sigmoid as Log(Sigmoid(x)), minus infinity where the sigmoid is 0 (torch <=2.14.1). https://github.com/pytorch/pytorch/pull/14830"""

import sys
import tempfile
import warnings

import numpy as np
import onnxruntime
import torch

warnings.simplefilter("ignore")
model = torch.nn.LogSigmoid().eval()
x = torch.tensor([-20.0, -200.0])
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
got = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
print("torch:", model(x).numpy(), "the file:", got)
sys.exit(int(np.isinf(got).any()))
