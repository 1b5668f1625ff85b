"""Both ONNX exporters of torch leave out the divisor_override of an average pool, without a word.

Seen with torch 2.13.0 and onnxscript 0.7.2, run in onnxruntime 1.32.0. https://github.com/pytorch/pytorch/issues/105349
"""

import io
import sys
import warnings

import numpy as np
import onnxruntime
import torch

warnings.filterwarnings("ignore")
wrong = False
for dynamo in (True, False):
    for pool, shape in [(torch.nn.AvgPool2d, (2, 3, 11, 14)), (torch.nn.AvgPool3d, (2, 3, 6, 7, 8))]:
        model, x = pool(2, divisor_override=5).eval(), torch.randn(*shape)
        file = io.BytesIO()
        torch.onnx.export(model, (x,), file, dynamo=dynamo, verbose=False)
        session = onnxruntime.InferenceSession(file.getvalue())
        seen = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        off = np.abs(seen - model(x).numpy()).max()
        print(f"dynamo={dynamo} {pool.__name__}: the file is off by {off:.3g}")
        wrong |= bool(off > 1e-5)
print("torch", torch.__version__, "onnxruntime", onnxruntime.__version__)
sys.exit(wrong)
