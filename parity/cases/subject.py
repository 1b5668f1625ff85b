"""What a person asks to have checked, as it is typed: a file, or a name in a file or module of Python. Pure."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UsageError

MEND = "write FILE.onnx, FILE.keras, FILE.pt2, FILE.py:NAME or PACKAGE.MODULE:NAME"

#: Files that are a model by themselves, by how their names end, and whose they are; ONNX's are nobody's.
FILES = {".onnx": "", ".keras": "keras", ".pt2": "torch"}

#: Why other files that people keep models in are not loaded, and what to do.
_PICKLE = (
    "loading a pickle runs whatever code is in it; give FILE.py:NAME of a function that makes the model and loads its "
    "weights by torch.load(FILE, weights_only=True)"
)
_WEIGHTS = "it holds weights and no model; give FILE.py:NAME of a function that makes the model and loads them"
OTHERS = {
    **dict.fromkeys((".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin"), _PICKLE),
    **dict.fromkeys((".safetensors", ".npz", ".weights.h5"), _WEIGHTS),
    ".h5": "it is Keras' older format; load it and save it again by model.save('FILE.keras')",
}


@dataclass(frozen=True)
class Subject:
    """A model of one's own.

    text: as it was typed; file: None for a module that is imported by its name; module: that name; name: of the model in the
    file or module, or of the function or class that gives it; empty for a file that is a model by itself; live: whether it is
    an object of this very process, known there by its text.
    """

    text: str
    file: Path | None
    module: str = ""
    name: str = ""
    live: bool = False

    @property
    def onnx(self) -> bool:
        """Whether it is a file that runtimes load as it is."""
        return self.kept and not self.kind

    @property
    def kept(self) -> bool:
        """Whether it is a file that is a model by itself: no code of a person's has to run."""
        return not self.name and not self.live

    @property
    def kind(self) -> str:
        """The framework of a file that is a model by itself; empty where only loading it tells."""
        return FILES[self.file.suffix] if self.kept and self.file is not None else ""


def subject(text: str) -> Subject:
    """A subject from what was typed. Raises :class:`UsageError` for what is none, or a file that is not there."""
    if text.endswith(tuple(FILES)):
        return Subject(text, _there(Path(text)))
    place, colon, name = text.rpartition(":")
    if not colon:
        if text.endswith(".py"):
            there = _names(_there(Path(text)))
            among = f", of {', '.join(there)}" if there else ""
            raise UsageError(f"{text}: it does not say which model in it; write {text}:NAME{among}")
        if reason := next((why for end, why in OTHERS.items() if text.lower().endswith(end)), ""):
            raise UsageError(f"{text}: {reason}")
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
