"""What a pass in training makes of the states, running statistics for example, each an output of its own. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from parity.axes import Array
from parity.cases.case import Case
from parity.cases.network import Network
from parity.judging.compare import compare
from parity.judging.finding import Finding, figured
from parity.judging.oracle import Truth
from parity.judging.settle import settle
from parity.operators.formats import Format
from parity.records.lines import ProbeFigure

Truths = Callable[[Case, bool, Format | None], Mapping[str, Truth]]
"""The truth of each output of a case, by :attr:`Case.outputs`, on the data and parameters of the one that is judged."""


def judge_states(
    case: Case, outputs: Sequence[Array], stateless: str, truths: Truths, form: Format | None
) -> tuple[list[ProbeFigure], list[Finding]]:
    """A figure for all states of a case together, and which do not hold.

    outputs: all that the route gave; stateless: why the states are not among them.
    """
    if not case.states:
        return [], []
    if stateless:
        return [ProbeFigure(probe="states", status="not applicable", reason=stateless)], []
    if len(outputs) != len(case.outputs):
        return [ProbeFigure(probe="states", status="not judged")], []
    comparisons, findings = [], []
    for (name, tensor), observed in zip(case.states.items(), outputs[1:], strict=True):

        def answer(careful: bool, form: Format | None, name: str = name) -> Truth:
            return truths(case, careful, form)[name]

        comparison, truth = settle(observed, answer, tensor, form)
        comparisons.append(comparison)
        if comparison.kind is not None:
            comparison = replace(comparison, message=_reading(case, name, observed, truths, form) or comparison.message)
            findings.append(Finding(comparison, name, "states", tensor, truth, observed, (), answer))
    return [figured("states", comparisons)], findings


def node_of(state: str) -> str:
    """The node that a state, ``node.parameter``, belongs to."""
    return state.rpartition(".")[0]


def _reading(case: Case, state: str, observed: Array, truths: Truths, form: Format | None) -> str:
    """What is said of a state that is right for something that its layer is elsewhere taken to be; empty for none."""
    nodes = case.network.nodes
    (layer,) = [node.layer for node in nodes if node.name == node_of(state)]
    for said, other in layer.readings().items():
        changed = tuple(replace(node, layer=other) if node.name == node_of(state) else node for node in nodes)
        read = replace(case, model=Network(changed))
        if compare(observed, truths(read, True, form)[state], case.states[state]).kind is None:
            return said
    return ""
