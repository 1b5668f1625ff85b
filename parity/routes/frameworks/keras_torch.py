"""Keras on torch."""

from __future__ import annotations

import os

from parity.routes.frameworks.keras import OnKeras, use


class KerasTorch(OnKeras):
    """Builds networks as Keras models whose operations are torch's."""

    backend = "torch"
    name = "keras-torch"
    modules = ("torch", "keras")
    distributions = ("torch", "keras")
    mend = "pip install 'parity[torch]' keras"

    def start(self, threads: int) -> None:
        """Import torch and Keras, and fix threads."""
        os.environ["KERAS_TORCH_DEVICE"] = "cpu"
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        use(self.backend)
