"""What a runtime's worker does: run a file on every set of inputs, with every value where it gives them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.cases.sizes import ALONE
from parity.errors import Broken, Stopped, Unsupported
from parity.judging.program import Program
from parity.judging.sameness import same_bits
from parity.routes.catalog import Catalog
from parity.routes.exporters import memo
from parity.running.models.plan import CPU
from parity.running.models.ready import Ready
from parity.running.values import Values, write


@dataclass(frozen=True)
class Ran:
    """What a run left: the values of each set of inputs that it was asked for as a file.

    repeats: whether the first inputs, asked again, gave the same bits, None where nobody could ask; tapped: whether values in
    between are among the files'; inner: why they are not where they should be; seconds: that it took, where it was timed;
    unread: the names of what it gave that the file has no place for; alone, threads: whether the last sample without its batch,
    and the first inputs with another number of threads, gave the same bits, None where nobody asked; threaded: the outputs with
    that number, where they are others.
    """

    files: tuple[Path, ...]
    repeats: bool | None
    tapped: bool
    inner: str
    seconds: float | None
    unread: tuple[str, ...] = ()
    alone: bool | None = None
    threads: bool | None = None
    threaded: Path | None = None


def begin(runtime: str, catalog: Catalog, threads: int, keep: bool) -> None:
    """Ready a worker that runs a model in this runtime, or none. keep: whether exporters keep tables."""
    memo.use(keep)
    if runtime:
        catalog.runtime(runtime).start(threads)


def why_no_device(runtime: str, catalog: Catalog, device: str) -> str:
    """Why a runtime cannot use ``device``; empty where it can."""
    return catalog.runtime(runtime).why_no_device(device)


def run(
    made: Ready,
    runtime: str,
    optimise: bool,
    tapped: bool,
    device: str,
    threads: int,
    catalog: Catalog,
    out: Path,
    sets: int,
) -> Ran:
    """Run a model on the first so many sets of inputs and once more on the first.

    tapped: with every value, or where the runtime cannot give those, with the model's outputs alone. ``out`` is the
    beginning of the names of the files that are written. Raises what the runtime raises, and
    :class:`parity.errors.Broken` for a number of outputs that is not the model's. What is optimised is asked with another
    number of threads too, on the cpu.
    """
    begun, inner = time.perf_counter(), ""
    files = [out.with_name(f"{out.name}-{i}.values") for i in range(sets)]
    part, names = catalog.runtime(runtime), made.outputs
    if tapped:
        try:
            program = part.program(made.tapped, device, False, optimise)
            write(files[0], _asked(program, made, 0, made.every))
            names = made.every
        except Exception as error:  # noqa: BLE001 - a runtime may raise anything; without the values it may still run
            inner = f"{part.label} does not give them: {' '.join(str(error).split())[:200]}"
    if not tapped or inner:
        program = part.program(made.path, device, False, optimise)
        write(files[0], _asked(program, made, 0, names))
    for i, file in enumerate(files[1:], 1):
        with _telling(f"on the inputs {made.fed.tried[i]!r}"):
            write(file, _asked(program, made, i, names))
    first = Values(files[0])
    repeats = same(first, _asked(program, made, 0, names))
    threaded: dict[str, Array] | None = None
    if optimise and device == CPU:
        count = other_count(threads)
        with suppress(Unsupported), _telling(in_words(count)), part.computing_with(count):
            threaded = _asked(part.program(made.path, device, False, optimise), made, 0, names)
    spent = time.perf_counter() - begun
    return Ran(
        tuple(files),
        repeats,
        tapped and not inner,
        inner,
        spent,
        alone=_alone(made, files),
        threads=None if threaded is None else same(first, threaded),
        threaded=kept(threaded, first, out),
    )


@contextmanager
def _telling(when: str) -> Iterator[None]:
    """Say when it was that a runtime raised what it raises meanwhile."""
    try:
        yield
    except (Unsupported, Broken):
        raise
    except Exception as error:
        raise Stopped(f"{when}: {type(error).__name__}: {error}") from error


def same(one: Mapping[str, Array], two: Mapping[str, Array]) -> bool:
    """Whether two answers are the same to the bit."""
    return one.keys() == two.keys() and all(same_bits(one[name], two[name]) for name in one)


def kept(threaded: Mapping[str, Array] | None, first: Mapping[str, Array], out: Path) -> Path | None:
    """The file of an answer with another number of threads, where it is another one."""
    if threaded is None or same(first, threaded):
        return None
    path = out.with_name(f"{out.name}-threaded.values")
    write(path, threaded)
    return path


def other_count(threads: int) -> int:
    """Another number of threads to ask with."""
    return 2 if threads == 1 else 1


def in_words(threads: int) -> str:
    """``with 2 threads``."""
    return f"with {threads} thread{'s' * (threads != 1)}"


def _alone(made: Ready, files: Sequence[Path]) -> bool | None:
    """Whether the last sample alone gave the bits that it gave in its batch; None where it was not asked alone."""
    if ALONE not in made.fed.tried[: len(files)]:
        return None
    whole, single = Values(files[0]), Values(files[made.fed.tried.index(ALONE)])
    return rows_same(made.outputs, whole, single)


def rows_same(names: Sequence[str], whole: Mapping[str, Array], single: Mapping[str, Array]) -> bool | None:
    """Whether the outputs of one sample are the last rows of those of its batch; None where no output has a row a sample."""
    pairs = [(whole[name], single[name]) for name in names if name in whole and name in single]
    rows = [(a[-1:], b) for a, b in pairs if a.ndim and b.shape == (1, *a.shape[1:]) and len(a) > 1]
    return all(same_bits(a, b) for a, b in rows) if rows else None


def _asked(program: Program, made: Ready, i: int, names: Sequence[str]) -> dict[str, Array]:
    """What a program gives for one set of inputs, by name; what is no array, such as a sequence, is left out."""
    given = program(*made.fed_with(i).values())
    if len(given) != len(names):
        kind = "output-missing" if len(given) < len(names) else "output-extra"
        raise Broken(kind, f"{len(given)} outputs, expected {len(names)}")
    # Copies: a runtime may hand out its own buffer and write over it the next time.
    return {
        name: np.array(value)
        for name, value in zip(names, given, strict=True)
        if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind != "O"
    }
