"""torch's exporters: write a max pool of int32 or int64 as a MaxPool, which ONNX has of neither (torch <=2.14.1)."""

import sys
import tempfile

import onnx
import onnxruntime
import torch

model = torch.nn.MaxPool2d(2).eval()
refused = 0
with tempfile.TemporaryDirectory() as folder:
    for dynamo in (True, False):
        for dtype in (torch.int32, torch.int64):
            x = torch.arange(16, dtype=dtype).reshape(1, 1, 4, 4)
            path = f"{folder}/{dynamo}.onnx"
            torch.onnx.export(model, (x,), path, dynamo=dynamo, verbose=False)
            try:
                onnx.checker.check_model(path, full_check=True)
                onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                said = "a valid file"
            except Exception as error:  # noqa: BLE001 - onnx and ONNX Runtime have no common class of what they refuse
                said = str(error).strip().splitlines()[0][-90:]
                refused += 1
            print(f"dynamo={dynamo}, {dtype}: torch gives {model(x).flatten().tolist()}; the file: {said}")
sys.exit(int(refused > 0))
