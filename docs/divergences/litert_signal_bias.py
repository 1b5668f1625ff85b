"""LiteRT: its converter fails at a bias_add with data_format="NCHW" to a signal, which is what Keras makes of an ops.add of an array along its places.

Seen with tensorflow 2.21. Ends with 1 while it differs.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError

differs = False
for shape in ((2, 6, 3), (2, 6, 5, 3)):
    function = tf.function(lambda x: tf.nn.bias_add(x, tf.range(6.0), data_format="NCHW"))
    print("to", shape, "TensorFlow gives", function(tf.zeros(shape)).shape, end=", ")
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    try:
        tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
        print("LiteRT converts it")
    except ConverterError as error:
        said = str(error)
        print("LiteRT:", said[said.index("'tf.") :].splitlines()[0])
        differs = True
sys.exit(int(differs))
