"""LiteRT: its converter stores a shape with a -1 for an einsum of a constant and an open batch, which its interpreter refuses.

Seen with tensorflow 2.21.0, keras 3.15.1, ai-edge-litert 2.3.0. The operands the other way round, or a batch of 2, are right.
Ends with 1 while it differs.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

keras.config.disable_interactive_logging()
WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4)
X = np.ones((2, 4, 5), np.float32)


def ended(batch: int | None, of: object) -> str:
    """How the converted model ends, beside the model itself."""
    signal = keras.Input(batch_shape=(batch, 4, 5))
    model = keras.Model(signal, of(signal))
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    try:
        given = Interpreter(model_content=content).get_signature_runner()(**{signal.name: X})["output_0"]
    except ValueError as error:
        return f"refused: {str(error).splitlines()[0]}"
    return "right" if np.array_equal(given, model(X).numpy()) else "wrong"


found = {
    "an open batch": ended(None, lambda x: keras.ops.einsum("oa,nab->nob", WEIGHT, x)),
    "a batch of 2": ended(2, lambda x: keras.ops.einsum("oa,nab->nob", WEIGHT, x)),
    "an open batch, the constant behind": ended(None, lambda x: keras.ops.einsum("nab,oa->nob", x, WEIGHT)),
}
print("; ".join(f"{what} {how}" for what, how in found.items()))
sys.exit(found["an open batch"] != "right")
