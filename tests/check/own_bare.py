"""What is no model, in a file that imports no framework."""

from __future__ import annotations

from typing import Any


def fails() -> Any:
    return _helper()


def _helper() -> Any:
    raise ValueError("no weights here")


number = 5
