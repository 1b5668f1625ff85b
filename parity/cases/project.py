"""Where a project keeps its cases, reports and cache: ``[tool.parity]`` of its ``pyproject.toml``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UsageError

FOLDERS = {"cases": "cases", "reports": "reports", "cache": ".parity_cache"}


@dataclass(frozen=True)
class Project:
    """The folders of a project, as paths from the folder that was asked about."""

    cases: Path
    reports: Path
    cache: Path


def find(start: Path) -> Project:
    """The project of ``start``: the nearest folder at or above it whose pyproject.toml has ``[tool.parity]``.

    Without one, ``start`` itself with the usual names. Raises :class:`UsageError` naming the file and the field.
    """
    for folder in (start, *start.resolve().parents):
        file = folder / "pyproject.toml"
        if (settings := _settings(file)) is not None:
            # As seen from where the person stands: messages and records show these paths.
            near = Path(os.path.relpath(folder, start))
            return Project(**{name: start / near / settings.get(name, usual) for name, usual in FOLDERS.items()})
    return Project(**{name: start / usual for name, usual in FOLDERS.items()})


def _settings(file: Path) -> dict[str, str] | None:
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
        if name not in FOLDERS:
            raise UsageError(f"{file}: [tool.parity] {name} is not a setting; there are {', '.join(FOLDERS)}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"{file}: [tool.parity] {name}={value!r} must be the name of a folder")
    return settings
