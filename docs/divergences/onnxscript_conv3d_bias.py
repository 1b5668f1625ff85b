"""torch's dynamo exporter: gives a Conv3d without bias a bias of two axes, which ONNX has not (onnxscript <=0.7.2).

Seen of torchvision's r3d_18: onnxscript's ``aten_conv3d`` expands 0 to ``[channels, 2]``. The exporter's optimiser drops it again, so
that only a file that is written without it shows it.
"""

import sys
import tempfile

import onnxruntime
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

model, image = torch.nn.Conv3d(3, 4, 3, bias=False).eval(), torch.zeros(1, 3, 4, 5, 6)
print("torch:", tuple(model(image).shape))
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.onnx"
    torch.onnx.export(model, (image,), path, dynamo=True, optimize=False, verbose=False)
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        said = str(session.run(None, {session.get_inputs()[0].name: image.numpy()})[0].shape)
    except Fail as error:
        said = " ".join(str(error).split())
print("ONNX Runtime:", said)
sys.exit(int("FAIL" in said))
