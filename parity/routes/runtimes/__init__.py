"""The runtimes of ONNX files, one file each."""
