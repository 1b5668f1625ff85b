"""The cases and the environment as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from parity.cases.model import AnyCase, ModelCase, summary
from parity.records.lines import Environment
from parity.records.wording import sizes, table


def lines(cases: Sequence[AnyCase]) -> list[str]:
    """A table: name, shapes, what the case is."""
    rows = [("case", "input", "output", "model")]
    for case in cases:
        if isinstance(case, ModelCase):
            shapes = (", ".join(case.inputs) or case.data or "-", "-")
        else:
            shapes = (sizes(case.shape), sizes(case.output.shape))
        rows.append((case.name, *shapes, summary(case)))
    return table(rows, frozenset(range(4)))


def json_lines(cases: Iterable[AnyCase]) -> list[str]:
    """One JSON object a case; shapes are canonical, those of a model of one's own as its inputs are named."""
    return [json.dumps(_plain(case)) for case in cases]


def _plain(case: AnyCase) -> dict[str, Any]:
    about = {
        "name": case.name,
        "family": case.family,
        "model": summary(case),
        "tags": list(case.tags),
        "quick": case.quick,
    }
    if isinstance(case, ModelCase):
        return {**about, "inputs": list(case.inputs), "data": case.data}
    return {
        **about,
        "input_shape": list(case.shape),
        "output_shape": list(case.output.shape),
        "scale": case.scale,
        "mean": case.mean,
        "values": case.values,
        "precision": case.precision,
        "mode": case.mode,
    }


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
