"""torch's TorchScript exporter writes movedim(-1, 1) as a Transpose with axis -1, which ONNX forbids; torch 2.13, onnx 1.23, onnxruntime 1.32."""

import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import torch

warnings.filterwarnings("ignore")


class ChannelsFirst(torch.nn.Module):
    """The last of three axes behind the first."""

    def forward(self, x):
        return torch.relu(x).movedim(-1, 1)


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "movedim.onnx"
    torch.onnx.export(ChannelsFirst().eval(), (torch.randn(2, 5, 3),), str(path), dynamo=False)
    (turn,) = [node for node in onnx.load(path).graph.node if node.op_type == "Transpose"]
perm = list(turn.attribute[0].ints)
print(f"torch {torch.__version__}: movedim(-1, 1) of three axes is written with perm={perm}; [0, 2, 1] is meant")
sys.exit(perm != [0, 2, 1])
