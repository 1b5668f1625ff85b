"""Checks made of what workers answered. Pure."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import Counter

import msgspec

from parity.cases.case import Case
from parity.cases.network import Network
from parity.judging.judge import Judgement
from parity.records.lines import Check, Failure
from parity.records.verdict import Kind, Status
from parity.routes.catalog import Route
from parity.running.worker import Answer


def unrun(case: Case, route: Route, seed: int, reason: str = "") -> Check:
    """A check that did not run, and why; what is known of every check before it runs."""
    check = Check(
        case=case.name,
        route=route.name,
        device=route.device,
        status="not run",
        reason=reason,
        model=summary(case),
        input_shape=list(case.shape),
        output_shape=list(case.output.shape),
    )
    return revised(check, repeat=f"parity run {shlex.quote(check.id)} --seed {seed}")


def summary(case: Case) -> str:
    """The layer as it is written in the case; of a network, how many layers of each kind."""
    if not isinstance(case.model, Network):
        return str(case.model)
    kinds = Counter(type(node.layer).__name__ for node in case.model.nodes)
    return f"{len(case.model.nodes)} layers: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"


def judged_as(check: Check, judgement: Judgement) -> Check:
    """A check with what the judge said."""
    return revised(
        check,
        status=judgement.status,
        reason=judgement.reason,
        ratio=judgement.ratio,
        need=judgement.need,
        probes=list(judgement.probes),
        layers=list(judgement.layers),
        histogram=list(judgement.histogram),
        filters=judgement.filters,
        failure=judgement.failure,
    )


def troubled(check: Check, answer: Answer, exporting: str) -> Check:
    """A check that a step ended. ``exporting`` is what the step did, when it was the export."""
    assert answer.ending != "ok"
    assert answer.ending != "full"
    status: Status = answer.ending
    reason, failure = answer.message, None
    if exporting and status in ("unsupported", "fail"):
        reason = f"{exporting}: {reason}"
    if status == "fail":
        try:
            failure = Failure(kind=msgspec.convert(answer.kind, Kind), message=reason)
        except msgspec.ValidationError:
            status, reason = "error", f"Broken({answer.kind!r}) is no kind of failure: {reason}"
    notes = [*check.notes, answer.detail] if answer.detail else check.notes
    return revised(check, status=status, reason=reason, failure=failure, notes=notes)


def file_name(check_id: str) -> str:
    """A name for a check's arrays that every file system takes, unlike any other check's."""
    plain = re.sub(r"[^A-Za-z0-9.+=-]+", "_", check_id).strip("_")[:120]
    return f"{plain}.{hashlib.sha256(check_id.encode()).hexdigest()[:8]}.npz"


def revised(check: Check, **changes: object) -> Check:
    """A check with some of its fields changed."""
    return msgspec.structs.replace(check, **changes)
