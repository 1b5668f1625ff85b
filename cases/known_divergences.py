"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces."""

from parity.cases import KnownDivergence

KNOWN = [
    KnownDivergence(
        cases=("conv2d/*groups*", "conv2d/*depthwise*"),
        routes="tensorflow>*",
        kind="onnx-invalid",
        reason="tf2onnx writes a grouped Keras convolution as a StatefulPartitionedCall, which no ONNX opset has",
        evidence=(
            "Keras compiles a grouped convolution with XLA (keras/src/backend/tensorflow/nn.py, _conv_xla), the compiled "
            "function stays in the traced graph as a call, and tf2onnx logs 'Tensorflow op [...StatefulPartitionedCall] "
            "is not supported' but returns the file: onnx.checker refuses it, and ONNX Runtime cannot load it"
        ),
        link="https://github.com/onnx/tensorflow-onnx/issues/2099",
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases=("conv2d/dilation2-same-*", "conv2d/k?-dilation*-same", "conv2d/depthwise-dilation2-same"),
        routes="torchscript>ort",
        kind="error",
        reason="ONNX Runtime's CPU convolution refuses a dilation together with auto_pad, which the file holds",
        evidence=(
            "torch's TorchScript exporter writes padding='same' as auto_pad=SAME_UPPER beside dilations=[2, 2]; at run time "
            "ONNX Runtime 1.32 says 'Dilation not supported for AutoPadType::SAME_UPPER or AutoPadType::SAME_LOWER'. "
            "The reference evaluator runs the same file and agrees with the oracle; the dynamo exporter writes explicit pads"
        ),
        link="https://github.com/microsoft/onnxruntime/issues/20582",
        versions={"onnxruntime": "<=1.32.0"},
    ),
    KnownDivergence(
        cases=("maxpool2d/k2-stride3-ceil-pad1", "avgpool2d/k2-stride3-ceil-pad1"),
        routes="torch>*",
        kind="onnx-invalid",
        reason="ONNX shape inference counts a last window that starts in the padding, which torch and the runtimes ignore",
        evidence=(
            "input 11x13, kernel 2, stride 3, pad 1, ceil_mode: onnx 1.23.2 infers 5x6 for MaxPool and AveragePool in opsets "
            "12, 15 and 20; torch, ONNX Runtime 1.32 and onnx's own reference evaluator compute 4x5, as the operator's text "
            "demands ('sliding windows that would start in the right padded region are ignored')"
        ),
        link="https://github.com/pytorch/pytorch/issues/131272",
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases=("maxpool2d/k2-stride3-ceil-pad1", "avgpool2d/k2-stride3-ceil-pad1"),
        routes="torchscript>*",
        kind="onnx-shape",
        reason="the file declares the shape that ONNX shape inference gives, with a window that starts in the padding",
        evidence=(
            "the TorchScript exporter stores the inferred 5x6 as the output's shape where torch computes 4x5 (see the entry "
            "above for the inference); ONNX Runtime warns 'Expected shape from model does not match actual shape'"
        ),
        link="https://github.com/pytorch/pytorch/issues/131272",
        versions={"onnx": "<=1.23.2"},
    ),
    KnownDivergence(
        cases="maxpool2d/k2-stride1-same",
        routes="tensorflow>reference",
        kind="shape",
        reason="onnx's reference evaluator mixes up height and width in the pads of a MaxPool with stride 1",
        evidence=(
            "MaxPool, kernel 2x2, strides 1, pads [0, 0, 1, 1], input 11x14: the evaluator of onnx 1.23.2 gives 10x15 in "
            "opsets 12, 15 and 20, shape inference and ONNX Runtime give 11x14. Its stride-1 path unpacks the pads as top, bottom, "
            "left, right (onnx/reference/ops/_op_common_pool.py, line 230); ONNX orders them top, left, bottom, right"
        ),
        versions={"onnx": "<=1.23.2"},
    ),
]
