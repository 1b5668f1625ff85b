"""Shared fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.cases.registry import Registry, load

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The cases of this repository."""
    return load(CASES)
