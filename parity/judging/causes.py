"""Failures grouped by cause, so that forty checks with one reason read as one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parity.judging.blame import blame
from parity.judging.likeness import NUMBERS, without_figures
from parity.records.lines import Check
from parity.records.wording import ending, one_line

READ = 300  #: characters of a reason that are looked at


@dataclass(frozen=True)
class Cause:
    """Checks that ended alike, for what looks like one reason; the worst comes first."""

    title: str  #: "value in BatchNorm2D, tensorflow"
    checks: tuple[Check, ...]


def causes(checks: Sequence[Check], others: Iterable[Check]) -> list[Cause]:
    """Group failing ``checks``; both groups and members stay in the order of ``checks``.

    Failures of what is computed are one cause when they are of one kind, were born in one kind of layer, and are the doing
    of one party, told by ``others``, the checks of the same run (:mod:`parity.judging.blame`); where nobody can say whose,
    of one route. Everything else is one cause when its reason is the same but for the figures in it.
    """
    peers: dict[tuple[int | None, str], list[Check]] = {}
    for other in others:
        peers.setdefault((other.shard, other.case), []).append(other)
    groups: dict[str, list[Check]] = {}
    for check in checks:
        title = _title(check, peers.get((check.shard, check.case), []))
        groups.setdefault(title, []).append(check)
    return [Cause(title, tuple(members)) for title, members in groups.items()]


def _title(check: Check, others: Sequence[Check]) -> str:
    failure = check.failure
    if failure is None or not (failure.born or failure.where):
        return f"{ending(check)}: {without_figures(check.reason[:READ])}"
    blamed = blame(check, others)
    return f"{failure.kind} in {_layer(check)}, {one_line(check.route if blamed is None else blamed.who)}"


def _layer(check: Check) -> str:
    """The kind of layer it was born in; of a network whose layers all keep their bounds, its output.

    The output of one network is not that of another where numbers are wrong; where it is lost, it is lost for one reason.
    """
    assert check.failure is not None
    at = check.failure.born or check.failure.where
    for layer in check.layers:
        if layer.node == at:
            return one_line(layer.layer.split("(")[0])
    kind = check.failure.values or check.failure.kind
    return f"the output of {one_line(check.case)}" if kind in NUMBERS else "the output"
