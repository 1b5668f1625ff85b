"""The twin in float64 of a Keras model: the same layers and weights, computing in float64."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.errors import Unsupported
from parity.routes.lowering.walking import graph_of

#: What a configuration calls the types and policies that are made float64.
NARROW = frozenset({"float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"})


def twin(model: Any) -> Any:
    """A model of the same configuration with every type of floats made float64, and the same weights.

    Layers of one's own must be known to Keras (``keras.saving.register_keras_serializable``). What TensorFlow computes in float32
    whatever it is given stays so: its bilinear resize, the constants of its GELU, the slope of a LeakyReLU [measured]. Raises
    :class:`Unsupported` for a model that Keras cannot make again from its configuration, and on other backends than
    TensorFlow, where Keras' promotion of types ends at float32.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        said = f"Keras computes in float32 on {keras.backend.backend()} whatever the type"
        raise Unsupported(f"model {model.name!r} has no twin in float64: {said}; KERAS_BACKEND=tensorflow does not")
    graph_of(model)  # says what is not built
    try:
        made = type(model).from_config(_widened(copy.deepcopy(model.get_config())))
    except (TypeError, ValueError, NotImplementedError, AttributeError, KeyError) as error:
        raise Unsupported(
            f"model {model.name!r} cannot be made again from its configuration: {type(error).__name__}: {error}"
        ) from error
    made.set_weights(model.get_weights())
    layers = made._flatten_layers()
    for part in [*layers, *(operation for layer in layers for operation in getattr(layer, "operations", []))]:
        for name, value in vars(part).items():
            if type(value) is float or (isinstance(value, list) and {*map(type, value)} == {float}):
                # TensorFlow reads it as a float32 before it casts it; what numpy keeps has a type.
                setattr(part, name, np.asarray(value, np.float64)[()])
        if hasattr(part, "finalize_state"):  # what a Normalization makes of its weights
            part.finalize_state()
    return made


def _widened(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {key: _widened(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(_widened, config))
    return "float64" if isinstance(config, str) and config in NARROW else config
