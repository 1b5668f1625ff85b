"""What the judge found not to hold, and where. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from parity.axes import Array, Tensor
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth
from parity.judging.settle import Answer, explained
from parity.records.lines import Number, Probe, ProbeFigure, number, worst

OUTPUT = "output"  #: where a failure of the network as it ships is placed
TWIN = "tapped twin"  #: where a failure to match its outputs with layers is placed


@dataclass(frozen=True)
class Finding:
    """A comparison that did not hold, and what it compared."""

    comparison: Comparison
    where: str
    probe: Probe
    tensor: Tensor
    truth: Truth | None = None
    observed: Array | None = None
    reads: tuple[Array, ...] = ()
    answer: Answer | None = None  #: the truth under other roundings


def figured(probe: Probe, comparisons: Sequence[Comparison], note: str = "") -> ProbeFigure:
    """The figure of a probe, the worst of all that it compared."""

    def largest(figures: Iterable[float | None]) -> Number | None:
        return worst(None if figure is None else number(figure) for figure in figures)

    return ProbeFigure(
        probe=probe,
        status="pass" if all(c.kind is None for c in comparisons) else "fail",
        ratio=largest(c.ratio for c in comparisons),
        need=largest(c.need for c in comparisons),
        note=note,
    )


def nearest(findings: Sequence[Finding], layer: Finding | None) -> Finding | None:
    """Of all that does not hold, what is nearest to the cause.

    A layer that left its bound when fed what it really got is nearer than the output; a twin that gave too little is no
    layer, and where the network as it ships gave too little as well, that says more.
    """
    if layer is None:
        return findings[0] if findings else None
    return findings[0] if layer.where == TWIN and findings else layer


def freedom(shown: Finding, device: str) -> str | None:
    """Which documented freedom of a kernel would allow a failure, if one would."""
    if shown.observed is None or shown.answer is None:
        return None
    return explained(shown.comparison, shown.observed, shown.answer, shown.tensor, device)


def evidence_of(shown: Finding) -> dict[str, Array]:
    """The arrays a person needs to look at a failure; canonical axes."""
    if shown.observed is None or shown.truth is None:
        return {}
    arrays = {"observed": shown.observed, "expected": shown.truth.y, "allowed": shown.truth.allowed()}
    arrays |= {f"input{i}": x for i, x in enumerate(shown.reads)}
    # A file of numpy's keeps no bfloat16, and float32 holds every one.
    return {name: x.astype(np.float32) if x.dtype.name == "bfloat16" else x for name, x in arrays.items()}
