"""Exports kept by content: a folder of entries, each the ONNX file of one structure and exporter, or of one set of parameters.

An entry appears whole, by one rename, and is never changed: two runs on one cache at most write the same thing twice. What
a run reads it first links into its own scratch folder, so that no other run can take it away. Every file is compared
with its digest on the way out, and an entry that does not hold is removed. What goes when the cache is too large says
:mod:`parity.running.stock`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.errors import ParityError

JUDGEMENTS = "judgements.sqlite"  #: what passed, beside the exports
ENTRY = "entry.json"  #: of each entry: the digest of every file, and its own
MEND = "make it writable with room in it, or name another in pyproject.toml: [tool.parity] cache"
CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# What parity can make again; safe to delete.\n"


@dataclass(frozen=True)
class Kept:
    """An entry that holds. files: name within the entry -> its path; facts: what was stored with them."""

    files: Mapping[str, Path]
    facts: Mapping[str, Any]


class Damaged(Exception):
    """An entry did not hold and was removed; the message says what was wrong."""


@contextmanager
def scratch(cache: Path) -> Iterator[Path]:
    """A new folder in the cache for one run's passing files, gone at the end. Makes the cache where there is none.

    Those of runs that died are removed first: a live run holds a lock beside its folder, which the system lets go of
    with the process. Raises :class:`ParityError` where the cache cannot be written.
    """
    try:
        _prepare(cache)
        _remove_stale(cache)
        folder = cache.resolve() / f"scratch-{os.getpid()}-{secrets.token_hex(4)}"
        lock = folder.with_suffix(".lock").open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)  # before there is a folder, so that no folder is ever without its lock
        folder.mkdir()
    except OSError as error:
        raise ParityError(f"cache folder {cache}: cannot be written: {error.strerror}; {MEND}") from None
    try:
        yield folder
    finally:
        _remove(folder)
        Path(lock.name).unlink(missing_ok=True)
        lock.close()


def exports(cache: Path) -> Path:
    """The folder of the entries of a cache."""
    return cache / "exports"


def fetch(cache: Path, key: str, into: Path) -> Kept | None:
    """The entry ``key``, its files linked into the folder ``into``; None where there is none. It counts as used now.

    Raises :class:`Damaged`, the entry and the links gone, when any byte of it is not what was stored.
    """
    entry = _place(cache, key)
    if not entry.is_dir():
        return None
    try:
        index = _read_index(entry / ENTRY, key)
        with suppress(OSError):  # one that cannot be marked as used is removed sooner, no more
            os.utime(entry)
        files: dict[str, Path] = {}
        for name, digest in index["files"].items():
            files[name] = into / name
            try:
                _link(entry / name, files[name])
            except FileNotFoundError:
                raise Damaged(f"{name} is missing") from None
            if _digest(files[name]) != digest:
                raise Damaged(f"{name} is not what was stored")
    except Damaged:
        for path in into.iterdir():
            path.unlink()
        if not entry.is_dir():
            return None  # another run made room meanwhile
        doomed = into.with_name(f"{into.name}-damaged")
        with suppress(FileNotFoundError):  # another run removed it first
            entry.rename(doomed)
            _remove(doomed)
        raise
    return Kept(files, index["facts"])


def store(cache: Path, key: str, folder: Path, names: list[str], facts: Mapping[str, Any]) -> None:
    """Keep the files called ``names`` of ``folder``, which must lie in a scratch folder of this cache, as entry ``key``.

    facts: JSON to keep with them. Where the entry is there already, that one stays.
    """
    made = folder.with_name(f"{folder.name}-entry")
    _remove(made)  # of an attempt that was stopped
    made.mkdir()
    for name in names:
        _link(folder / name, made / name)
    content = {"key": key, "files": {name: _digest(made / name) for name in names}, "facts": dict(facts)}
    (made / ENTRY).write_text(json.dumps({"content": content, "digest": _json_digest(content)}))
    place = _place(cache, key)
    place.parent.mkdir(exist_ok=True)
    try:
        made.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        _remove(made)


def _place(cache: Path, key: str) -> Path:
    return exports(cache) / key


def _read_index(path: Path, key: str) -> dict[str, Any]:
    try:
        index = json.loads(path.read_bytes())
        content: dict[str, Any] = index["content"]
        if index["digest"] != _json_digest(content):
            raise Damaged(f"{ENTRY} is not what was stored")
        if content["key"] != key:
            raise Damaged(f"{ENTRY} is of another entry")
    except FileNotFoundError:
        raise Damaged(f"{ENTRY} is missing") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Damaged(f"{ENTRY} cannot be read") from None
    return content


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json_digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _link(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the file system has no such thing."""
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _prepare(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", CACHEDIR_TAG)):
        if not (cache / name).exists():
            (cache / name).write_text(text)


def _remove_stale(cache: Path) -> None:
    for half in cache.glob("removed-*/"):
        _remove(half)
    for folder in cache.glob("scratch-*/"):
        path = folder.with_suffix(".lock")
        try:
            with path.open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)
                path.unlink(missing_ok=True)
        except BlockingIOError:
            continue  # its run is alive


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what is left, the next run removes
