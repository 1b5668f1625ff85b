"""Files written whole or not at all, and read without trusting their size."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from parity.errors import ParityError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  #: no room: on the disk, in the quota, for so large a file


class TooLarge(Exception):
    """A file, or a line of it, is larger than anything parity writes; the message says which."""


def lines(file: BinaryIO, longest: int, most: int) -> Iterator[bytes]:
    """The lines of a file with their newlines, never holding more than one of ``longest`` bytes.

    Raises :class:`TooLarge` for a longer line, and once more than ``most`` bytes were read.
    """
    n = total = 0
    while raw := file.readline(longest + 1):
        n, total = n + 1, total + len(raw)
        if len(raw) > longest:
            raise TooLarge(f"line {n} is longer than {longest / 2**20:g} MiB")
        if total > most:
            raise TooLarge(f"is larger than {most / 2**30:g} GiB")
        yield raw


def written(path: Path, content: bytes) -> None:
    """Put ``content`` where a person asked for it. Raises :class:`ParityError` that says why it cannot be there."""
    try:
        replace(path, content)
    except OSError as error:
        raise ParityError(f"{path}: {error.strerror}; name a file in a folder that can be written") from None


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` at once: a reader sees the old file or the new one, never a part.

    Raises OSError naming ``path``, which is then as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        error.filename = str(path)
        raise


def remembered(path: Path) -> dict[str, Any]:
    """What :func:`remember` put there; nothing where there is none, or it is not what was stored: then it is made anew."""
    try:
        stored = json.loads(path.read_bytes())
        content: dict[str, Any] = stored["content"]
        return content if stored["digest"] == digest(content) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def remember(path: Path, content: dict[str, Any]) -> None:
    """Keep ``content``, which is JSON, at ``path``, where its folder is there and can be written."""
    with suppress(OSError):  # of a cache that cannot be written a run says so itself
        replace(path, json.dumps({"content": content, "digest": digest(content)}).encode())


def digest(content: object) -> str:
    """The SHA-256 of what is JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
