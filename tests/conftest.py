"""How Hypothesis runs, in every folder."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples on every run of a CI, other ones on each run of a person.
settings.register_profile("parity", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.load_profile("parity")
