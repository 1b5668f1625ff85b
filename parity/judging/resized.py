"""One judgement of a route that was asked at several sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from parity.axes import Shape
from parity.judging.judge import Judgement
from parity.records.lines import worst


def of_all_sizes(own: Judgement, others: Mapping[Shape, Judgement]) -> Judgement:
    """The judgement at the case's own size where that fails, else the first at another that does, else that all pass.

    The figures are the worst of all sizes; the data probe tells which they were.
    """
    wrong = next(((shape, made) for shape, made in others.items() if made.status != "pass"), None)
    every = [own, *others.values()]
    ratio, need = worst(each.ratio for each in every), worst(each.need for each in every)
    if own.status != "pass" or wrong is None:
        said = f"judged at {', '.join(map(_spelled, others))} too"
        return replace(
            own,
            ratio=ratio,
            need=need,
            probes=(msgspec.structs.replace(own.probes[0], note=_joined(own.probes[0].note, said)), *own.probes[1:]),
        )
    shape, made = wrong
    reason = f"at {_spelled(shape)}, where its own size passes: {made.reason}"
    return replace(
        made,
        ratio=ratio,
        need=need,
        reason=reason,
        failure=made.failure and msgspec.structs.replace(made.failure, message=reason),
    )


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _spelled(shape: Shape) -> str:
    return "x".join(map(str, shape))
