"""The command that checks a model of one's own: options in, one screen or one JSON document out."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence

from parity.cli.console import Bar, Output
from parity.files import written

CODES = {"pass": 0, "unsupported": 4, "not run": 4}  #: exit codes by how a check ends; all else is 1


def check(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    """Check the model of ``options`` and print what came of it; the exit code."""
    from parity.cases.asked import asked
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
    )
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
