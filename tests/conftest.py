"""How Hypothesis runs, in every folder, what is imported before anything else, and which files come first."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec

import pytest
from hypothesis import settings

# The same examples on every run of a CI, other ones on each run of a person.
settings.register_profile("parity", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.load_profile("parity")

# torch's default wheel brings triton, and importing triton after TensorFlow in one process is a segmentation fault (triton
# 3.7 of torch 2.13, TensorFlow 2.21). parity's own workers host one framework each; the tests host several.
if find_spec("triton") is not None:
    import triton  # noqa: F401

# Started by nohup, or in a shell's background, the tests would ignore these signals, and so would all that they start.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

#: The folders whose tests start processes, a file of which can take minutes.
LONG = frozenset({"check", "cli", "compare", "docs", "plugin", "routes", "workers"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: files go to workers whole, and the last of them should not keep one at work while the others wait."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)
