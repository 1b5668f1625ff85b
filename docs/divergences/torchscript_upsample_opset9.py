"""torch's tracing exporter: below opset 11 a resize is written with operators that cannot say it.

Seen with torch 2.13.0, beside onnxruntime 1.32.0: bilinear differs, and a factor below 1 at opset 9 cannot be loaded.
The exporter itself warns of it. Ends with 1 while it is so.
"""

import sys
import tempfile
import warnings

import onnxruntime
import torch

warnings.simplefilter("ignore")
wrong = 0
for mode, factor in (("nearest", 2.0), ("bilinear", 2.0), ("nearest", 0.5)):
    for opset in (9, 10, 11):
        torch.manual_seed(0)
        x, module = torch.randn(2, 3, 8, 10), torch.nn.Upsample(scale_factor=factor, mode=mode).eval()
        path = tempfile.mkdtemp() + "/file.onnx"
        torch.onnx.export(module, (x,), path, dynamo=False, opset_version=opset)
        try:
            session = onnxruntime.InferenceSession(path)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime's own, of no class that it exports
            print(mode, factor, "opset", opset, "is refused:", str(error)[-60:])
            wrong += 1
            continue
        (given,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        apart = abs(module(x).numpy() - given).max()
        print(mode, factor, "opset", opset, "differs by", apart)
        wrong += apart > 1e-4
sys.exit(int(wrong > 0))
