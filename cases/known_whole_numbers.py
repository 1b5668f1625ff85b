"""Where exporters write whole numbers in a way that ONNX has not, or that loses some."""

from parity.cases import KnownDivergence

KNOWN = [
    KnownDivergence(
        cases="whole_numbers/maxpool2d-*",
        routes=("torch>ort", "torch>reference", "torchscript>ort", "torchscript>reference"),
        kind="onnx-invalid",
        says="MaxPool",
        script="exporters_maxpool_whole_numbers.py",
        reason="torch's exporters write a max pool of int32 or int64 as ONNX's MaxPool, which takes neither",
        evidence=(
            "torch.nn.MaxPool2d(2) of int64 in torch 2.13.0: a MaxPool whose input is of INT64, by both exporters; ONNX's MaxPool takes floats, "
            "int8 and uint8 (onnx 1.23.2), so strict shape inference says 'X typestr: T, has unsupported type', and ONNX Runtime 1.32 does not "
            "load the file; docs/divergences/exporters_maxpool_whole_numbers.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases="whole_numbers/maxpool2d-*high",
        routes=("tensorflow>ort", "tensorflow>reference"),
        kind="value",
        script="tf2onnx_maxpool_whole_numbers.py",
        reason="tf2onnx takes a max pool of whole numbers in float32, which rounds those above 2^24",
        evidence=(
            "keras.layers.MaxPooling2D(2) of int32, with 2^24 + 1 as the largest number: TensorFlow 2.21.0 gives 16777217, the file of tf2onnx "
            "1.17.0 16777216 in ONNX Runtime 1.32; a Cast to float32 before the MaxPool and one back behind it "
            "(PoolOp in tf2onnx/onnx_opset/nn.py); docs/divergences/tf2onnx_maxpool_whole_numbers.py"
        ),
        link="https://github.com/onnx/tensorflow-onnx/pull/1365",
        versions={"tf2onnx": "<=1.17.0"},
    ),
]
