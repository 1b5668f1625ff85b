"""Checks made of what workers answered. Pure."""

from __future__ import annotations

import hashlib
import re
import shlex

import msgspec

from parity.cases.model import AnyCase, ModelCase, summary
from parity.judging.judge import Judgement
from parity.records.lines import Check, Failure, Step
from parity.records.verdict import KINDS, Kind, Status
from parity.routes.catalog import Route
from parity.routes.exporters.check import Complaint
from parity.running.worker import Answer


def unrun(case: AnyCase, route: Route, seed: int, reason: str = "") -> Check:
    """A check that did not run, and why; what is known of every check before it runs."""
    check = Check(
        case=case.name,
        route=route.name,
        device=route.device,
        framework=route.framework,
        status="not run",
        reason=reason,
        own=isinstance(case, ModelCase),
        model=summary(case),
        input_shape=[] if isinstance(case, ModelCase) else list(case.shape),
        output_shape=[] if isinstance(case, ModelCase) else list(case.output.shape),
    )
    return revised(check, repeat=f"parity run {shlex.quote(check.id)} --seed {seed}")


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


def troubled(check: Check, answer: Answer, step: Step, doing: str) -> Check:
    """A check that a step ended. ``doing`` is what the step did, in words."""
    assert answer.ending != "ok"
    assert answer.ending != "full"
    status: Status = answer.ending
    reason, failure = answer.message, None
    if step == "export" and status in ("unsupported", "fail"):
        reason = f"{doing}: {reason}"
    if status == "fail":
        try:
            failure = Failure(kind=msgspec.convert(answer.kind, Kind), message=reason)
        except msgspec.ValidationError:
            status, reason = "error", f"Broken({answer.kind!r}) is no kind of failure: {reason}"
    notes = [*check.notes, answer.detail] if answer.detail else check.notes
    return revised(check, status=status, reason=reason, failure=failure, notes=notes, step=step)


def refused(check: Check, complaint: Complaint) -> Check:
    """A check whose file was refused before it was run: it fails for that, and says beside it how the run ended.

    What failed by itself keeps its figures and its place; only its kind is that of the complaint.
    """
    if check.status == "not run" or check.step == "judge":
        return check
    found = check.failure or Failure(kind=complaint.kind, message=complaint.message)
    failure = msgspec.structs.replace(
        found,
        kind=complaint.kind,
        refused=complaint.message,
        inferred=complaint.inferred,
        values=found.kind if check.probes and check.status == "fail" else None,
    )
    ran = "its answers agree with the oracle" if check.status == "pass" else check.reason
    reason = f"{KINDS[complaint.kind]}: {complaint.message}; run all the same: {ran}"
    return revised(check, status="fail", reason=reason, failure=failure)


def file_name(check_id: str) -> str:
    """A name for a check's arrays that every file system takes, unlike any other check's."""
    return f"{path_name(check_id)}.npz"


def path_name(text: str) -> str:
    """A text as the name of a file or folder that every file system takes, unlike that of any other text."""
    plain = re.sub(r"[^A-Za-z0-9.+=-]+", "_", text).strip("_")[:120]
    return f"{plain}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def revised(check: Check, **changes: object) -> Check:
    """A check with some of its fields changed."""
    return msgspec.structs.replace(check, **changes)
