"""What a word of the command line stands for. Each raises what argparse makes a sentence of."""

from __future__ import annotations

from argparse import ArgumentTypeError

from parity.sizes import parsed


def seed(text: str) -> int:
    """A whole number of at least 0."""
    return _whole(text, 0)


def count(text: str) -> int:
    """A whole number of at least 1."""
    return _whole(text, 1)


def shard(text: str) -> tuple[int, int]:
    """``3/8`` as 3 and 8."""
    number, slash, of = text.partition("/")
    if not slash:
        raise ArgumentTypeError(f"{text!r} must be a shard such as 3/8")
    return count(number), count(of)


def factor(text: str) -> float:
    """A number of at least 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1.0 <= value < float("inf"):
        raise ArgumentTypeError(f"{text!r} must be a number of at least 1")
    return value


def gates(text: str) -> tuple[str, ...]:
    """The names of gates, with commas."""
    from parity.records.changes import GATES

    names = tuple(text.split(","))
    for name in names:
        if name not in GATES:
            raise ArgumentTypeError(f"{name!r} is no gate; there are {', '.join(GATES)}")
    return names


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise ArgumentTypeError(f"{text!r} must be a whole number of at least {least}")
    return int(text)


def size(text: str) -> int:
    """Bytes, from ``4GiB`` and the like."""
    found = parsed(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} must be a size such as 4GiB, 500MB or a number of bytes")
    return found
