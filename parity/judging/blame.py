"""Whose a failure is: the framework, the exporter, the graph optimiser or the runtime's kernel. Pure.

The witnesses are the other routes of the same case: the framework's own run, and the same file in another runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parity.records.lines import Check

_FAILED = frozenset({"fail", "known"})


def whose(check: Check, others: Iterable[Check]) -> str:
    """One sentence on whose a failed check is, from the other checks of the same run; empty where nothing can be said.

    A conclusion is drawn only from a witness that ran: one that passed clears what it shares with the failed route,
    one that failed in the same way convicts it.
    """
    if check.status not in _FAILED or check.failure is None:
        return ""
    key = (check.shard, check.case, check.device)
    same = {other.route: other for other in others if (other.shard, other.case, other.device) == key}
    source, _, runtime = check.route.partition(">")
    if not runtime:
        return _of_framework(check, same)
    if check.failure.where is None and check.layers == []:
        return f"the exporter: the file it wrote is refused before anything is run ({check.exporter or source})"
    native = same.get(native_route(source))
    if native is not None and native.status in _FAILED and alike(check, native):
        return f"{native.route}: its own run differs in the same way, so the file only repeats it"
    witness = next((o for r, o in same.items() if r.startswith(f"{source}>") and r != check.route), None)
    if witness is not None and witness.status in _FAILED and alike(check, witness):
        return f"the exporter: {witness.route} runs the same file and differs in the same way"
    if check.failure.born is None and check.layers and all(layer.status == "pass" for layer in check.layers):
        return "the runtime's graph optimiser: unoptimised, every layer keeps its bound"
    if witness is not None and witness.status == "pass":
        return f"the runtime: {witness.route} runs the same file and agrees with the oracle"
    return ""


def _of_framework(check: Check, same: Mapping[str, Check]) -> str:
    native = [other for route, other in same.items() if ">" not in route and route != check.route]
    if any(other.status == "pass" for other in native):
        passed = ", ".join(other.route for other in native if other.status == "pass")
        return f"{check.route}, or how the case is spelled in it: {passed} agrees with the oracle"
    if native and all(other.status in _FAILED for other in native):
        return "the case or its oracle: no framework agrees with it"
    return ""


def native_route(source: str) -> str:
    """The route (on cpu) on which a source runs its own network: both of torch's exporters start from torch."""
    return "torch" if source == "torchscript" else source


def alike(one: Check, other: Check) -> bool:
    """Whether two checks fail with one kind in one layer."""
    a, b = one.failure, other.failure
    return a is not None and b is not None and (a.kind, a.born) == (b.kind, b.born)
