"""``parity cache``: what is kept of exports and judgements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from parity.cli.console import Output
from parity.errors import ParityError
from parity.routes.exporters import memo
from parity.running.cache import JUDGEMENTS, MEND
from parity.running.stock import Entry, entries, remove
from parity.sizes import spelled


def cache(folder: Path, limit: int, clear: bool, as_json: bool, out: Output) -> int:
    """Show the cache in ``folder``, or remove its entries first. Raises :class:`ParityError` where that is not allowed."""
    try:
        found = entries(folder)
        if clear:
            remove(folder, found)
            for file in (JUDGEMENTS, memo.FILE):
                (folder / file).unlink(missing_ok=True)
            found = entries(folder)
        judged = (folder / JUDGEMENTS).stat().st_size if (folder / JUDGEMENTS).exists() else 0
    except OSError as error:
        raise ParityError(f"cache folder {folder}: cannot be read or written: {error.strerror}; {MEND}") from None
    for line in [json.dumps(plain(folder, found, judged, limit))] if as_json else lines(folder, found, judged, limit):
        out.line(line)
    return 0


def plain(folder: Path, found: Sequence[Entry], judged: int, limit: int) -> dict[str, object]:
    """The cache as JSON: sizes in bytes, that of the judgements beside the exports' among them, times as ISO 8601 in UTC, None where there is no entry."""
    return {
        "folder": str(folder),
        "entries": len(found),
        "bytes": sum(entry.size for entry in found),
        "limit": limit,
        "judgements": judged,
        "exporters": {name: {"entries": n, "bytes": size} for name, (n, size) in _by_exporter(found).items()},
        "oldest": _time(found[0]) if found else None,
        "newest": _time(found[-1]) if found else None,
    }


def lines(folder: Path, found: Sequence[Entry], judged: int, limit: int) -> Iterator[str]:
    """The cache as text."""
    size = sum(entry.size for entry in found)
    yield f"{folder}: {len(found)} {'entry' if len(found) == 1 else 'entries'}, {spelled(size)}; limit {spelled(limit)}"
    if judged:
        yield f"{'judgements':<27} {spelled(judged):>9}"
    if not found:
        return
    yield f"used    {_time(found[0])} to {_time(found[-1])}"
    for name, (n, part) in _by_exporter(found).items():
        yield f"{name or '(damaged)':<12} {n:>6} entries {spelled(part):>9}"


def _by_exporter(found: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    counted: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for entry in found:
        n, size = counted[entry.exporter]
        counted[entry.exporter] = (n + 1, size + entry.size)
    return dict(sorted(counted.items()))


def _time(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds")
