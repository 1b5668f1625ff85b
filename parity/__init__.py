"""Tells rounding noise from bugs between PyTorch, TensorFlow and their ONNX exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.api import Checked, assert_parity, check

__all__ = ["Checked", "assert_parity", "check"]


def __getattr__(name: str) -> Any:
    """What a person imports, loaded when first asked for: the command and the plugin must start without it."""
    if name not in __all__:
        raise AttributeError(f"module 'parity' has no attribute {name!r}")
    from parity import api

    return getattr(api, name)
