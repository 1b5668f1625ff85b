"""The gradients of a network, each an output of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from parity.axes import Array
from parity.cases.case import INPUT, Case
from parity.cases.gradient import node_of
from parity.judging.blind import blind_to
from parity.judging.finding import Finding, figured
from parity.judging.oracle import Truth
from parity.judging.settle import settle
from parity.judging.states import Truths
from parity.operators.formats import Format
from parity.records.lines import ProbeFigure


def judge_gradients(
    case: Case, outputs: Sequence[Array], truths: Truths, form: Format | None
) -> tuple[list[ProbeFigure], list[Finding]]:
    """A figure for all gradients of a case together, and which do not hold, the nearest to the output first.

    The figure says of which gradients the bound lets one number pass for all of it.

    outputs: all that the route gave.
    """
    if not case.gradients:
        return [], []
    if len(outputs) != len(case.outputs):
        return [ProbeFigure(probe="gradients", status="not judged")], []
    comparisons, findings, dull = [], [], []
    for (name, tensor), observed in zip(case.gradients.items(), outputs[1:], strict=True):

        def answer(careful: bool, form: Format | None, name: str = name) -> Truth:
            return truths(case, careful, form)[name]

        comparison, truth = settle(observed, answer, tensor, form)
        comparisons.append(comparison)
        if blind_to(truth, len(truth.y)) is not None:
            dull.append(name)
        if comparison.kind is not None:
            findings.append(Finding(comparison, name, "gradients", tensor, truth, observed, (), answer))
    note = f"nothing wrong would show of {', '.join(dull)}: one number would pass as all of it" if dull else ""
    return [figured("gradients", comparisons, note)], findings[::-1]


def born_of(case: Case, wrong: Sequence[str]) -> str | None:
    """The node that wrong gradients come from, by which of them are right; None where that cannot be said.

    What hands a wrong gradient back spoils all before it. So where no gradient but some node's own by its parameters is wrong, that
    node got the right one and made another of it; and where that by the input alone is, so did the one node with parameters that
    reads the input.
    """
    nodes = {node_of(name) for name in wrong}
    (found,) = nodes if len(nodes) == 1 else (None,)
    if found:
        return found
    readers = [node for node in case.network.nodes if INPUT in node.inputs]
    by_input = found == "" and len(readers) == 1 and bool(readers[0].layer.parameters())
    return readers[0].name if by_input else None
