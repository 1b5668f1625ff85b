"""Shared fixtures; how Hypothesis runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from parity.registry import Registry, load

# The same examples on every run of a CI, other ones on each run of a person.
settings.register_profile("parity", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.load_profile("parity")

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The cases of this repository."""
    return load(CASES)
