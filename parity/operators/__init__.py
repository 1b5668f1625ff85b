"""ONNX operators, each written once as its float64 value and the rounding that an honest kernel may add to it."""
