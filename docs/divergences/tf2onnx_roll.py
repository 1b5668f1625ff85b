"""tf2onnx writes tf.roll with one shift in a list as a Slice whose ends have two axes, which no runtime takes; tf2onnx 1.17, onnxruntime 1.32."""

import sys

import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx


@tf.function(input_signature=[tf.TensorSpec((2, 5), tf.float32)])
def rolled(x):
    """An axis of five places, moved on by two; with shift=2 and axis=1, which are no lists, the file is right."""
    return tf.roll(x, [2], [1])


proto, _ = tf2onnx.convert.from_function(rolled, input_signature=rolled.input_signature, opset=18)
x = np.arange(10, dtype=np.float32).reshape(2, 5)
try:
    (there,) = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {proto.graph.input[0].name: x})
    said = f"gives {there[0].tolist()}"
    differs = not np.array_equal(there, rolled(x).numpy())
except onnxruntime.capi.onnxruntime_pybind11_state.Fail as error:
    said, differs = f"does not run: {' '.join(str(error).split())[-60:]}", True
print(f"tf2onnx {tf2onnx.__version__}: its file of tf.roll(x, [2], [1]) {said}")
sys.exit(differs)
