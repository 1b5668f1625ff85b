"""Exporters to ONNX, one file each."""
