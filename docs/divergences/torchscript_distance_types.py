"""TorchScript exporter: CosineSimilarity and PairwiseDistance of halves come as float32. Seen with torch 2.13.0."""

import io
import sys
import warnings

import onnx
import torch
from onnx import TensorProto

warnings.simplefilter("ignore")
wrong = False
for dtype in (torch.float16, torch.bfloat16):
    for layer in (torch.nn.CosineSimilarity(), torch.nn.PairwiseDistance()):
        x, file = torch.ones(2, 3, dtype=dtype), io.BytesIO()
        torch.onnx.export(layer, (x, x), file, dynamo=False)
        (output,) = onnx.load_from_string(file.getvalue()).graph.output
        kind = TensorProto.DataType.Name(output.type.tensor_type.elem_type)
        print(f"{layer} of {dtype} gives {layer(x, x).dtype} in torch and {kind} in the file")
        wrong |= kind == "FLOAT"
sys.exit(int(wrong))
