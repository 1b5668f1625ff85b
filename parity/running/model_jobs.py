"""What workers do for a model of one's own: ready its file and inputs, run it on a route, judge what came. Each importable by name."""

from __future__ import annotations

import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.feeds import Feed, feeds
from parity.errors import Broken, UsageError
from parity.judging.nodes import Judged, node_by_node
from parity.judging.observation import Program
from parity.judging.sameness import same_bits
from parity.judging.whole import Whole
from parity.operators.file import declared, load, read
from parity.operators.graph import Graph, Node, title
from parity.records.model import Answer, Figure, Operator, OutputFigure, Source, Unjudged
from parity.routes.catalog import Catalog
from parity.routes.taps import with_every_value
from parity.running.values import Values, write

TRACE = "pkg.torch.onnx.stack_trace"  #: what torch's exporter keeps of the code that an operator comes from


@dataclass(frozen=True)
class Refusal:
    """Why a person's model or inputs cannot be used: a sentence with the mend."""

    message: str


@dataclass(frozen=True)
class Ready:
    """A model ready to be run. Paths are of files in the scratch folder.

    inputs: the names in the order in which programs take them; outputs: of the file itself; every: of the file that gives
    every value.
    """

    feeds: tuple[Feed, ...]
    tried: tuple[str, ...]
    files: tuple[Path, ...]  #: the arrays of each set of inputs
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tapped: Path
    every: tuple[str, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class Ran:
    """What a run left: the values of each set of inputs as a file; inner: why those in between are not among them."""

    files: tuple[Path, ...]
    repeats: bool
    inner: str
    seconds: float


def ready(model: Path, given: Sequence[Asked], arrays: Path | None, seed: int, folder: Path) -> Ready | Refusal:
    """Read the file, draw or read its inputs, and write the file that gives every value."""
    try:
        proto = load(model)
        graph = _graph(model)
        inputs, outputs = declared(proto)
        del proto
        stored = {} if arrays is None else _arrays(arrays)
        described, tried = feeds(graph, inputs, given, stored, seed)
    except UsageError as error:
        return Refusal(str(error))
    files = []
    for i, each in enumerate(tried):
        files.append(folder / f"inputs-{i}.npz")
        write(files[-1], each.arrays)
    tapped, every = with_every_value(model, folder)
    return Ready(
        tuple(described),
        tuple(each.name for each in tried),
        tuple(files),
        tuple(each.name for each in inputs),
        tuple(each.name for each in outputs),
        tapped,
        tuple(every),
        tuple(_operator(node) for node in graph.nodes),
    )


@cache
def _graph(model: Path) -> Graph:
    """The graph as runtimes see it: they only have the float32 of an attribute."""
    try:
        return read(model, decimal=False)
    except (ValueError, TypeError, KeyError) as error:  # a tensor whose bytes are not what its shape says, for one
        said = " ".join(str(error).split())[:200]
        raise UsageError(f"{model}: its graph cannot be read: {said}; give a file that passes onnx.checker") from None


def _arrays(path: Path) -> dict[str, Array]:
    mend = "write it by numpy.savez(FILE, input=array, ...)"
    try:
        found = np.load(path, allow_pickle=False)
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array without a name")
        with found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())[:200]
        raise UsageError(f"--inputs {path}: {said}; {mend}") from None


def _operator(node: Node) -> Operator:
    source = source_of(node.meta.get(TRACE, ""))
    return Operator(
        kind=title(node), name=node.name, module=node.scope, source=source, outputs=tuple(filter(None, node.outputs))
    )


def source_of(trace: str) -> Source | None:
    """The innermost line of a stack trace that lies in no installed package; None where there is none."""
    found = None
    lines = trace.splitlines()
    for i, line in enumerate(lines):
        place = line.strip()
        if not place.startswith('File "') or '", line ' not in place:
            continue
        file, _, rest = place.removeprefix('File "').partition('", line ')
        number = rest.partition(",")[0].strip()
        if number.isdigit() and "site-packages" not in file and "dist-packages" not in file:
            text = lines[i + 1].strip() if i + 1 < len(lines) else ""
            found = Source(file=file, line=int(number), text="" if text.startswith('File "') else text)
    return found


