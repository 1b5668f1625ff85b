"""What a project says of itself in ``[tool.parity]`` of its ``pyproject.toml``: its folders, and how it is run."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.errors import UsageError
from parity.sizes import parsed

FOLDERS = {"cases": "cases", "reports": "reports", "cache": ".parity_cache"}
CACHE_LIMIT = 2 * 10**9  #: bytes that the cache may have after a run


@dataclass(frozen=True)
class Project:
    """The settings of a project; folders as paths from the folder that was asked about.

    jobs: how many processes compute at a time, None for one a core; cache_limit: bytes that the cache may have after a run.
    """

    cases: Path
    reports: Path
    cache: Path
    jobs: int | None = None
    cache_limit: int = CACHE_LIMIT


def find(start: Path) -> Project:
    """The project of ``start``: the nearest folder at or above it whose pyproject.toml has ``[tool.parity]``.

    Without one, ``start`` itself with the usual names. Raises :class:`UsageError` naming the file and the field.
    """
    for folder in (start, *start.resolve().parents):
        file = folder / "pyproject.toml"
        if (settings := _settings(file)) is not None:
            # As seen from where the person stands: messages and records show these paths.
            near = Path(os.path.relpath(folder, start))
            made: dict[str, Any] = {name: start / near / settings.get(name, usual) for name, usual in FOLDERS.items()}
            for name, (reads, _) in NUMBERS.items():
                if name in settings:
                    made[name.replace("-", "_")] = reads(settings[name])
            return Project(**made)
    usual_folders = {name: start / usual for name, usual in FOLDERS.items()}
    return Project(usual_folders["cases"], usual_folders["reports"], usual_folders["cache"])


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _size(value: Any) -> int | None:
    return parsed(value) if isinstance(value, str) else None


#: setting -> what reads it, None for what is not valid; what it must be
NUMBERS: dict[str, tuple[Callable[[Any], int | None], str]] = {
    "jobs": (_count, "a whole number of at least 1"),
    "cache-limit": (_size, "a size such as '2GB'"),
}


def _settings(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; make it readable") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not UTF-8 text; mend or remove it") from None
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: is not valid TOML: {error}") from None
    settings = tool.get("parity") if isinstance(tool, dict) else None
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise UsageError(f'{file}: tool.parity={settings!r} must be a table, for example [tool.parity] cases = "cases"')
    for name, value in settings.items():
        if name in NUMBERS:
            reads, must = NUMBERS[name]
            if reads(value) is None:
                raise UsageError(f"{file}: [tool.parity] {name}={value!r} must be {must}")
        elif name not in FOLDERS:
            known = ", ".join([*FOLDERS, *NUMBERS])
            raise UsageError(f"{file}: [tool.parity] {name} is not a setting; there are {known}")
        elif not isinstance(value, str) or not value:
            raise UsageError(f"{file}: [tool.parity] {name}={value!r} must be the name of a folder")
    return settings
