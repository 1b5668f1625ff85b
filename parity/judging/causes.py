"""Failures grouped by cause, so that forty checks with one reason read as one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parity.judging.blame import alike, native_route
from parity.records.lines import Check
from parity.records.wording import ending, one_line

READ = 300  #: characters of a reason that are looked at
_NUMBERS = re.compile(r"0x[0-9a-f]+|[-+]?\d[\d.,]*(?:e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Cause:
    """Checks that ended alike, for what looks like one reason; the worst comes first."""

    title: str  #: "value in BatchNorm2D, tensorflow"
    checks: tuple[Check, ...]


def causes(checks: Sequence[Check], others: Iterable[Check]) -> list[Cause]:
    """Group failing ``checks``; both groups and members stay in the order of ``checks``.

    Failures of numbers are one cause when they are of one kind, were born in one kind of layer, and are the doing of one
    party: a framework, an exporter or a runtime, told by how ``others``, the checks of the same run, ended on the same
    case. Everything else is one cause when its reason is the same but for the figures in it.
    """
    peers: dict[tuple[int | None, str, str], dict[str, Check]] = {}
    for other in others:
        peers.setdefault((other.shard, other.case, other.device), {})[other.route] = other
    groups: dict[str, list[Check]] = {}
    for check in checks:
        title = _title(check, peers.get((check.shard, check.case, check.device), {}))
        groups.setdefault(title, []).append(check)
    return [Cause(title, tuple(members)) for title, members in groups.items()]


def _title(check: Check, same: Mapping[str, Check]) -> str:
    end = ending(check)
    failure = check.failure
    if failure is None or not (failure.born or failure.where):
        return f"{end}: {_NUMBERS.sub('#', one_line(check.reason[:READ]))}"
    return f"{failure.kind} in {_layer(check)}, {_party(check, same)}"


def _layer(check: Check) -> str:
    """The kind of layer it was born in; of a network whose layers all keep their bounds, its output."""
    assert check.failure is not None
    at = check.failure.born or check.failure.where
    for layer in check.layers:
        if layer.node == at:
            return one_line(layer.layer.split("(")[0])
    return f"the output of {one_line(check.case)}"


def _party(check: Check, same: Mapping[str, Check]) -> str:
    """Whose doing it looks like: what the checks of this case that fail in the same way have in common."""
    base, _, place = check.route.partition("@")
    source, _, runtime = base.partition(">")
    suffix = f"@{place}" if place else ""
    if not runtime:
        return check.route
    native = same.get(native_route(source) + suffix)
    if native is not None and alike(check, native):
        return native.route
    witnesses = (other for route, other in same.items() if route.startswith(f"{source}>") and other is not check)
    if any(alike(check, witness) for witness in witnesses):
        return f"the export by {one_line(check.exporter) or source}"
    return f"{runtime}{suffix}"
