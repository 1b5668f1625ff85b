"""What the judge's worker does first: read the files of a model, draw its inputs, write what gives every value."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.feeds import Feed, Tried, feeds
from parity.errors import CodeError, UsageError
from parity.operators.file import Declared, declared, load, read
from parity.operators.graph import Graph, Node, title
from parity.operators.places import with_known_places
from parity.records.difference import Source
from parity.records.model import DEFINITION, Operator
from parity.routes.taps import with_every_value
from parity.running.values import Values, write

TRACE = "pkg.torch.onnx.stack_trace"  #: what torch's exporter keeps of the code that an operator comes from


@dataclass(frozen=True)
class Refusal:
    """Why a person's model or inputs cannot be used: a sentence with the mend, and the lines of their code that failed."""

    message: str
    lines: tuple[str, ...] = ()

    def error(self) -> UsageError:
        """What to raise for it."""
        return CodeError(self.message, self.lines)


@dataclass(frozen=True)
class Fed:
    """What is fed, whatever runs: the inputs, the names of the sets of them, and the arrays of each set as a file."""

    feeds: tuple[Feed, ...]
    tried: tuple[str, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Ready:
    """A file ready to be run. Paths are of files in the scratch folder, but for the person's own.

    inputs: the names in the order in which programs take them, and beside each what it is fed, by its name in ``fed``; outputs:
    of the file itself; every: of the file ``tapped``, which gives every value.
    """

    path: Path
    fed: Fed
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]
    tapped: Path
    every: tuple[str, ...]
    operators: tuple[Operator, ...]
    stored: int  #: bytes of its constants
    decimal: bool  #: whether an attribute means the decimal that was written, and not its float32

    def fed_with(self, i: int) -> dict[str, Array]:
        """The arrays of a set of inputs, by the names of the file."""
        values = Values(self.fed.files[i])
        return {name: values[fed] for name, fed in self.inputs}

    @property
    def graph(self) -> Graph:
        """Its graph; a process keeps the last two that it read."""
        return graph_of(self.path, self.decimal)


@dataclass(frozen=True)
class Prepared:
    """The files of a model by name, those that can be read; and why the others cannot."""

    ready: dict[str, Ready]
    reasons: dict[str, str]


def ready(
    files: Mapping[str, Path],
    given: Sequence[Asked],
    arrays: Path | None,
    seed: int,
    folder: Path,
    fed: Fed | None = None,
) -> Prepared | Refusal:
    """Read the files of a model, and write of each the file that gives every value.

    fed: what is fed; without it the inputs of the first file are drawn or read.
    """
    made: dict[str, Ready] = {}
    reasons: dict[str, str] = {}
    for name, path in files.items():
        try:
            proto, graph = load(path), graph_of(path, name == DEFINITION)
        except UsageError as error:
            reasons[name] = str(error)
            continue
        inputs, outputs = declared(proto)
        del proto
        if fed is None:
            try:
                fed = _fed(graph, inputs, given, arrays, seed, folder)
            except UsageError as error:
                return Refusal(str(error))
        try:
            paired = _paired([each.name for each in inputs], [each.name for each in fed.feeds], name)
        except UsageError as error:
            reasons[name] = str(error)
            continue
        own = folder / name.replace("/", "_")
        own.mkdir()
        tapped, every = with_every_value(path, own)
        made[name] = Ready(
            path,
            fed,
            paired,
            tuple(each.name for each in outputs),
            tapped,
            tuple(every),
            tuple(_operator(node) for node in graph.nodes),
            sum(array.nbytes for array in graph.constants.values()),
            name == DEFINITION,
        )
    return Prepared(made, reasons)


def _paired(names: Sequence[str], fed: Sequence[str], graph: str) -> tuple[tuple[str, str], ...]:
    """What each input of a file is fed: what bears its name, or where an exporter gave others, what stands at its place."""
    if set(names) <= set(fed):
        return tuple(zip(names, names, strict=True))
    if len(names) != len(fed):
        raise UsageError(
            f"{graph}: its file takes {', '.join(names)}, the model {', '.join(fed)}; what the others are fed is not said"
        )
    return tuple(zip(names, fed, strict=True))


def _fed(
    graph: Graph, inputs: Sequence[Declared], given: Sequence[Asked], arrays: Path | None, seed: int, folder: Path
) -> Fed:
    described, tried = feeds(graph, inputs, given, {} if arrays is None else arrays_of(arrays), seed)
    return kept(described, tried, folder)


def kept(described: Sequence[Feed], tried: Sequence[Tried], folder: Path) -> Fed:
    """Sets of inputs, each as a file in ``folder``."""
    files = [folder / f"inputs-{i}.values" for i in range(len(tried))]
    for file, each in zip(files, tried, strict=True):
        write(file, each.arrays)
    return Fed(tuple(described), tuple(each.name for each in tried), tuple(files))


@lru_cache(maxsize=2)
def graph_of(model: Path, decimal: bool) -> Graph:
    """The graph as those who run it see it: runtimes only have the float32 of an attribute, a module the decimal that was meant."""
    with readable(model):
        return with_known_places(read(model)) if decimal else read(model, decimal=False)


@contextmanager
def readable(model: Path) -> Iterator[None]:
    """Raise :class:`UsageError` for a file whose graph cannot be read meanwhile."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:  # a tensor whose bytes are not what its shape says, for one
        said = " ".join(str(error).split())[:200]
        raise UsageError(f"{model}: its graph cannot be read: {said}; give a file that passes onnx.checker") from None


def arrays_of(path: Path) -> dict[str, Array]:
    """The arrays of a person's ``.npz`` by name. Raises :class:`UsageError` for what is none."""
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
            found = Source(file=_short(file), line=int(number), text="" if text.startswith('File "') else text)
    return found


@cache
def _short(file: str) -> str:
    """A path as a person here would type it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
