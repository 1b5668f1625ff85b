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
from parity.records.difference import Difference
from parity.records.model import Ended, Finding, ModelCheck, encode
from parity.records.pair import PairCheck
from parity.running.models.plan import CPU, LIMIT, Plan, device, refuse_of_two, script_file

Inputs = str | Sequence[str] | Mapping[str, Array] | None


class Checked:
    """What came of a check. ``print`` shows the screen that the command prints, a notebook too."""

    def __init__(self, document: ModelCheck | PairCheck) -> None:
        self.document = document  #: everything, as ``parity check --json`` prints it

    @property
    def verdict(self) -> Ended:
        """How it ended: ``pass``, ``fail``, ``not judged``, ``error``, ``unsupported``, ``crash``, ``timeout`` or ``not run``."""
        return self.document.status

    @property
    def findings(self) -> list[Finding] | list[Difference]:
        """What does not hold: where it was born, whose it is; of two models the places where they differ."""
        return self.document.differences if isinstance(self.document, PairCheck) else self.document.findings

    def json(self) -> str:
        """The document as ``parity check --json`` prints it."""
        return encode(self.document).decode()

    def report(self, path: str | PathLike[str]) -> None:
        """Write the page with every operator, of two models side by side.

        Raises :class:`parity.errors.ParityError` where it cannot be written.
        """
        from parity.report.html import render_model, render_pair

        document = self.document
        page = render_pair(document) if isinstance(document, PairCheck) else render_model(document)
        written(Path(path), page.encode())

    def __str__(self) -> str:
        from parity.report import model, pair

        document = self.document
        lines = pair.screen(document) if isinstance(document, PairCheck) else model.screen(document)
        return "\n".join(line.text for line in lines)

    def __repr__(self) -> str:
        of = (
            f"{self.document.one}, {self.document.two}" if isinstance(self.document, PairCheck) else self.document.model
        )
        return f"<Checked {of}: {self.verdict}, {len(self.findings)} findings>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def check(
    model: Any,
    other: Any = None,
    *,
    inputs: Inputs = None,
    copy_weights: bool = False,
    seed: int = 0,
    runtimes: Sequence[str] = (),
    threads: int = 1,
    limit: float = LIMIT,
    memory: int | None = None,
    outputs: Mapping[str, Mapping[str, Array] | str | PathLike[str]] | None = None,
    save: str | PathLike[str] | None = None,
    compiled: bool = False,
    devices: Sequence[str] = (),
    script: str | PathLike[str] | None = None,
) -> Checked:
    """Check a model of one's own, or compare two, as ``parity check`` does.

    model, other: a torch module, a Keras model, or what the command takes (``"model.onnx"``, ``"net.py:build"``), a path among
    them. inputs: arrays by name in the first model's own axes and types, or shapes as the command reads them
    (``"2x3x224x224"``, ``["ids=2x8:int64"]``); copy_weights: give the other the model's weights, where shapes and order decide
    which is which; seed: what is drawn, where it is; runtimes: only these; threads: that each process computes with; limit:
    seconds a step may take; memory: bytes a worker process may take; outputs: what ran elsewhere on ``inputs``, by the names of
    the runs: arrays by name or the ``.npz`` that holds them; save: the folder to write to; compiled: whether the model is run by
    its framework's compiler too; devices: to run on besides the cpu, ``"cuda"``; script: the file to write the worst finding to as
    a script of the frameworks alone. A live model is exported and run in
    this process; of a torch module that is a copy in eval mode.

    Raises :class:`parity.errors.UsageError` for a model or inputs that cannot be used, and
    :class:`parity.errors.MissingError` where nothing is installed that could run it.
    """
    from parity.cases.asked import asked
    from parity.cases.elsewhere import named
    from parity.routes.catalog import installed
    from parity.running.models.check import check as checked
    from parity.running.models.pair import compare

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-inputs-")))
        arrays = _written(inputs, folder / "inputs.npz") if isinstance(inputs, Mapping) else None
        runs = [
            named(name, _written(what, folder / f"outputs-{i}.npz") if isinstance(what, Mapping) else Path(what))
            for i, (name, what) in enumerate((outputs or {}).items())
        ]
        words = [inputs] if isinstance(inputs, str) else [] if inputs is None or arrays is not None else list(inputs)
        what = _subject(model, "", stack)
        theirs = None if other is None else _subject(other, " again", stack)
        models = ", ".join(each.text if each.live else repr(each.text) for each in (what, theirs) if each is not None)
        repeat = f"parity.check({models}, inputs={words or '...'}, seed={seed})"
        given = [asked(word) for word in words]
        plan = Plan(
            what,
            given,
            arrays,
            seed,
            installed(),
            runtimes,
            repeat,
            threads,
            limit,
            memory,
            elsewhere=runs,
            save=None if save is None else Path(save),
            compiled=compiled,
            devices=[name for name in map(device, dict.fromkeys(devices)) if name != CPU],
            script=None if script is None else script_file(script),
        )
        if theirs is not None:
            alone = {"runtimes": runtimes, "outputs": outputs, "save": save, "compiled": compiled, "devices": devices}
            refuse_of_two(alone)
        if copy_weights and theirs is None:
            raise UsageError("copy_weights is for two models: it gives the other the weights of the model")
        return Checked(checked(plan) if theirs is None else compare(plan, theirs, copy_weights))


def _subject(model: Any, more: str, stack: ExitStack) -> Subject:
    """What a model is to the command; a live one is kept for as long as the stack is. ``more`` tells two of one name apart."""
    from parity.routes.models import loading, torch
    from parity.running.models import module

    if isinstance(model, str | PathLike):
        return subject(str(model))
    what = Subject(f"{type(model).__name__}(){more}", None, live=True)
    kind = loading.kind_of(what, model)
    if kind == "torch" and (reason := torch.why_not_here()):
        raise UsageError(f"{what.text}: {reason}, or give it as FILE.py:NAME, which has a process of its own")
    loading.LIVE[what.text] = model
    stack.callback(loading.LIVE.pop, what.text)
    stack.callback(module.forget)
    if kind == "torch":
        stack.enter_context(torch.undisturbed())
    return what


def assert_parity(model: Any, other: Any = None, **how: Any) -> Checked:
    """Check a model, or compare two, in a test; what :func:`check` takes, and what it gives where the verdict is ``pass``.

    Raises :class:`AssertionError` with the screen of the check for every other verdict.
    """
    __tracebackhide__ = True
    found = check(model, other, **how)
    if found.verdict != "pass":
        raise AssertionError(f"parity: {found.verdict}\n{found}")
    return found


def _written(arrays: Mapping[str, Array], path: Path) -> Path:
    """Arrays as the file that the command reads."""
    import numpy as np

    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]
    return path
