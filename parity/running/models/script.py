"""A finding as a script of the frameworks alone. It is run once in a bare environment; one that does not show it is not kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity.errors import ParityError
from parity.records.difference import Difference
from parity.records.model import DEFINITION, OWN, Finding, ModelCheck
from parity.routes import pieces
from parity.running.models import bare, onnx_pieces, piecing, templates
from parity.running.models.document import Found
from parity.running.models.plan import JUDGE, Plan, Way
from parity.running.models.ready import Ready
from parity.running.models.workers import asking, ended, here_of
from parity.running.pool import Pool
from parity.running.process import Job

TRIED = 3  #: findings of which a script is tried, those whose party is known first
ORT = "onnxruntime"  #: the runtime whose optimiser a script can turn off, by its name in the catalog


class Nothing(Exception):
    """Why there is no script of a finding, in words."""


@dataclass(frozen=True)
class Checked:
    """A check that has ended, its workers still there. routes: the ways that were gone; name: of the script that is wanted."""

    plan: Plan
    pool: Pool
    found: Found
    check: ModelCheck
    routes: Sequence[Way]
    name: str

    def ready(self, way: Way) -> Ready:
        """The file that a route ran."""
        return self.found.prepared.ready[way.graph]

    def ran(self, way: Way) -> bool:
        """Whether a route ran to its end."""
        return self.found.ended[way.name].ending == "ok"

    def way(self, finding: Finding) -> Way:
        """The first of the routes that a finding is of."""
        return next(each for each in self.routes if each.name in finding.routes)


def show(checked: Checked, path: Path, folder: Path) -> str:
    """Write the script of the worst finding that can be shown, and say so; where none can, why not.

    path: where it is wanted; folder: for what is tried. Raises :class:`ParityError` where it cannot be written.
    """
    if not checked.check.findings:
        return "nothing to show: nothing was found to be wrong"
    reasons = []
    for i, finding in enumerate(sorted(checked.check.findings, key=lambda each: not each.whose)[:TRIED]):
        try:
            for script in _candidates(checked, finding, folder / f"script-{i}"):
                ran = bare.run(script, checked.plan.limit)
                if ran.shows:
                    return handed_over(script, path, ran)
                reasons.append(ran.why_not)
        except Nothing as reason:
            reasons.append(str(reason))
    said = "; ".join(dict.fromkeys(reasons)) or "there is no part of it that stands alone"
    return f"none is handed over: {said}"


def handed_over(script: Path, path: Path, ran: bare.Ran) -> str:
    """Put a script and its folder where a person asked for them, and say so.

    Raises :class:`ParityError` where they cannot be there.
    """
    try:
        for stale in (path.with_suffix("") / pieces.DATA).glob("*.pb"):  # of a script that stood here before
            stale.unlink()
        shutil.copytree(script.with_suffix(""), path.with_suffix(""), dirs_exist_ok=True)
        shutil.copyfile(script, path)
    except OSError as error:
        raise ParityError(f"{path}: {error.strerror}; name a file in a folder that can be written") from None
    return f"{path}: it shows it, run alone: {ran.last}"


def _candidates(checked: Checked, finding: Finding, folder: Path) -> Iterator[Path]:
    """Scripts of a finding, the plainest first."""
    check = checked.check
    graph = check.graphs[finding.graph]
    i = check.tried.index(finding.inputs) if finding.inputs in check.tried else 0
    if finding.operator is not None and graph.name == DEFINITION:
        operator = graph.operators[finding.operator]
        yield from _parts(checked, (operator.name, *operator.outputs), i, "", None, folder)
    elif finding.operator is not None:
        yield _kernel(checked, finding, finding.operator, i, folder)
    elif finding.figure is not None:
        yield _optimiser(checked, finding, i, folder)
    elif graph.function is not None and graph.function.status == "fail":
        exporter = checked.plan.kind if graph.name == DEFINITION else graph.name
        for k, difference in enumerate(graph.differences):
            yield from _exported(checked, exporter, difference, i, folder / str(k))
    else:
        raise Nothing("it is nothing that one operator or one file does")


# ---- of a person's model --------------------------------------------------------------------------------------------


def _exported(checked: Checked, exporter: str, difference: Difference, i: int, folder: Path) -> list[Path]:
    """Scripts of what an exporter writes of the parts where a file differs."""
    # The definition has the operator by the first's name; where it is wrong itself it is not the first, and has the second's.
    same = checked.found.same
    spot = difference.one if same == DEFINITION else difference.two
    if spot is None or difference.one is None or exporter not in templates.CALLS:
        return []
    right = None if same == DEFINITION else (checked.found.prepared.ready[same], difference.one.name)
    return _parts(checked, (spot.name,), i, exporter, right, folder)


def _parts(
    checked: Checked, where: tuple[str, ...], i: int, exporter: str, right: tuple[Ready, str] | None, folder: Path
) -> list[Path]:
    """Scripts of parts of the model; arguments are those of :func:`parity.running.models.piecing.parts`."""
    plan, definition = checked.plan, checked.found.prepared.ready.get(DEFINITION)
    if definition is None:
        raise Nothing("nothing says what the model computes")
    about = piecing.About(plan.kind, exporter, _runner(checked, exporter), plan.repeat, checked.name)
    arguments = (asking(plan), definition, where, right, i, about, folder)
    job = Job(OWN, piecing.parts, arguments, "taking the model apart", plan.limit)
    (ending,) = ended(checked.pool, {OWN: job}, here=here_of(plan)).values()
    if ending.ending != "ok":
        raise Nothing(ending.message)
    return list(ending.value)


def _runner(checked: Checked, exporter: str) -> str:
    """What a script runs an export in: ONNX Runtime, or what else runs this exporter's files where that does not."""
    ran = {way.runtime for way in checked.routes if way.graph == exporter and checked.ran(way)}
    return next((runtime for runtime in templates.RUNNERS if runtime in ran), ORT)


