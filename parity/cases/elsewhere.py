"""What ran where parity cannot reach, as it is typed: a name, and the file of what it gave. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UsageError


@dataclass(frozen=True)
class Elsewhere:
    """A run of a person's own, known by its values alone.

    name: what it is called among the routes; file: the ``.npz`` of its outputs by name, and of any values in between.
    """

    name: str
    file: Path


def elsewhere(text: str) -> Elsewhere:
    """A run as it is typed: ``NAME=FILE.npz``. Raises :class:`UsageError` naming what is wrong."""
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise UsageError(f"--outputs {text}: it does not say what ran and what it gave; write NAME=FILE.npz")
    return named(name, Path(file))


def named(name: str, file: Path) -> Elsewhere:
    """A run by its name and file. Raises :class:`UsageError` for a name that would not read well among the routes."""
    if not re.fullmatch(r"\w[\w.+-]*", name):
        raise UsageError(f"--outputs {name}={file}: {name!r} is no name for a route; use letters, digits, . + - and _")
    return Elsewhere(name, file)
