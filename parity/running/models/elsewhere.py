"""What ran where parity cannot reach: read by the judge's worker, from then on a run like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.cases.elsewhere import Elsewhere
from parity.cases.feeds import YOURS
from parity.errors import Broken, UsageError
from parity.judging.sameness import same_bits
from parity.running.models.ready import Ready, Refusal, arrays_of
from parity.running.models.runs import Ran
from parity.running.values import write


def read(made: Ready, given: Elsewhere, out: Path) -> Ran | Refusal:
    """The values of a file as a run of ``made``, on the one set of inputs that a person gave.

    Those of operators are among them where the file has them by the names of the graph. What bears another name is no part
    of the run. Raises :class:`Broken` where an output is missing.
    """
    try:
        arrays = arrays_of(given.file, f"--outputs {given.name}={given.file}")
        _of_these_inputs(made, given, arrays)
    except UsageError as error:
        return Refusal(str(error))
    if missing := [name for name in made.outputs if name not in arrays]:
        raise Broken("output-missing", f"{given.file} holds no {', '.join(missing)}")
    known = {name for node in made.graph.nodes for name in node.outputs if name} | set(made.outputs)
    values = {name: array for name, array in arrays.items() if name in known}
    write(out, values)
    unread = tuple(name for name in arrays if name not in values and name not in made.fed_with(0))
    return Ran((out,), repeats=None, tapped=len(values) > len(made.outputs), inner="", seconds=None, unread=unread)


def _of_these_inputs(made: Ready, given: Elsewhere, arrays: dict[str, Array]) -> None:
    """Raise :class:`UsageError` for a file that cannot be judged by what the others are fed."""
    option = f"--outputs {given.name}={given.file}"
    if made.fed.tried != (YOURS,):
        raise UsageError(f"{option}: nothing says what it was fed; give every input by --inputs FILE.npz")
    if not set(made.outputs) & set(arrays):
        outputs, there = ", ".join(made.outputs), ", ".join(arrays) or "nothing"
        raise UsageError(f"{option}: the outputs are {outputs}, it holds {there}; save each output by its name")
    for name, fed in made.fed_with(0).items():
        if name in arrays and not same_bits(np.asarray(arrays[name]), fed):
            raise UsageError(f"{option}: its {name!r} is another than that of --inputs; give the inputs that it had")
