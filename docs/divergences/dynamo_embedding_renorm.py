"""Dynamo exporter: an Embedding with max_norm is wrong for norm_type=inf, and invalid for int32 indices.

Seen with torch 2.13.0, onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32. https://github.com/microsoft/onnxscript/pull/1098
"""

import sys
import warnings
from math import inf

import onnx
import onnxruntime
import torch

warnings.simplefilter("ignore")
indices = torch.tensor([[0, 1, 2, 3]])


def exported(norm_type: float, asked: torch.Tensor) -> tuple[torch.Tensor, onnx.ModelProto]:
    """What torch gives, and the file."""
    torch.manual_seed(0)
    table = torch.nn.Embedding(5, 8, max_norm=1.0, norm_type=norm_type).eval()
    model = torch.onnx.export(table, (asked,), dynamo=True, verbose=False).model_proto
    return table(asked).detach(), model


differs = False
expected, model = exported(inf, indices)
session = onnxruntime.InferenceSession(model.SerializeToString())
(found,) = session.run(None, {session.get_inputs()[0].name: indices.numpy()})
print("norm_type=inf, largest difference:", abs(found - expected.numpy()).max())
differs |= bool(abs(found - expected.numpy()).max() > 1e-5)

_, model = exported(2.0, indices.to(torch.int32))
try:
    onnx.checker.check_model(model, full_check=True)
except onnx.shape_inference.InferenceError as error:
    print("int32 indices:", str(error).strip().splitlines()[0])
    differs = True
sys.exit(int(differs))
