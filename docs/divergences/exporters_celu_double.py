"""torch's exporters: write celu of float64 as a Celu of float32 between two casts, as ONNX has no other (torch 2.13, onnxscript 0.7.2)."""

import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch

model = torch.nn.CELU().double().eval()
x = torch.linspace(-3, 3, 7, dtype=torch.float64)
off = {}
with tempfile.TemporaryDirectory() as folder:
    for dynamo in (True, False):
        path = f"{folder}/{dynamo}.onnx"
        torch.onnx.export(model, (x,), path, dynamo=dynamo, verbose=False)
        kinds = [node.op_type for node in onnx.load(path).graph.node]
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        got = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        off[dynamo] = np.abs(got - model(x).numpy()).max()
        print(f"dynamo={dynamo}: {kinds}, off by {off[dynamo]:.2g}")
sys.exit(int(max(off.values()) > 1e-12))
