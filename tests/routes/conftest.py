"""Keras in this process, for the tests that lower its models."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def keras() -> Any:
    """Keras on TensorFlow, with everything it draws fixed."""
    pytest.importorskip("tensorflow", reason="builds real Keras models")
    from parity.routes.frameworks.tensorflow import TensorFlow

    TensorFlow().start(1)
    import keras

    keras.utils.set_random_seed(0)
    return keras
