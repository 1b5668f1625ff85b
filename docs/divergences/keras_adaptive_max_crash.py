"""Keras: takes an adaptive maximum over a window one longer than the image too, which ends TensorFlow's process on the CPU, through oneDNN (keras <=3.15.1). https://github.com/tensorflow/tensorflow/issues/125509"""

import subprocess
import sys

PROGRAM = """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # of itself only where the processor has instructions such as AVX512_VNNI
import keras
import numpy as np
print(keras.layers.AdaptiveMaxPooling2D((1, 1))(np.zeros((2, 6, 10, 4), np.float32)).shape)
"""
ended = subprocess.run([sys.executable, "-I", "-c", PROGRAM], capture_output=True, text=True)
print("ended with", ended.returncode, ended.stdout.strip())
sys.exit(int(ended.returncode < 0))
