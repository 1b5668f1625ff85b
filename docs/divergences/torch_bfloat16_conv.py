"""torch's ONNX exporters: a bfloat16 convolution is written in opset 18, which has none. Seen in torch 2.13.

https://github.com/microsoft/onnxruntime/issues/25740
"""

import io
import sys

import onnx
import torch

model, x = torch.nn.Conv2d(2, 3, 3).bfloat16().eval(), torch.zeros(1, 2, 5, 5, dtype=torch.bfloat16)
refused = 0
for dynamo in (True, False):
    written = io.BytesIO()
    torch.onnx.export(model, (x,), written, dynamo=dynamo)
    try:
        onnx.checker.check_model(onnx.load_from_string(written.getvalue()), full_check=True)
    except onnx.shape_inference.InferenceError as error:
        refused += 1
        print(f"dynamo={dynamo}: {str(error).strip().splitlines()[0]}")
sys.exit(int(refused > 0))
