"""torch's dynamo exporter: the sum, running sum, product, largest and least of halves come as float32. Seen in torch 2.13."""

import io
import sys

import onnx
import torch
from onnx import TensorProto

wrong = []
for dtype in (torch.float16, torch.bfloat16):
    for name in ("sum", "cumsum", "prod", "amax", "amin"):

        class Reduced(torch.nn.Module):
            """One reduction."""

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                """Along the rows."""
                return getattr(torch, name)(x, 1)  # noqa: B023 - exported before the next turn

        x, written = torch.ones(2, 3, dtype=dtype), io.BytesIO()
        torch.onnx.export(Reduced(), (x,), written, dynamo=True, verbose=False)
        (output,) = onnx.load_from_string(written.getvalue()).graph.output
        kind = TensorProto.DataType.Name(output.type.tensor_type.elem_type)
        print(f"{name} of {dtype} gives {Reduced()(x).dtype} in torch and {kind} in the file")
        wrong += [name] * (kind == "FLOAT")
sys.exit(int(bool(wrong)))
