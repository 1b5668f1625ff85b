"""The cases and the environment as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from parity.cases.case import Case
from parity.records.lines import Environment
from parity.records.wording import sizes
from parity.report.terminal import table
from parity.running.checks import summary


def lines(cases: Sequence[Case]) -> list[str]:
    """A table: name, shapes, what the case is."""
    rows = [("case", "input", "output", "model")]
    rows += [(case.name, sizes(case.shape), sizes(case.output.shape), summary(case)) for case in cases]
    return table(rows, frozenset(range(4)))


def json_lines(cases: Iterable[Case]) -> list[str]:
    """One JSON object a case; shapes are canonical."""
    return [
        json.dumps(
            {
                "name": case.name,
                "family": case.family,
                "model": summary(case),
                "input_shape": list(case.shape),
                "output_shape": list(case.output.shape),
                "scale": case.scale,
                "mean": case.mean,
                "precision": case.precision,
                "mode": case.mode,
                "tags": list(case.tags),
            }
        )
        for case in cases
    ]


def environment(machine: Environment, absent: Mapping[str, str]) -> list[str]:
    """What may move a number, then each route and why it cannot run, where it cannot."""
    rows = [
        ("parity", machine.parity),
        ("python", machine.python),
        ("system", f"{machine.system}, {machine.machine}"),
        ("processor", f"{machine.cpu}, {machine.cores} cores"),
        ("instructions", " ".join(machine.cpu_flags) or "not known"),
        ("memory", f"{machine.memory_bytes / 2**30:.1f} GiB"),
        ("GPU", "; ".join(f"{gpu.name}, driver {gpu.driver}" for gpu in machine.gpus) or "none found"),
        *machine.flags.items(),
        *machine.packages.items(),
        *((f"route {name}", reason or "ready") for name, reason in absent.items()),
    ]
    return table(rows, frozenset({0, 1}))


def environment_json(machine: Environment, absent: Mapping[str, str]) -> str:
    """The environment as records keep it, and for each route why it cannot run: empty where it can."""
    return msgspec.json.encode({"environment": machine, "routes": absent}).decode()
