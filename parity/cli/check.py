"""The command that checks a model of one's own: options in, one screen or one JSON document out."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from parity.cli.console import Bar, Output
from parity.errors import UsageError

CODES = {"pass": 0, "unsupported": 4, "not run": 4}  #: exit codes by how a check ends; all else is 1


def check(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    """Check the model of ``options`` and print what came of it; the exit code."""
    from parity.cases.asked import asked
    from parity.records.model import encode
    from parity.report.model import screen
    from parity.routes.catalog import installed
    from parity.running import model

    path: Path = options.model
    if path.suffix != ".onnx":
        raise UsageError(f"{path}: only ONNX files can be checked, named .onnx; export the model to one first")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; name an ONNX file that exists")
    plan = model.Plan(
        model=path,
        given=[asked(text) for text in options.input],
        arrays=options.inputs,
        seed=options.seed,
        catalog=installed(),
        runtimes=options.runtime,
        repeat=shlex.join(["parity", *(word for word in typed if word != "--json")]),
        threads=options.threads,
        limit=options.limit or model.LIMIT,
        memory_limit=options.memory,
    )
    tried = 3  # a drawn image; the bar only has to move
    with Bar(len(model.ways(plan)) + tried, "steps") as bar:
        found = model.check(plan, bar.step)
    if options.json:
        out.line(encode(found).decode())
    else:
        out.styled(screen(found))
    return CODES.get(found.status, 1)
