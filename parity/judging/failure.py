"""A finding as the record that people read: where it is, how far off, where it was born, what it looks like. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from parity.axes import Array
from parity.cases.case import Case
from parity.judging.compare import how_far
from parity.judging.finding import TWIN, Finding, freedom
from parity.judging.gradients import born_of
from parity.judging.likeness import NUMBERS
from parity.judging.oracle import Truth
from parity.judging.patterns import pattern
from parity.judging.showing import failure_pictures, sight
from parity.judging.sketch import sketch
from parity.judging.states import node_of
from parity.records.lines import Failure, Place, Sketch, number
from parity.records.verdict import KINDS


def failure_of(
    case: Case,
    shown: Finding,
    findings: Sequence[Finding],
    layer: Finding | None,
    device: str,
    integer_noise: Callable[[], Truth],
) -> Failure:
    """The record of what is shown of a failed check.

    findings: all that does not hold end to end; layer: the first layer that does not hold on what it really got; device: what the failure may be explained with;
    integer_noise: what honest rounding would make of the integer probe, where none is allowed.
    """
    c = shown.comparison
    assert c.kind is not None
    place = None
    if c.index is not None:
        place = Place(
            index=dict(zip(shown.tensor.axes, c.index, strict=True)),
            expected=number(c.expected),
            got=number(c.got),
            allowed=number(c.allowed),
            ulps=number(c.ulps),
        )
    return Failure(
        kind=c.kind,
        message=f"{shown.where}: {KINDS[c.kind]}{how_far(c)}{': ' + c.message if c.message else ''}",
        probe=shown.probe,
        where=shown.where,
        born=_born(case, shown, findings, layer),
        place=place,
        wrong=c.wrong or None,
        elements=c.elements or None,
        explained=freedom(shown, device),
        **_looks(case, shown, integer_noise),
    )


def _born(case: Case, shown: Finding, findings: Sequence[Finding], layer: Finding | None) -> str | None:
    """The layer a failure comes from: the first that failed by itself, the one whose state or gradient it is, or the only one."""
    if layer is not None:
        return layer.where if layer.where != TWIN else None
    if shown.probe == "states":
        return node_of(shown.where)
    if shown.probe == "gradients" and case.tapped:
        return born_of(case, [each.where for each in findings if each.probe == "gradients"])
    only = not case.tapped and (shown.truth is not None or shown.probe == "draws")
    return case.network.output.name if only else None


def _looks(case: Case, shown: Finding, integer_noise: Callable[[], Truth]) -> dict[str, Any]:
    """What people look at beside the figures of a failure."""
    c = shown.comparison
    if shown.observed is None or shown.truth is None or c.index is None:
        return {}
    named = c.kind in ("value", "inexact", "nan", "infinity", "infinity-sign")
    stored = bool(shown.tensor.names)  # a gradient by a parameter has its axes, and no picture
    image = len(shown.tensor.shape) > 1 and not stored  # a state has a number a channel, and none either
    arrays = (shown.observed, shown.truth.y, shown.truth.allowed())
    return {
        "sketch": _sketch(shown, integer_noise),
        "pattern": pattern(*(arrays if image else map(_a_channel, arrays))) if named and not stored else "",
        "sight": sight(case, shown.where, c.index) if image and shown.probe != "gradients" else None,
        "pictures": failure_pictures(shown.observed, shown.truth, c) if image else None,
    }


def _a_channel(state: Array) -> Array:
    return state.reshape(1, -1, 1, 1)


def _sketch(shown: Finding, integer_noise: Callable[[], Truth]) -> Sketch | None:
    c = shown.comparison
    if c.kind not in NUMBERS or shown.truth is None or shown.observed is None:
        return None
    # Nothing is allowed of the integers, but what is wrong on two routes differs by honest rounding.
    return sketch(shown.observed, integer_noise() if c.kind == "inexact" else shown.truth)
