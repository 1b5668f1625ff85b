"""What workers do for a torch module of one's own: load and export it, run it as it is, run it in float64."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from parity.cases.asked import Asked
from parity.cases.subject import Subject
from parity.errors import Broken, CodeError, UsageError
from parity.judging.sameness import same_bits
from parity.records.model import DEFINITION
from parity.routes.models import torch as own
from parity.running.models.plan import DYNAMO, TORCHSCRIPT
from parity.running.models.ready import Ready, Refusal, arrays_of
from parity.running.models.runs import Ran
from parity.running.values import Values, write
from parity.running.worker import Answer, explain


@dataclass(frozen=True)
class Written:
    """What came of a module's exports: the files by their names, and how it ended with those that there are not.

    given: the inputs as they were asked for, each with its type; notes: what was done to the module.
    """

    files: dict[str, Path]
    lost: dict[str, Answer]
    given: tuple[Asked, ...]
    notes: tuple[str, ...]
    weights: bytes  #: a digest of them


_programs: dict[Path, Any] = {}  #: the exported program of each definition that this process wrote


@cache
def _own(subject: Subject, given: tuple[Asked, ...], arrays: Path | None, threads: int, seed: int) -> own.Own:
    return own.own(subject, given, {} if arrays is None else arrays_of(arrays), threads, seed)


def forget() -> None:
    """Keep nothing of any module: for a process that lives on."""
    _own.cache_clear()
    _programs.clear()


def export(
    subject: Subject, given: tuple[Asked, ...], arrays: Path | None, folder: Path, how: str, threads: int, seed: int
) -> Written | Refusal:
    """Load the module and export it; ``how`` is :data:`DYNAMO`, which gives the definition too, or :data:`TORCHSCRIPT`."""
    try:
        model = _own(subject, given, arrays, threads, seed)
    except UsageError as error:
        return Refusal(str(error), error.lines if isinstance(error, CodeError) else ())
    files = {name: folder / f"{name}.onnx" for name in ((DEFINITION, DYNAMO) if how == DYNAMO else (TORCHSCRIPT,))}
    asked = tuple(replace(one, dtype=one.dtype or own.FLOAT) for one in given)
    try:
        if how == DYNAMO:
            _programs[files[DEFINITION]] = own.by_dynamo(model, files[DEFINITION], files[DYNAMO])
        else:
            own.by_torchscript(model, files[TORCHSCRIPT])
    except Exception as error:  # noqa: BLE001 - an exporter may raise anything; the rest is judged without its files
        return Written({}, dict.fromkeys(files, explain(error)), asked, model.notes, model.weights)
    return Written(files, {}, asked, model.notes, model.weights)


def run(
    subject: Subject, given: tuple[Asked, ...], arrays: Path | None, made: Ready, out: Path, threads: int, seed: int
) -> Ran:
    """The module's own run on every set of inputs, with every value, and once more on the first.

    Raises :class:`Broken` for a number of outputs that is not that of its definition.
    """
    begun = time.perf_counter()
    model = _own(subject, given, arrays, threads, seed)
    if len(model.outputs) != len(made.outputs):
        raise Broken("output-extra", f"{len(model.outputs)} outputs, the definition has {len(made.outputs)}")
    files, inner = [], ""
    for i, place in enumerate(made.fed.files):
        fed = Values(place)
        found = own.run(model, fed)
        if made.path in _programs and not inner:
            try:
                found = {**own.values(model, _programs[made.path], fed), **found}
            except Exception as error:  # noqa: BLE001 - without the values the module is judged by its outputs
                inner = f"torch does not give them: {explain(error).message}"
        elif not inner:
            inner = "the process that had the exported program ended"
        files.append(out.with_name(f"{out.name}-{i}.npz"))
        write(files[-1], found)
    first, again = Values(files[0]), own.run(model, Values(made.fed.files[0]))
    repeats = all(same_bits(first[name], again[name]) for name in again)
    return Ran(tuple(files), repeats, inner, time.perf_counter() - begun)


def run_twin(
    subject: Subject, given: tuple[Asked, ...], arrays: Path | None, made: Ready, out: Path, threads: int, seed: int
) -> tuple[Path, ...]:
    """The outputs of the module in float64 on every set of inputs, as files. Raises what the person's code raises."""
    wide = own.twin(_own(subject, given, arrays, threads, seed))
    files = []
    for i, place in enumerate(made.fed.files):
        files.append(out.with_name(f"{out.name}-{i}.npz"))
        write(files[-1], own.run_twin(wide, Values(place)))
    return tuple(files)
