"""What a cache holds: its entries with their sizes and when each was last used, and which of them go.

The time of an entry's folder is when it was stored or last fetched; nothing else changes it, since entries are whole.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from parity.errors import ParityError
from parity.running.cache import ENTRY, MEND, exports


@dataclass(frozen=True)
class Entry:
    """One entry. size: bytes of its files; used: seconds since 1970; exporter: who wrote them, empty where it cannot be read;
    linked: whether a run has links to its files now, so that removing it makes no room.
    """

    path: Path
    size: int
    used: float
    exporter: str
    linked: bool


def entries(cache: Path) -> list[Entry]:
    """The entries of a cache, that used the longest ago first. What another run takes away meanwhile is left out."""
    found = []
    for path in exports(cache).glob("*/"):
        with suppress(FileNotFoundError):
            states = [file.stat() for file in path.iterdir()]
            size, linked = sum(state.st_size for state in states), any(state.st_nlink > 1 for state in states)
            found.append(Entry(path, size, path.stat().st_mtime, _exporter(path / ENTRY), linked))
    return sorted(found, key=lambda entry: (entry.used, entry.path))


def surplus(found: Sequence[Entry], limit: int) -> list[Entry]:
    """What has to go of entries, in this order, for the rest to have at most ``limit`` bytes. What is linked stays. Pure."""
    size, gone = sum(entry.size for entry in found), []
    for entry in found:
        if size <= limit:
            break
        if not entry.linked:
            size -= entry.size
            gone.append(entry)
    return gone


def remove(cache: Path, doomed: Iterable[Entry]) -> None:
    """Take entries away, each at once: nobody sees half of one. What a run has linked stays that run's."""
    for entry in doomed:
        away = cache / f"removed-{secrets.token_hex(8)}"
        with suppress(FileNotFoundError):  # another run was first
            entry.path.rename(away)
            shutil.rmtree(away)


def trim(cache: Path, limit: int) -> None:
    """Remove what was used the longest ago until a cache has at most ``limit`` bytes, but for what live runs have linked.

    Raises :class:`ParityError` where that is not allowed.
    """
    try:
        remove(cache, surplus(entries(cache), limit))
    except OSError as error:
        raise ParityError(f"cache folder {cache}: cannot be written: {error.strerror}; {MEND}") from None


def _exporter(index: Path) -> str:
    try:
        return str(json.loads(index.read_bytes())["content"]["facts"]["exporter"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
