"""What the judge's worker does in the end: judge every route of a file on one set of inputs."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from parity.judging.function import same_function, worst_function
from parity.judging.maps import feature_maps
from parity.judging.nodes import Judged as Known
from parity.judging.nodes import node_by_node
from parity.judging.whole import Whole
from parity.operators.graph import title
from parity.records.model import Answer, Figure, Function, OutputFigure, Unjudged
from parity.running.models.ready import Ready
from parity.running.models.runs import Ran
from parity.running.values import Values, write


@dataclass(frozen=True)
class Judged:
    """What was judged of a file on one set of inputs: of every route, by its name, and of the file itself.

    unjudged: the operators that could not be judged; function: whether it is that of the model.
    """

    answers: dict[str, list[Answer]]
    unjudged: list[Unjudged]
    function: Function | None

    def fails(self) -> bool:
        """Whether anything of a route is wrong."""
        answers = [answer for given in self.answers.values() for answer in given]
        figures = [each.figure for answer in answers for each in answer.outputs]
        figures += [each.figure for answer in answers for each in answer.operators]
        return any(figure.status == "fail" for figure in figures)


@dataclass(frozen=True)
class Beside:
    """How far off a float32 run of the definition may be, of each output: the file it is kept in, written or read."""

    path: Path
    writes: bool


def judge(
    made: Ready,
    i: int,
    ran: Mapping[str, Ran],
    seed: int,
    twin: Path | None,
    beside: Beside,
) -> Judged:
    """What every route gave for one set of inputs against the oracle.

    ran: by route; twin: the outputs of the model in float64, for whether the file is the same function; beside: of the
    definition, which this file may be itself, or was made from.
    """
    graph = made.graph
    whole = Whole(graph, made.fed_with(i), seed)
    known: Known = {}
    answers: dict[str, list[Answer]] = {}
    missed: dict[tuple[str, str], set[int]] = {}
    others = {name: Values(each.files[i]) for name, each in ran.items()}
    shown = next((name for name, each in ran.items() if each.tapped), None) if i == 0 else None
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
        if ran[name].tapped:
            seen = ChainMap(Values(ran[name].files[i]), made.fed_with(i))  # type: ignore[arg-type]  # it is only read
            maps = feature_maps(graph, seen) if name == shown else {}
            for found, _ in node_by_node(graph, seen, known):
                operators.append(replace(found, maps=maps.get(found.operator)))
                if found.figure.status == "not judged":
                    key = (title(graph.nodes[found.operator]), found.figure.reason)
                    missed.setdefault(key, set()).add(found.operator)
        answers[name] = [Answer(inputs=made.fed.tried[i], outputs=tuple(outputs), operators=tuple(operators))]
        if i == 0 and (threaded := ran[name].threaded) is not None:
            again = Values(threaded)
            outputs = [whole.output(each, again[each], (name, values[each])) for each in made.outputs if each in values]
            said = f"{made.fed.tried[i]}, another number of threads"
            answers[name].append(Answer(inputs=said, outputs=tuple(outputs)))
    counted = Counter({key: len(places) for key, places in missed.items()})
    unjudged = [Unjudged(kind=kind, count=n, reason=why) for (kind, why), n in counted.most_common()]
    if beside.writes and not whole.why_not:
        allowed = {name: truth.allowed() for name in made.outputs if (truth := whole.truth(name)) is not None}
        write(beside.path, allowed)
    function = None if twin is None else _function(made, i, whole, beside, Values(twin))
    return Judged(answers, unjudged, function)


def _function(made: Ready, i: int, whole: Whole, beside: Beside, twin: Values) -> Function:
    """The worst output of a file beside the model's own in float64."""
    if whole.why_not:
        return Function(status="not judged", reason=whole.why_not)
    tried = made.fed.tried[i]
    figures = []
    if len(made.outputs) != len(twin):
        return Function(
            status="fail", inputs=tried, reason=f"it gives {len(made.outputs)} outputs, the model {len(twin)}"
        )
    names = dict(zip(made.outputs, twin, strict=True))  # exporters may name them otherwise
    others = None if beside.writes or not beside.path.exists() else [*Values(beside.path).values()]
    for k, output in enumerate(made.outputs):
        truth = whole.truth(output)
        if truth is None:
            figures.append(Function(status="not judged", reason=f"output {output} is no array"))
            continue
        figures.append(same_function(output, tried, twin[names[output]], truth, None if others is None else others[k]))
    found = worst_function(figures)
    return found or Function(status="not judged", reason="it has no output")
