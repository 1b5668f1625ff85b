"""The exporters to ONNX, one file each."""
