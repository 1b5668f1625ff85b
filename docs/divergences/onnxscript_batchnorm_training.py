"""torch's dynamo exporter: writes batch normalisation in training as it is at inference, by the running statistics (onnxscript <=0.7.2). https://github.com/microsoft/onnxscript/pull/1143"""

import sys
import tempfile

import numpy as np
import onnxruntime
import torch

model = torch.nn.BatchNorm2d(3).train()
x = 5 + torch.randn(4, 3, 5, 7, generator=torch.Generator().manual_seed(0))
want = model(x).detach().numpy()
model.reset_running_stats()
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    training = torch.onnx.TrainingMode.TRAINING
    torch.onnx.export(model, (x,), path, dynamo=True, verbose=False, training=training)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
got = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
print("the mean of the answer: torch", want.mean().round(3), "the file", got.mean().round(3))
sys.exit(int(np.abs(got - want).max() > 1e-3))
