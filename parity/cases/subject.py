"""What a person asks to have checked, as it is typed: a file, or a name in a file or module of Python. Pure."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UsageError

MEND = "write FILE.onnx, FILE.py:NAME or PACKAGE.MODULE:NAME"


@dataclass(frozen=True)
class Subject:
    """A model of one's own.

    text: as it was typed; file: the ``.onnx`` or ``.py`` file, None for a module that is imported by its name; module: that
    name; name: of the model in it, or of the function or class that gives it; empty for an ONNX file; live: whether it is an
    object of this very process, known there by its text.
    """

    text: str
    file: Path | None
    module: str = ""
    name: str = ""
    live: bool = False

    @property
    def onnx(self) -> bool:
        """Whether it is a file that runtimes load as it is."""
        return not self.name and not self.live


def subject(text: str) -> Subject:
    """A subject from what was typed. Raises :class:`UsageError` for what is none, or a file that is not there."""
    if text.endswith(".onnx"):
        return Subject(text, _there(Path(text)))
    place, colon, name = text.rpartition(":")
    if not colon:
        if text.endswith(".py"):
            there = _names(_there(Path(text)))
            among = f", of {', '.join(there)}" if there else ""
            raise UsageError(f"{text}: it does not say which model in it; write {text}:NAME{among}")
        raise UsageError(f"{text}: it is no ONNX file and names no model; {MEND}")
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
        raise UsageError(f"{text}: {name!r} is no name of Python; {MEND}")
    if place.endswith(".py"):
        return Subject(text, _there(Path(place)), name=name)
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", place):
        raise UsageError(f"{text}: {place!r} is neither a .py file nor a module; {MEND}")
    return Subject(text, None, place, name)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; name one that exists")
    return path


def _names(path: Path) -> list[str]:
    """What a file of Python defines at its top, which is not run for it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):  # told when it is imported
        return []
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in found if not name.startswith("_")][:10]
