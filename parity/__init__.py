"""Tells rounding noise from bugs between PyTorch, TensorFlow and their ONNX exports."""
