"""The case's question asked in other ways: in a batch of another size, with another number of threads, each sample without a batch axis.

Each image has one true answer whatever stands beside it and however many threads compute it, so the truth is the one that is
there already, and every row is held to its own bound. Whether the bits stay the same is told and not demanded: no framework promises it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from parity.axes import Array, Tensor
from parity.cases.case import Case
from parity.errors import Broken, Unsupported
from parity.judging.compare import Comparison
from parity.judging.finding import OUTPUT, Finding, figured
from parity.judging.oracle import Truth
from parity.judging.settle import Answer, settle
from parity.operators.formats import Format
from parity.records.lines import ProbeFigure
from parity.records.wording import short, without_noise

SAID = 200  #: characters of an exception's message that are kept
Kind = Literal["batch", "threads", "unbatched"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Way:
    """Another way to ask: a batch of ``count`` images, or ``count`` threads, or ``count`` samples each alone without a batch axis."""

    kind: Kind
    count: int

    @property
    def key(self) -> str:
        """Its name among what came of other ways."""
        return f"{self.kind}/{self.count}"

    def __str__(self) -> str:
        if self.kind == "batch":
            return f"in a batch of {self.count}"
        if self.kind == "unbatched":
            return "each sample without its batch axis"
        return f"with {self.count} thread{'s' * (self.count != 1)}"


@dataclass(frozen=True)
class Other:
    """What came of a way to ask: outputs in canonical axes, or why it could not be asked, or how the route broke."""

    outputs: tuple[Array, ...] = ()
    absent: str = ""
    broke: str = ""


def ways(case: Case) -> list[Way]:
    """The other ways in which a case wants to be asked."""
    alone = [Way("unbatched", case.shape[0])] if case.unbatched else []
    return [*(Way("batch", n) for n in case.batches), *(Way("threads", n) for n in case.threads), *alone]


def images(case: Case, way: Way) -> list[int]:
    """Which of the case's images are asked: from the first on, again and again."""
    count = way.count if way.kind == "batch" else case.shape[0]
    return [i % case.shape[0] for i in range(count)]


def unlike(case: Case) -> str:
    """Why a sample without its batch axis is not asked of any torch module: some layer's is another function there; empty if none's is."""
    asked = ((node, node.layer.needs_batch(case.tensors[node.inputs[0]])) for node in case.network.nodes)
    return next((f"{node.name} ({node.layer}): {said}" for node, said in asked if said), "")


def ask(way: Way, outputs: Callable[[], tuple[Array, ...]]) -> Other:
    """Ask in another way. That a network breaks at another batch size is an answer, that it takes no sample alone may be; at another thread count it is an error."""
    try:
        return Other(outputs())
    except Unsupported as error:
        return Other(absent=str(error) or "it gave no reason")
    except Exception as error:  # whatever it is: the rest of the check stands
        if way.kind == "threads":
            raise
        said = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        said = short(without_noise(said), SAID)
        return Other(broke=said) if way.kind == "batch" else Other(absent=f"refused: {said}")


def judge_others(
    case: Case, found: dict[str, Other], first: Array | None, answer: Answer, form: Format | None
) -> tuple[list[ProbeFigure], list[Finding]]:
    """A figure for each kind of way that the case wants, and what does not hold.

    found: by the key of the way; first: the answer to the case's own input, whose bits are compared; answer: the truth of
    that input, whose first images are the case's.
    """
    figures, findings = [], []
    for kind in KINDS:
        wanted = [way for way in ways(case) if way.kind == kind]
        asked = [way for way in wanted if way.key in found and not found[way.key].absent]
        if not asked and wanted:
            reason = next((found[way.key].absent for way in wanted if way.key in found), "nothing was asked")
            figures.append(ProbeFigure(probe=wanted[0].kind, status="not applicable", reason=reason))
        if not asked:
            continue
        judged = [_judge(case, way, found[way.key], answer, form) for way in asked]
        wrong = [finding for _, finding in judged if finding is not None]
        told = [_bits(case, way, found[way.key], first, answer(False, form)) for way in asked]
        figures.append(figured(asked[0].kind, [comparison for comparison, _ in judged], "; ".join(filter(None, told))))
        findings += wrong
    return figures, findings


def _judge(
    case: Case, way: Way, other: Other, answer: Answer, form: Format | None
) -> tuple[Comparison, Finding | None]:
    chosen = images(case, way)
    tensor = Tensor((len(chosen), *case.output.shape[1:]), case.output.folded, case.output.dtype)

    def rows(careful: bool, form: Format | None) -> Truth:
        return _rows(answer(careful, form), chosen)

    if other.broke:
        broken = Comparison("batch-size", f"{way}: {other.broke}")
        return broken, Finding(broken, OUTPUT, way.kind, tensor)
    if len(other.outputs) != 1:
        kind: Literal["output-extra", "output-missing"] = "output-extra" if other.outputs else "output-missing"
        wrong = Comparison(kind, f"{way}: {len(other.outputs)} outputs, expected 1")
        return wrong, Finding(wrong, OUTPUT, way.kind, tensor)
    comparison, truth = settle(other.outputs[0], rows, tensor, form)
    if comparison.kind is None:
        return comparison, None
    comparison = replace(comparison, message=": ".join(filter(None, (str(way), comparison.message))))
    return comparison, Finding(comparison, OUTPUT, way.kind, tensor, truth, other.outputs[0], (), rows)


def _bits(case: Case, way: Way, other: Other, first: Array | None, truth: Truth) -> str:
    """Whether an answer has the bits of the case's own, and if not by how much of the bound they differ."""
    chosen = images(case, way)
    if first is None or len(other.outputs) != 1 or len(first) != case.shape[0]:
        return ""
    before, after = first[chosen], other.outputs[0]
    if before.shape != after.shape or before.dtype != after.dtype:
        return ""
    if before.tobytes() == after.tobytes():
        return f"{way} the same bits"
    with np.errstate(invalid="ignore"):
        difference = np.abs(after.astype(np.float64) - before.astype(np.float64))
        ratio = difference / _rows(truth, chosen).allowed()
    moved, most = int(np.count_nonzero(~(difference == 0))), float(np.nanmax(ratio))
    return f"{way} {moved:,} of {difference.size:,} elements differ, by up to {most:.3g} times the bound"


def _rows(truth: Truth, chosen: list[int]) -> Truth:
    free = None if truth.unspecified is None else truth.unspecified[chosen]
    return replace(
        truth,
        y=truth.y[chosen],
        evaluation=truth.evaluation[chosen],
        storage=truth.storage[chosen],
        unspecified=free,
        signs=None if truth.signs is None else truth.signs[chosen],
    )
