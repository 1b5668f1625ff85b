"""Errors a person can act on: each names what is wrong, its value and the mend.

Every class carries the exit code the command line ends with. ``Unsupported`` is not an error but a fact about a
framework, so it stands apart and becomes a verdict.
"""

from __future__ import annotations

from collections.abc import Collection


class ParityError(Exception):
    """parity could not do its own work (exit code 3)."""

    exit_code = 3


class UsageError(ParityError):
    """The person asked for something that does not exist or is not valid (exit code 2)."""

    exit_code = 2


class CodeError(UsageError):
    """A person's own code failed (exit code 2); ``lines`` are those of its traceback, without parity's own."""

    def __init__(self, message: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.lines = lines


class FieldError(UsageError, ValueError):
    """A field of a layer, network or case is out of its valid range (exit code 2)."""

    def __init__(self, owner: str, field: str, value: object, mend: str) -> None:
        super().__init__(f"{owner}: {field}={value!r} {mend}")
        self.owner, self.field, self.value, self.mend = owner, field, value, mend


class RecordsError(UsageError):
    """A records file cannot be read (exit code 2)."""


class MissingError(ParityError):
    """Something the person required is not on this machine (exit code 4)."""

    exit_code = 4


class NothingSelectedError(ParityError):
    """The patterns selected no check (exit code 5)."""

    exit_code = 5


class Unsupported(Exception):
    """A framework, exporter or runtime cannot say or run this layer; the message is the reason."""


class Stopped(Exception):
    """An exporter stopped at an exception that it hides behind words of its own; the message is what was hidden."""


class Broken(Exception):
    """A route broke a promise that is checked before any number is compared.

    ``kind`` is one of the kinds of ``parity.records.verdict.Kind``; the message says what was seen.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def nearest(name: str, names: Collection[str]) -> str:
    """For a message on a name that does not exist: up to three that are near to it; empty where none is."""
    from difflib import get_close_matches  # here, since every process imports this file and few err

    near = get_close_matches(name, sorted(names), 3, 0.6)
    return f"; did you mean {' or '.join(near)}" if near else ""
