"""A person's own Python file or module, imported, and the model in it. Importing runs its code."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity.cases.subject import Subject
from parity.errors import CodeError, UsageError, nearest

SAID = 300  #: characters of an exception's message that are kept
TOLD = 12  #: names that are told instead of one that is not there
OWN = "parity_subject"  #: how a file of a person's own is called among the modules, whatever its name


HERE = str(Path(__file__).parents[2])  #: where parity lies

#: Models that are objects of this process, by the texts of their subjects.
LIVE: dict[str, Any] = {}


def fetch(subject: Subject, seed: int) -> Any:
    """The model: what the name stands for, or what that gives when it is called without arguments.

    It may have to be made again in another process, with the same draws, so generators are seeded before a call.

    Raises :class:`UsageError` with the person's own lines where their code fails, and for a name that is not there.
    """
    if subject.live:
        return LIVE[subject.text]
    if subject.kept:
        return _kept(subject)
    found: Any = _guarded(subject, "importing it", lambda: _module(subject))
    for part in subject.name.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{subject.text}: there is no {part!r} in it{_instead(part, found)}")
        found = getattr(found, part)
    if not _is_model(found):
        if not callable(found):
            said = f"{subject.name!r} is of type {type(found).__name__}, neither a model nor a function that gives one"
            raise UsageError(f"{subject.text}: {said}")
        found = _called(subject, found, seed)
    return found


def _is_model(found: Any) -> bool:
    return not isinstance(found, type) and (hasattr(found, "forward") or hasattr(found, "predict"))


def _instead(name: str, place: Any) -> str:
    """What is near to a name that is not there, and what else may be a model or give one.

    That is what the place or a part of it defines and the models in it; where it has neither, all in it that can be called.
    """
    there = getattr(place, "__dict__", {}).items()
    called = {key: value for key, value in there if not key.startswith("_") and callable(value)}
    here = f"{getattr(place, '__name__', '')}."
    own = [key for key, it in called.items() if _is_model(it) or f"{getattr(it, '__module__', '')}.".startswith(here)]
    found = own or list(called)
    more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
    return f"{nearest(name, called)}; it has {', '.join(found[:TOLD]) or 'nothing that is a model'}{more}"


def _called(subject: Subject, make: Callable[[], Any], seed: int) -> Any:
    """What a person's function gives once the generators are seeded.

    One that imports its framework itself has drawn before that could be seeded, and is called again.
    """
    seeds = seeded(seed)
    found = _guarded(subject, f"calling {subject.name}()", make)
    if seeded(seed) == seeds:
        return found
    return _guarded(subject, f"calling {subject.name}()", make)


def _kept(subject: Subject) -> Any:
    """The model of a file that is one by itself. Raises :class:`UsageError` in the framework's words for what it cannot load."""
    assert subject.file is not None
    try:
        if subject.kind == "torch":
            import torch

            return torch.export.load(subject.file)
        import keras

        return keras.saving.load_model(subject.file, compile=False, safe_mode=True)
    except Exception as error:  # noqa: BLE001 - what is wrong with a file decides what is raised
        first: BaseException = error
        while first.__context__ is not None:  # Keras wraps each layer around the reason
            first = first.__context__
        said = f"{type(first).__name__}: {' '.join(str(first).split())[:SAID]}"
        mend = "give FILE.py:NAME of a function that loads it, with the classes that it needs"
        raise UsageError(f"{subject.text}: {subject.kind} cannot load it: {said}; {mend}") from None


def kind_of(subject: Subject, model: Any) -> str:
    """The framework of a model: ``torch`` or ``keras``. Raises :class:`UsageError` for what is of neither."""
    torch, keras = sys.modules.get("torch"), sys.modules.get("keras")
    if torch is not None and isinstance(model, torch.nn.Module | torch.export.ExportedProgram):
        return "torch"
    if keras is not None and isinstance(model, keras.Model):
        return "keras"
    said = f"{type(model).__module__}.{type(model).__name__}"
    raise UsageError(
        f"{subject.text}: it gives a {said}; only torch modules, Keras models and ONNX files can be checked"
    )


def seeded(seed: int) -> frozenset[str]:
    """Seed the generators that a model may be drawn from; the frameworks among them, which are those that are loaded."""
    import random

    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    loaded = frozenset({"torch", "keras"} & sys.modules.keys())
    if "torch" in loaded:
        sys.modules["torch"].manual_seed(seed)
    if "keras" in loaded:
        sys.modules["keras"].utils.set_random_seed(seed)
    return loaded


def _module(subject: Subject) -> Any:
    if subject.file is None:
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(subject.module)
    # As python itself does it for a script: what lies beside the file can be imported from it.
    sys.path.insert(0, str(subject.file.resolve().parent))
    spec = importlib.util.spec_from_file_location(OWN, subject.file.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[OWN] = module
    spec.loader.exec_module(module)
    return module


def _guarded(subject: Subject, doing: str, action: Callable[[], Any]) -> Any:
    """What the person's own code gives; what it raises becomes a sentence and the lines that led there, without ours."""
    try:
        return action()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a person's code may raise anything
        said = f"{subject.text}: {doing} failed: {type(error).__name__}: {error}"
        raise CodeError(said, lines_of(error)) from None


def lines_of(error: BaseException) -> tuple[str, ...]:
    """The lines of a person's own code that led to an error, as a traceback shows them: neither ours nor a framework's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not any(part in f.filename for part in (HERE, "importlib", "site-packages"))]
    return tuple("".join(traceback.format_list(own)).splitlines())
