"""The source of what spells a case, as digests: every file that a spelling may read on its way.

Of parity itself the modules that a spelling or an exporter goes through. Of a person's own code whole folders, since a
spelling reads helpers and data beside it: the folder of case files, or the package that a layer is defined in; and so for
every module that those import, unless it is of an installed distribution, which stands for itself by its version. What a
spelling reads by a path that leads elsewhere, or imports by a name made at run time, is not seen.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

import parity
from parity.cases.registry import PACKAGE

OWN = "parity"
ROOT = Path(parity.__file__).parent

#: The modules of parity that run in an export. What the others say of a case goes into the key as what they say.
TAKES_PART = ("parity.axes", "parity.layers", "parity.operators.file", "parity.routes")

LARGE = 2**22  #: bytes above which a file that keeps size and time is not read again in one process
INSTALLED = {"site-packages", "dist-packages"}  #: the folders that distributions are installed into


def sources(classes: Iterable[type], modules: Iterable[str]) -> dict[str, str]:
    """Digest (or version) of everything that instances of ``classes`` run through, and of these modules of parity."""
    defining = {base.__module__ for cls in classes for base in cls.__mro__}
    waiting = [*modules, *(name for name in defining if _top(name) not in sys.stdlib_module_names)]
    roots = {*waiting, *map(_top, waiting)}
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        name = name if _top(name) == OWN else _top(name)
        if name in seen or name in sys.stdlib_module_names:
            continue
        seen.add(name)
        if _top(name) == OWN:
            waiting += _of_parity(name, name in roots, found)
        else:
            waiting += _of_others(name, name in roots, found)
    return found


def _of_parity(name: str, root: bool, found: dict[str, str]) -> list[str]:
    """Take a module of parity in, if it is one that takes part; the names of modules that it imports."""
    if not root and not any(name == room or name.startswith(f"{room}.") for room in TAKES_PART):
        return []
    if (read := _own(name)) is None:
        return []  # a name inside a module
    found[name], imported = read
    return list(imported)


@cache  # a process keeps the parity that it has
def _own(name: str) -> tuple[str, tuple[str, ...]] | None:
    """What :func:`_read` says of a module of parity; None where there is no such module."""
    stem = ROOT.joinpath(*name.split(".")[1:])
    path = next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)
    return None if path is None else _read(path)


def _of_others(name: str, root: bool, found: dict[str, str]) -> list[str]:
    """Take a module or package in that is not parity's; the names of modules that it imports.

    root: a case, a layer or a part is defined in it, so its files count wherever they lie.
    """
    places = _places(name)
    if not places:
        found[name] = "absent"
        return []
    if not root and all(_is_installed(place) for place in places):
        found[name] = _versions(name)
        return []
    imported: list[str] = []
    for n, place in enumerate(places):
        # Beside a single module may lie what it reads; a folder that things are installed into holds others' files.
        tree = place if place.is_dir() else place.parent
        paths = [place] if place.is_file() and _is_installed(place) else _files(tree, deep=place.is_dir())
        for path in paths:
            found[f"{name}:{n}:{path.relative_to(tree)}"], names = _read(path)
            imported += names
    return imported


def _places(name: str) -> list[Path]:
    """Where a top-level module lies: a file, or the folders of a package."""
    if name == PACKAGE:  # mounted by hand, so no finder knows it
        return [Path(folder) for folder in sys.modules[PACKAGE].__path__]
    try:
        spec = find_spec(name)
    except ValueError:  # a module that was made by hand
        spec = None
    if spec is None:
        if name in sys.modules:
            raise LookupError(f"module {name} has no file, so whether it changed cannot be told")
        return []
    if spec.submodule_search_locations is not None:
        return [Path(folder) for folder in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def _files(folder: Path, deep: bool) -> Iterator[Path]:
    """The files of a folder in order, with all below it if ``deep``; nothing hidden, nothing that Python compiled."""
    visited: set[str] = set()
    for here, folders, names in os.walk(folder, followlinks=True):
        if os.path.realpath(here) in visited:  # a link that leads back
            folders.clear()
            continue
        visited.add(os.path.realpath(here))
        wanted = [name for name in folders if deep and not name.startswith(".") and name != "__pycache__"]
        folders[:] = sorted(wanted)
        for name in sorted(names):
            path = Path(here, name)
            if not name.startswith(".") and path.is_file():  # neither a pipe nor a link to nothing
                yield path


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """The digest of a file as it is now, and the names of the modules that it imports, if it is Python."""
    state = path.stat()
    if state.st_size > LARGE:
        return _digest(path, state.st_size, state.st_mtime_ns), ()
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), _imported(content) if path.suffix == ".py" else ()


@cache
def _digest(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _imported(content: bytes) -> tuple[str, ...]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # as it stands nobody can import it
        return ()
    return tuple(dict.fromkeys(_imports(tree)))


def _imports(tree: ast.AST) -> Iterator[str]:
    """What a file imports anywhere in it; ``from a import b`` may mean ``a`` or ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:  # what is relative lies in the tree
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _is_installed(path: Path) -> bool:
    return bool(INSTALLED & set(path.parts)) or path.is_relative_to(sysconfig.get_path("stdlib"))


@cache
def _versions(name: str) -> str:
    """The versions of the distributions that a module is of."""
    return " ".join(f"{found}=={version(found)}" for found in sorted(set(_distributions().get(name, []))))


@cache  # it reads the list of files of everything that is installed
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()
