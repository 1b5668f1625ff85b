"""What a runtime's worker does: run a file on every set of inputs, with every value where it gives them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.errors import Broken
from parity.judging.observation import Program
from parity.judging.sameness import same_bits
from parity.routes.catalog import Catalog
from parity.running.models.ready import Ready
from parity.running.values import Values, write


@dataclass(frozen=True)
class Ran:
    """What a run left: the values of each set of inputs that it was asked for as a file; inner: why those in between are not among them."""

    files: tuple[Path, ...]
    repeats: bool
    inner: str
    seconds: float


def begin(runtime: str, catalog: Catalog, threads: int) -> None:
    """Ready a worker that runs a model in this runtime; none for the one that judges."""
    if runtime:
        catalog.runtime(runtime).start(threads)


def run(made: Ready, runtime: str, optimise: bool, tapped: bool, catalog: Catalog, out: Path, sets: int) -> Ran:
    """Run a model on the first so many sets of inputs and once more on the first.

    tapped: with every value, or where the runtime cannot give those, with the model's outputs alone. ``out`` is the
    beginning of the names of the files that are written. Raises what the runtime raises, and
    :class:`parity.errors.Broken` for a number of outputs that is not the model's.
    """
    begun, inner = time.perf_counter(), ""
    files = [out.with_name(f"{out.name}-{i}.values") for i in range(sets)]
    part, names = catalog.runtime(runtime), made.outputs
    if tapped:
        try:
            program = part.program(made.tapped, "cpu", False, optimise)
            write(files[0], _asked(program, made, 0, made.every))
            names = made.every
        except Exception as error:  # noqa: BLE001 - a runtime may raise anything; without the values it may still run
            inner = f"{part.label} does not give them: {' '.join(str(error).split())[:200]}"
    if not tapped or inner:
        program = part.program(made.path, "cpu", False, optimise)
        write(files[0], _asked(program, made, 0, names))
    for i, file in enumerate(files[1:], 1):
        write(file, _asked(program, made, i, names))
    first, again = Values(files[0]), _asked(program, made, 0, names)
    repeats = first.keys() == again.keys() and all(same_bits(first[name], again[name]) for name in first)
    return Ran(tuple(files), repeats, inner, time.perf_counter() - begun)


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
