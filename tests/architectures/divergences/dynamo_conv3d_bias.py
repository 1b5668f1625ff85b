"""torch's dynamo exporter gives a Conv3d without bias a bias of two zeros a channel, which ONNX has not.

Seen of torchvision's r3d_18. ONNX's Conv takes a bias of one axis; onnxscript's ``aten_conv3d`` expands 0 to ``[channels, 2]``. The
optimiser of the exporter drops it again, so that only a file that is written without it shows it.
"""

import tempfile
from pathlib import Path

import onnxruntime
import torch

model, image = torch.nn.Conv3d(3, 4, 3, bias=False).eval(), torch.zeros(1, 3, 4, 5, 6)
print("torch:", tuple(model(image).shape))
with tempfile.TemporaryDirectory() as folder:
    for optimize in (True, False):
        path = Path(folder) / f"{optimize}.onnx"
        torch.onnx.export(model, (image,), path, dynamo=True, optimize=optimize, verbose=False)
        try:
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            said = session.run(None, {session.get_inputs()[0].name: image.numpy()})[0].shape
        except Exception as error:  # noqa: BLE001 - its class is the runtime's own
            said = " ".join(str(error).split())
        print(f"ONNX Runtime, optimize={optimize}:", said)