# ---- of a file ------------------------------------------------------------------------------------------------------


def _kernel(checked: Checked, finding: Finding, operator: int, i: int, folder: Path) -> Path:
    """The script of a runtime's kernel: one operator on what it got."""
    way = checked.way(finding)
    if way.runtime not in templates.RUNNERS:
        raise Nothing(f"how a script asks {way.label} is not known")
    script = folder / checked.name
    arguments = (checked.ready(way), checked.found.ended[way.name].value, i, operator, script.with_suffix(""))
    job = Job(JUDGE, onnx_pieces.by_operator, arguments, "taking the file apart", checked.plan.limit)
    _wrote(checked, JUDGE, job)
    others = {other.runtime for other in checked.routes if other.graph == way.graph and checked.ran(other)}
    beside = [name for name in templates.RUNNERS if name in others - {way.runtime}]
    kind = checked.check.graphs[finding.graph].operators[operator].kind
    title = f"{templates.RUNNERS[way.runtime].says}: {kind} gives something else than it should."
    return _onnx(checked, script, title, [*beside, way.runtime])


def _optimiser(checked: Checked, finding: Finding, i: int, folder: Path) -> Path:
    """The script of a runtime's optimiser: the smallest piece of the file that it makes wrong."""
    way = checked.way(finding)
    if not way.optimises or way.runtime != ORT:
        raise Nothing("no operator is wrong by itself")
    key = (way.graph, way.runtime, False)
    plain = next((each for each in checked.routes if (each.graph, each.runtime, each.optimises) == key), None)
    if plain is None or not checked.ran(plain) or checked.found.ended[plain.name].value.inner:
        raise Nothing("without its optimiser the runtime gives no values")
    script = folder / checked.name
    data = script.with_suffix("")
    data.mkdir(parents=True)
    arguments = (checked.ready(way), checked.found.ended[plain.name].value, i, ORT, checked.plan.catalog, data)
    job = Job(way.label, onnx_pieces.by_optimiser, arguments, "looking for the smallest piece", checked.plan.limit)
    _wrote(checked, way.label, job)
    title = "ONNX Runtime: its graph optimiser makes something else of this model."
    return _onnx(checked, script, title, [ORT, templates.OPTIMISED])


def _wrote(checked: Checked, worker: str, job: Job) -> None:
    """Let a worker write a piece. Raises :class:`Nothing` where it does not."""
    (ending,) = ended(checked.pool, {worker: job}).values()
    if ending.ending != "ok" or ending.value:
        raise Nothing(ending.message if ending.ending != "ok" else ending.value)


def _onnx(checked: Checked, script: Path, title: str, asked: Sequence[str]) -> Path:
    """Write the script of a file that lies beside it. asked: what runs it, the last of which decides."""
    script.write_text(templates.of_file(asked, title=title, folder=script.stem, repeat=checked.plan.repeat))
    return script
