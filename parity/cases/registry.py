"""The cases of a folder. Its files are imported as ``parity_cases.<file>``, so that layers defined there pickle."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from parity.cases.case import Case
from parity.cases.known import KnownDivergence
from parity.cases.model import AnyCase, ModelCase
from parity.cases.shipped import SHIPPED
from parity.errors import ParityError, UsageError

PACKAGE = "parity_cases"


@dataclass(frozen=True)
class Registry:
    """What a folder of case files declares: cases by name in the order of files, known divergences.

    known: the folder's own, then those that parity ships and the folder does not declare itself, by their reason; files: case name -> the file that declares it.
    """

    cases: Mapping[str, AnyCase]
    known: tuple[KnownDivergence, ...]
    folder: Path
    files: Mapping[str, Path]


def mount(folder: Path) -> None:
    """Make the files of ``folder`` importable as ``parity_cases.<file>`` without importing them.

    A worker process does this before it unpickles a case, whose layers may be defined there. Mounting another folder
    forgets the modules of the one before.
    """
    where = str(folder.resolve())
    package = sys.modules.get(PACKAGE)
    if package is None or list(package.__path__) != [where]:
        forget()
        package = ModuleType(PACKAGE)
        package.__path__ = [where]
        sys.modules[PACKAGE] = package
    importlib.invalidate_caches()


def forget() -> None:
    """Forget the modules of the folder that is mounted, so that its files are read again."""
    for name in [n for n in sys.modules if n.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def load(folder: Path) -> Registry:
    """Import every ``*.py`` of ``folder`` that does not start with ``_`` and gather its ``CASES`` and ``KNOWN``.

    A file that this process imported before is not read again: its classes have to stay the same to pickle. Raises
    :class:`UsageError`, one line that names file and line, for what is wrong in a file, and naming both files for a case
    name that is used twice.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: there is no such folder of cases; make it, or name one in pyproject.toml: [tool.parity] cases"
        )
    mount(folder)
    cases: dict[str, AnyCase] = {}
    places: dict[str, Path] = {}
    known: list[KnownDivergence] = []
    for file in sorted(folder.glob("*.py")):
        if file.name.startswith("_"):
            continue
        module = _import(file)
        for case in _items(module, file, "CASES", Case, ModelCase):
            if case.name in cases:
                both = f"{places[case.name]} and {file}" if places[case.name] != file else f"{file} twice"
                raise UsageError(f"case {case.name!r} is declared in {both}; rename one")
            cases[case.name] = case.within(folder) if isinstance(case, ModelCase) else case
            places[case.name] = file
        known += (replace(entry, file=str(file)) for entry in _items(module, file, "KNOWN", KnownDivergence))
    if not cases:
        raise UsageError(f"{folder}: declares no case; a file in it defines CASES = [Case(...), ...]")
    declared = {entry.reason for entry in known}
    known += (entry for entry in SHIPPED if entry.reason not in declared)
    return Registry(MappingProxyType(cases), tuple(known), folder, MappingProxyType(places))


def _import(file: Path) -> ModuleType:
    if not file.stem.isidentifier():
        raise UsageError(f"{file}: its name cannot be imported; rename it to letters, digits and _")
    try:
        with _nothing_written():
            return importlib.import_module(f"{PACKAGE}.{file.stem}")
    except SyntaxError as error:
        place = _shown(file, error.filename)
        raise UsageError(f"{place}:{error.lineno}: is not Python: {error.msg}; mend that line") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a case file raises is told with its line
        said = str(error) if isinstance(error, ParityError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"{_place(file, error)}: {' '.join(said.split())}") from None


def _items(module: ModuleType, file: Path, name: str, *kinds: type[Any]) -> list[Any]:
    items, wanted = getattr(module, name, []), " or ".join(kind.__name__ for kind in kinds)
    if not isinstance(items, list | tuple):
        raise UsageError(f"{file}: {name}={items!r:.80} must be a list of {wanted}")
    for i, item in enumerate(items):
        if not isinstance(item, kinds):
            raise UsageError(f"{file}: {name}[{i}]={item!r:.80} must be a {wanted}")
    return list(items)


def _place(file: Path, error: BaseException) -> str:
    """``file:line`` of the innermost frame that lies in the folder: what went wrong deeper is not the person's file."""
    place, trace = str(file), error.__traceback__
    while trace is not None:
        where = trace.tb_frame.f_code.co_filename
        if Path(where).parent == file.parent.resolve():
            place = f"{_shown(file, where)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _shown(file: Path, where: str | None) -> str:
    """A path as the person named its folder, where it lies in that folder."""
    if where is not None and Path(where).parent == file.parent.resolve():
        return str(file.parent / Path(where).name)
    return where or str(file)


@contextmanager
def _nothing_written() -> Iterator[None]:
    """Import without leaving ``__pycache__``: parity writes to its report and cache folders only."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
