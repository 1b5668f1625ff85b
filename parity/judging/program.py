"""What is asked for answers. Every route names it, so it lies by itself: a start of parity reads all routes and judges nothing."""

from __future__ import annotations

from collections.abc import Callable

from parity.axes import Array

Program = Callable[..., tuple[Array, ...]]
"""A built model: its inputs, arrays in its own order and axes, to all its outputs, as they come. A case has one input."""
