"""torch's TorchScript exporter: a variance of bfloat16 casts to complex128, ONNX's type of torch's number for bfloat16. Seen in torch 2.13."""

import io
import sys

import onnx
import torch
from onnx import TensorProto


class Variance(torch.nn.Module):
    """Along the rows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As torch has it."""
        return torch.var(x, 1)


written = io.BytesIO()
torch.onnx.export(Variance(), (torch.ones(2, 3, dtype=torch.bfloat16),), written, dynamo=False)
nodes = onnx.load_from_string(written.getvalue()).graph.node
types = {TensorProto.DataType.Name(each.i) for node in nodes for each in node.attribute if each.name == "to"}
print(f"types that the file casts to: {', '.join(sorted(types))}")
sys.exit(int("COMPLEX128" in types))
