"""Keras on JAX."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from parity.errors import Unsupported
from parity.routes.frameworks.keras import OnKeras, use
from parity.routes.options import XLA, Option


class KerasJax(OnKeras):
    """Builds networks as Keras models whose operations are JAX's, one by one, or compiled whole where that is asked."""

    backend = "jax"
    name = "keras-jax"
    modules = ("jax", "keras")
    distributions = ("jax", "jaxlib", "keras")
    mend = "pip install 'parity[jax]'"
    options: tuple[Option, ...] = (XLA,)

    def start(self, threads: int) -> None:
        """Import JAX and Keras; the environment says how many threads it makes."""
        os.environ |= {"JAX_PLATFORMS": "cpu", "NPROC": str(threads)}
        import jax  # noqa: F401

        use(self.backend)

    def called(self, model: Any) -> Callable[..., Any]:
        """The model, or what JAX compiles it to as a whole."""
        import jax

        if XLA.word not in self.asked:
            return model  # type: ignore[no-any-return]
        if model.training_mode is not None:
            raise Unsupported("jax.jit takes no model that changes its states")
        return jax.jit(model.__call__)  # type: ignore[no-any-return]
