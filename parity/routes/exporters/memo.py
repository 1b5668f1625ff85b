"""A function of a library's that always gives the same, stood in for by one that remembers, while an export runs.

Such functions are private, so each is looked at first: one that is absent, or no longer as it was known, is left alone. The
export is slower for it and no other, and :func:`news` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from parity.files import remember, remembered

FILE = "searched.json"  #: in a cache: what took long to find, by all that decides it

Function = Callable[..., Any]


class UnlikeError(Exception):
    """Why a function is not the one that is known."""


@dataclass(frozen=True)
class Table:
    """A function that another can stand in for.

    users: the modules, or objects in them, that call it by its name; takes: its parameters as they are known; once: what
    stands in for it, made of it; it may raise :class:`UnlikeError`.
    """

    name: str
    users: tuple[str, ...]
    takes: tuple[str, ...]
    once: Callable[[Function], Function]

    def found(self) -> Found:
        """The function as it is here. Raises :class:`UnlikeError`."""
        try:
            users = [resolve_name(user) for user in self.users]
            function, *others = [getattr(user, self.name) for user in users]
            if any(other is not function for other in others):
                raise UnlikeError("is not the same for all who call it")
            if tuple(signature(function).parameters) != self.takes:
                raise UnlikeError("takes other arguments")
            return Found(self.name, users, function, self.once(function))
        except (ImportError, AttributeError) as error:
            raise UnlikeError(f"is not as it was: {error}") from None


@dataclass(frozen=True)
class Found:
    """A table's function, who calls it, and what can stand in for it."""

    name: str
    users: Sequence[Any]
    function: Function
    once: Function


@dataclass
class Memo:
    """Some tables of one exporter, looked for when it is first used."""

    tables: Sequence[Table]
    _found: list[Found] | None = field(default=None, init=False)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What an export meanwhile needs of these tables is made once."""
        with ExitStack() as stack:
            for found in self._here() if _on else ():
                for user in found.users:
                    # What somebody else put there meanwhile is theirs.
                    if getattr(user, found.name) is found.function:
                        stack.enter_context(standing_in(user, found.name, found.once))
            yield

    def _here(self) -> list[Found]:
        if self._found is None:
            self._found = []
            for table in self.tables:
                try:
                    self._found.append(table.found())
                except UnlikeError as error:
                    leave(table.name, str(error))
        return self._found


@contextmanager
def standing_in(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute of a module or another object has this value meanwhile."""
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:  # it has that name of something behind it
            delattr(owner, name)


_on = True
_folder: Path | None = None
_kept: dict[str, Any] = {}
_left: dict[str, str] = {}  # the name of a table -> why it is left alone
_told: set[str] = set()


def use(memo: bool, folder: Path | None = None) -> None:
    """Whether exports of this process keep tables from now on; without a word they do.

    folder: a cache, where they also keep for other processes what takes long to find.
    """
    global _on, _folder
    _on, _folder = memo, folder


def recall(key: str) -> Any:
    """What was kept by this key, here or in the folder of :func:`use`; None where nothing was."""
    if key not in _kept and _folder is not None:
        _kept.update(remembered(_folder / FILE))
    return _kept.get(key)


def keep(key: str, found: Any) -> None:
    """Keep what took long to find, which is JSON, by all that decides it."""
    _kept[key] = found
    if _folder is not None:
        remember(_folder / FILE, remembered(_folder / FILE) | {key: found})


def leave(name: str, why: str) -> None:
    """Note that the function of this name is left alone."""
    _left.setdefault(name, why)


def news() -> tuple[str, ...]:
    """What is left alone and why, each sentence once in a process."""
    new = [name for name in _left if name not in _told]
    _told.update(new)
    return tuple(f"exports are slower: {name} {_left[name]}, so it is called anew in each" for name in new)
