"""The command that checks a model of one's own: options in, one screen or one JSON document out."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parity.cli.console import Bar, Output
from parity.errors import UsageError
from parity.files import written

if TYPE_CHECKING:
    from parity.cases.subject import Subject
    from parity.running.models.plan import Plan

CODES = {"pass": 0, "unsupported": 4, "not run": 4}  #: exit codes by how a check ends; all else is 1


def check(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    """Check the model of ``options`` and print what came of it; the exit code."""
    from parity.cases.asked import asked
    from parity.cases.elsewhere import elsewhere
    from parity.cases.subject import subject
    from parity.records.model import encode
    from parity.report.model import screen
    from parity.routes.catalog import installed
    from parity.running.models import plan as planning
    from parity.running.models.check import check as checked

    plan = planning.Plan(
        model=subject(options.model),
        given=[asked(text) for text in options.input],
        arrays=options.inputs,
        seed=options.seed,
        catalog=installed(),
        runtimes=options.runtime,
        repeat=shlex.join(["parity", *(word for word in typed if word != "--json")]),
        threads=options.threads,
        limit=options.limit or planning.LIMIT,
        memory_limit=options.memory,
        memo=not options.no_memo,
        elsewhere=[elsewhere(text) for text in options.outputs],
        save=options.save,
        compiled=options.compiled,
        devices=[name for name in map(planning.device, dict.fromkeys(options.device)) if name != planning.CPU],
        script=None if options.script is None else planning.script_file(options.script),
    )
    if options.other is not None:
        return _pair(options, plan, subject(options.other), out)
    if options.copy_weights:
        raise UsageError("--copy-weights is for two models: it gives the second one the weights of the first")
    with Bar(planning.steps(plan), "steps") as bar:
        found = checked(plan, bar.step)
    if options.report is not None:
        from parity.report.html import render_model

        written(options.report, render_model(found).encode())
    if options.json:
        out.line(encode(found).decode())
    else:
        out.styled(screen(found))
    return CODES.get(found.status, 1)


def _pair(options: argparse.Namespace, plan: Plan, other: Subject, out: Output) -> int:
    """Compare two models and print what came of it; the exit code."""
    from parity.records.model import encode
    from parity.report.pair import screen
    from parity.running.models.pair import compare
    from parity.running.models.plan import refuse_of_two

    refuse_of_two(
        {
            "--runtime": options.runtime,
            "--outputs": options.outputs,
            "--save": options.save,
            "--compiled": options.compiled,
            "--device": options.device,
        }
    )
    found = compare(plan, other, options.copy_weights)
    if options.report is not None:
        from parity.report.html import render_pair

        written(options.report, render_pair(found).encode())
    if options.json:
        out.line(encode(found).decode())
    else:
        out.styled(screen(found))
    return CODES.get(found.status, 1)
