"""torch's TorchScript exporter: leaves out the threshold of Softplus, above which torch gives x itself (torch <=2.14.1). https://github.com/pytorch/pytorch/pull/65001"""

import sys
import tempfile
import warnings

import numpy as np
import onnxruntime
import torch

warnings.simplefilter("ignore")
model = torch.nn.Softplus(threshold=2).eval()
x = torch.tensor([1.5, 2.5, 3.0])
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
got = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
print("torch:", model(x).numpy(), "the file:", got)
sys.exit(int(np.abs(model(x).numpy() - got).max() > 1e-4))
