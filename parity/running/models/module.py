"""What workers do for a model of one's own in Python: load and export it, run it as it is, run it in float64."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.sizes import last_alone
from parity.cases.subject import Subject
from parity.errors import Broken, CodeError, Stopped, Unsupported, UsageError
from parity.operators.file import Declared
from parity.operators.graph import Node
from parity.routes.models.loading import fetch, kind_of
from parity.routes.models.own import Kind, Own, Piece
from parity.running.models.plan import CPU
from parity.running.models.ready import Ready, Refusal, arrays_of
from parity.running.models.runs import Ran, kept, other_count, rows_same, same
from parity.running.values import Values, write
from parity.running.worker import Answer, explain


@dataclass(frozen=True)
class Asking:
    """What every worker is told of a model: where it is, what it is fed, and what it is made and run with."""

    subject: Subject
    given: tuple[Asked, ...]
    arrays: Path | None
    threads: int
    seed: int


@dataclass(frozen=True)
class Written:
    """What came of a model's exports: the files by their names, and how it ended with those that there are not.

    notes: what was done to the model; weights: a digest of them.
    """

    files: dict[str, Path]
    lost: dict[str, Answer]
    notes: tuple[str, ...]
    weights: bytes


@cache
def _model(subject: Subject, seed: int) -> tuple[Any, str]:
    """The model and its framework."""
    model = fetch(subject, seed)
    return model, kind_of(subject, model)


def _kind(asking: Asking) -> Kind:
    name = _model(asking.subject, asking.seed)[1]
    return cast(Kind, import_module(f"parity.routes.models.{name}"))


@cache
def _own(asking: Asking) -> Own:
    arrays = {} if asking.arrays is None else arrays_of(asking.arrays)
    model, _ = _model(asking.subject, asking.seed)
    return _kind(asking).own(model, asking.subject, asking.given, arrays, asking.threads)


def forget() -> None:
    """Keep nothing of any model: for a process that lives on."""
    _own.cache_clear()
    _model.cache_clear()


def kind(asking: Asking) -> str | Refusal:
    """The framework of a model, which is loaded: ``torch`` or ``keras``."""
    try:
        return _model(asking.subject, asking.seed)[1]
    except UsageError as error:
        return _refusal(error)


def declared(asking: Asking) -> tuple[Declared, ...] | Refusal:
    """The inputs of a model, as far as it says them itself."""
    try:
        return tuple(_kind(asking).declared(_model(asking.subject, asking.seed)[0], asking.subject))
    except UsageError as error:
        return _refusal(error)


def export(asking: Asking, folder: Path, process: str, wanted: Sequence[str]) -> Written | Refusal:
    """Load the model and write the files that are this process's, by the calls that write any that is wanted."""
    try:
        model = _own(asking)
    except UsageError as error:
        return _refusal(error)
    files: dict[str, Path] = {}
    lost: dict[str, Answer] = {}
    for names, call in _kind(asking).WRITERS[process]:
        if not set(names) & set(wanted):
            continue
        paths = {name: folder / f"{name}.onnx" for name in names}
        try:
            call(model, list(paths.values()))
            files |= paths
        except Exception as error:  # noqa: BLE001 - an exporter may raise anything; the rest is judged without its files
            lost |= dict.fromkeys(names, explain(error))
    return Written(files, lost, model.notes, model.weights)


def _refusal(error: UsageError) -> Refusal:
    return Refusal(str(error), error.lines if isinstance(error, CodeError) else ())


def why_no_device(asking: Asking, device: str) -> str:
    """Why the framework of a model cannot use ``device``; empty where it can."""
    return _kind(asking).why_no_device(device)


def _remade(asking: Asking, weights: bytes) -> Own:
    """The model, which is made again where the process died meanwhile; :class:`Stopped` if it has other weights then."""
    model = _own(asking)
    if model.weights != weights:
        raise Stopped("its weights are others each time it is made, whatever the seed is")
    return model


def run(asking: Asking, made: Ready, compiled: bool, device: str, out: Path, weights: bytes) -> Ran:
    """The model's own run on every set of inputs, with every value, and once more on the first.

    compiled: as its framework's compiler makes it, which has no values in between; device: where; weights: the digest of those
    that were exported. Raises :class:`Stopped` for other weights, and :class:`Broken` for a number of outputs that is not that of its definition.
    """
    begun = time.perf_counter()
    model, kind = _remade(asking, weights), _kind(asking)
    if len(model.outputs) != len(made.outputs):
        raise Broken("output-extra", f"{len(model.outputs)} outputs, the definition has {len(made.outputs)}")
    if compiled:
        model = kind.compiled(model)
    if device != CPU:
        model = kind.on(model, device)
    files, inner, tapped = [], "", not compiled
    for i, place in enumerate(made.fed.files):
        fed = Values(place)
        given = kind.run(model, fed)
        found = dict(zip(made.outputs, given.values(), strict=True))
        if tapped:
            try:
                found = {**kind.values(model, fed, given), **found}
            except Exception as error:  # noqa: BLE001 - without the values the model is judged by its outputs
                inner, tapped = f"its run does not give them: {explain(error).message}", False
        files.append(out.with_name(f"{out.name}-{i}.values"))
        write(files[-1], found)
    first, fed = Values(files[0]), Values(made.fed.files[0])

    def asked(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return dict(zip(made.outputs, kind.run(model, arrays).values(), strict=True))

    outputs = {name: first[name] for name in made.outputs}
    again, threaded = asked(fed), None
    with suppress(Unsupported), kind.computing_with(other_count(asking.threads)):
        threaded = None if compiled or device != CPU else asked(fed)
    return Ran(
        tuple(files),
        same(outputs, again),
        tapped,
        inner,
        time.perf_counter() - begun,
        alone=None if compiled else _alone(made, asked, outputs),
        threads=None if threaded is None else same(outputs, threaded),
        threaded=kept(threaded, outputs, out),
    )


def _alone(
    made: Ready, asked: Callable[[Mapping[str, Array]], dict[str, Array]], whole: dict[str, Array]
) -> bool | None:
    """Whether the last sample alone gives the bits that it gave in its batch; None where it cannot be asked alone."""
    single = last_alone(Values(made.fed.files[0]))
    if single is None:
        return None
    try:
        return rows_same(made.outputs, whole, asked(single))
    except Exception:  # noqa: BLE001 - nobody said that it takes other inputs than those it was checked on
        return None


def pieces(asking: Asking, place: Node, arrays: Mapping[str, Array]) -> Iterator[Piece]:
    """Parts of the model that make what an operator of its definition makes, the plainest first, for these inputs."""
    return _kind(asking).pieces(_own(asking), place, arrays)


def run_twin(asking: Asking, made: Ready, out: Path, weights: bytes) -> tuple[Path, ...]:
    """The outputs of the model in float64 on every set of inputs, as files. Raises as :func:`run` does, and what the code raises."""
    kind = _kind(asking)
    wide = kind.twin(_remade(asking, weights))
    files = []
    for i, place in enumerate(made.fed.files):
        files.append(out.with_name(f"{out.name}-{i}.values"))
        write(files[-1], kind.run_twin(wide, Values(place)))
    return tuple(files)
