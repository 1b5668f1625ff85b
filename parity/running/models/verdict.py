"""What the judge's worker does in the end: judge every route of a file on one set of inputs."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from parity.judging.function import same_function, worst_function
from parity.judging.nodes import Judged, node_by_node
from parity.judging.whole import Whole
from parity.operators.graph import title
from parity.records.model import Answer, Figure, Function, OutputFigure, Unjudged
from parity.running.models.ready import Ready
from parity.running.models.runs import Ran
from parity.running.values import Values


def judge(
    made: Ready,
    i: int,
    ran: Mapping[str, Ran],
    seed: int,
    twin: Path | None,
    before: Ready | None,
) -> tuple[dict[str, list[Answer]], list[Unjudged], Function | None]:
    """What every route gave for one set of inputs against the oracle, and the operators that could not be judged.

    ran: by route; twin: the outputs of the model in float64, for whether the file is the same function; before: the file that
    this one was made from.
    """
    graph = made.graph
    whole = _whole(made, i, seed)
    known: Judged = {}
    answers: dict[str, list[Answer]] = {}
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
        if ran[name].tapped:
            seen = ChainMap(Values(ran[name].files[i]), made.fed_with(i))  # type: ignore[arg-type]  # it is only read
            for found, _ in node_by_node(graph, seen, known):
                operators.append(found)
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
    if twin is None:
        return answers, unjudged, None
    beside = None if before is None else (before, _whole(before, i, seed))
    return answers, unjudged, _function(made, i, whole, beside, Values(twin))


def _function(made: Ready, i: int, whole: Whole, before: tuple[Ready, Whole] | None, twin: Values) -> Function:
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
    for k, output in enumerate(made.outputs):
        truth = whole.truth(output)
        if truth is None:
            figures.append(Function(status="not judged", reason=f"output {output} is no array"))
            continue
        others = None if before is None or before[1].why_not else before[1].truth(before[0].outputs[k])
        figures.append(same_function(output, tried, twin[names[output]], truth, others))
    found = worst_function(figures)
    return found or Function(status="not judged", reason="it has no output")


@lru_cache(maxsize=3)
def _whole(made: Ready, i: int, seed: int) -> Whole:
    """The truth of a file on one set of inputs; asked for again where another file was made from it."""
    return Whole(made.graph, made.fed_with(i), seed)
