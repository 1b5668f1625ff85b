"""The porting guide, docs/porting.md: what people take for the same in torch, Keras and ONNX, built, run and compared."""