# ---- running --------------------------------------------------------------------------------------------------------


def begin(runtime: str, catalog: Catalog, threads: int) -> None:
    """Ready a worker that runs a model in this runtime; none for the one that judges."""
    if runtime:
        catalog.runtime(runtime).start(threads)


def run(model: Path, made: Ready, runtime: str, optimise: bool, tapped: bool, catalog: Catalog, out: Path) -> Ran:
    """Run a model on every set of inputs and once more on the first.

    tapped: with every value, or where the runtime cannot give those, with the model's outputs alone. ``out`` is the
    beginning of the names of the files that are written. Raises what the runtime raises, and
    :class:`parity.errors.Broken` for a number of outputs that is not the model's.
    """
    begun, inner = time.perf_counter(), ""
    files = [out.with_name(f"{out.name}-{i}.npz") for i in range(len(made.files))]
    part, names = catalog.runtime(runtime), made.outputs
    if tapped:
        try:
            program = part.program(made.tapped, "cpu", False, optimise)
            write(files[0], _asked(program, made, 0, made.every))
            names = made.every
        except Exception as error:  # noqa: BLE001 - a runtime may raise anything; without the values it may still run
            inner = f"{part.label} does not give them: {' '.join(str(error).split())[:200]}"
    if not tapped or inner:
        program = part.program(model, "cpu", False, optimise)
        write(files[0], _asked(program, made, 0, names))
    for i, file in enumerate(files[1:], 1):
        write(file, _asked(program, made, i, names))
    first, again = Values(files[0]), _asked(program, made, 0, names)
    repeats = first.keys() == again.keys() and all(same_bits(first[name], again[name]) for name in first)
    return Ran(tuple(files), repeats, inner, time.perf_counter() - begun)


def _asked(program: Program, made: Ready, i: int, names: Sequence[str]) -> dict[str, Array]:
    """What a program gives for one set of inputs, by name; what is no array, such as a sequence, is left out."""
    fed = Values(made.files[i])
    given = program(*(fed[name] for name in made.inputs))
    if len(given) != len(names):
        kind = "output-missing" if len(given) < len(names) else "output-extra"
        raise Broken(kind, f"{len(given)} outputs, expected {len(names)}")
    # Copies: a runtime may hand out its own buffer and write over it the next time.
    return {
        name: np.array(value)
        for name, value in zip(names, given, strict=True)
        if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind != "O"
    }


# ---- judging --------------------------------------------------------------------------------------------------------


def judge(
    model: Path, made: Ready, i: int, ran: Mapping[str, Ran], tapped: Sequence[str], seed: int
) -> tuple[dict[str, Answer], list[Unjudged]]:
    """What every route gave for one set of inputs against the oracle, and the operators that could not be judged.

    ran: by route; tapped: the routes to be judged operator by operator.
    """
    graph, fed = _graph(model), Values(made.files[i])
    whole = Whole(graph, fed, seed)
    known: Judged = {}
    answers: dict[str, Answer] = {}
    missed: dict[tuple[str, str], set[int]] = {}
    others = {name: Values(each.files[i]) for name, each in ran.items()}
    for name, values in others.items():
        outputs = []
        for output in made.outputs:
            if output not in values:
                lost = Figure(status="not judged", reason="the route gave no array for it")
                outputs.append(OutputFigure(name=output, shape=[], dtype="", figure=lost))
                continue
            other = next(((o, v[output]) for o, v in others.items() if o != name and output in v), None)
            outputs.append(whole.output(output, values[output], other))
        operators = []
        if name in tapped and not ran[name].inner:
            seen = Values(ran[name].files[i], made.files[i])
            for found, _ in node_by_node(graph, seen, known):
                operators.append(found)
                if found.figure.status == "not judged":
                    key = (title(graph.nodes[found.operator]), found.figure.reason)
                    missed.setdefault(key, set()).add(found.operator)
        answers[name] = Answer(inputs=made.tried[i], outputs=tuple(outputs), operators=tuple(operators))
    counted = Counter({key: len(places) for key, places in missed.items()})
    return answers, [Unjudged(kind=kind, count=n, reason=why) for (kind, why), n in counted.most_common()]
