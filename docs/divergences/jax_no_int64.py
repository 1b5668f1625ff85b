"""JAX: int64 is int32 unless jax_enable_x64 is set, so that Keras' int64 is int32 too.

Seen with keras 3.15.1 and jax 0.10.2. https://docs.jax.dev/en/latest/notebooks/Common_Gotchas_in_JAX.html#double-64bit-precision
Ends with 1 while it differs.
"""

import os
import sys
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax.numpy as jnp
import keras

warnings.simplefilter("ignore")  # of JAX, which says that it truncates
alone = jnp.zeros(3, "int64").dtype
cast = keras.ops.cast(keras.ops.argmax(jnp.ones((2, 3)), axis=1), "int64").dtype
print("asked for int64, JAX gives", alone, "and Keras", cast)
sys.exit(int(str(cast) != "int64"))
