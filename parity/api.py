"""What a person imports: a model checked from Python, and asserted in a test. The third door, beside the command and the plugin."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

from parity.axes import Array
from parity.cases.subject import Subject, subject
from parity.errors import UsageError
from parity.files import written
from parity.records.model import Ended, Finding, ModelCheck, encode
from parity.running.models.plan import LIMIT, Plan

Inputs = str | Sequence[str] | Mapping[str, Array] | None


class Checked:
    """What came of a check. ``print`` shows the screen that the command prints, a notebook too."""

    def __init__(self, document: ModelCheck) -> None:
        self.document = document  #: everything, as ``parity check --json`` prints it

    @property
    def verdict(self) -> Ended:
        """How it ended: ``pass``, ``fail``, ``not judged``, ``error``, ``unsupported``, ``crash``, ``timeout`` or ``not run``."""
        return self.document.status

    @property
    def findings(self) -> list[Finding]:
        """What does not hold: where it was born, whose it is."""
        return self.document.findings

    def json(self) -> str:
        """The document as ``parity check --json`` prints it."""
        return encode(self.document).decode()

    def report(self, path: str | PathLike[str]) -> None:
        """Write the page with every operator. Raises :class:`ParityError` where it cannot be written."""
        from parity.report.html import render_model

        written(Path(path), render_model(self.document).encode())

    def __str__(self) -> str:
        from parity.report.model import screen

        return "\n".join(line.text for line in screen(self.document))

    def __repr__(self) -> str:
        return f"<Checked {self.document.model}: {self.verdict}, {len(self.findings)} findings>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def check(
    model: Any,
    *,
    inputs: Inputs = None,
    seed: int = 0,
    runtimes: Sequence[str] = (),
    threads: int = 1,
    limit: float = LIMIT,
    memory: int | None = None,
) -> Checked:
    """Check a model of one's own, as ``parity check`` does.

    model: a torch module, or what the command takes (``"model.onnx"``, ``"net.py:build"``), a path among them. inputs: arrays
    by name in the model's own axes and types, or shapes as the command reads them (``"2x3x224x224"``, ``["ids=2x8:int64"]``);
    seed: what is drawn, where it is; runtimes: only these; threads: that each process computes with; limit: seconds a step may
    take; memory: bytes a worker process may take. A module is exported and run in this process, a copy of it in eval mode.

    Raises :class:`parity.errors.UsageError` for a model or inputs that cannot be used, and
    :class:`parity.errors.MissingError` where nothing is installed that could run it.
    """
    from parity.cases.asked import asked
    from parity.routes.catalog import installed
    from parity.routes.models import loading, torch
    from parity.running.models import module
    from parity.running.models.check import check as checked

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-inputs-")))
        arrays = _written(inputs, folder) if isinstance(inputs, Mapping) else None
        words = [inputs] if isinstance(inputs, str) else [] if inputs is None or arrays is not None else list(inputs)
        if isinstance(model, str | PathLike):
            what = subject(str(model))
        else:
            what = Subject(f"{type(model).__name__}()", None, live=True)
            kind = loading.kind_of(what, model)
            if kind == "torch" and (reason := torch.why_not_here()):
                raise UsageError(f"{what.text}: {reason}, or give it as FILE.py:NAME, which has a process of its own")
            loading.LIVE[what.text] = model
            stack.callback(loading.LIVE.pop, what.text)
            stack.callback(module.forget)
            if kind == "torch":
                stack.enter_context(torch.undisturbed())
        given = [asked(word) for word in words]
        repeat = f"parity.check({what.text if what.live else repr(what.text)}, inputs={words or '...'}, seed={seed})"
        plan = Plan(what, given, arrays, seed, installed(), runtimes, repeat, threads, limit, memory)
        return Checked(checked(plan))


def assert_parity(model: Any, **how: Any) -> Checked:
    """Check a model in a test; what :func:`check` takes, and what it gives where the verdict is ``pass``.

    Raises :class:`AssertionError` with the screen of the check for every other verdict.
    """
    __tracebackhide__ = True
    found = check(model, **how)
    if found.verdict != "pass":
        raise AssertionError(f"parity: {found.verdict}\n{found}")
    return found


def _written(arrays: Mapping[str, Array], folder: Path) -> Path:
    """Arrays as the file that the command reads."""
    import numpy as np

    path = folder / "inputs.npz"
    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]
    return path
