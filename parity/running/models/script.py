"""A finding as a script of the frameworks alone. It is run once in a bare environment; one that does not show it is not kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from parity.errors import ParityError
from parity.records.model import DEFINITION, Finding, GraphFigure, ModelCheck
from parity.routes import pieces
from parity.running.models import bare, onnx_pieces, piecing, templates
from parity.running.models.document import Found
from parity.running.models.plan import JUDGE, OWN, Plan, Way
from parity.running.models.workers import asking, ended, here_of
from parity.running.pool import Job, Pool

TRIED = 3  #: findings of which a script is tried, those whose party is known first


class Nothing(Exception):
    """Why there is no script of a finding, in words."""


def show(plan: Plan, pool: Pool, found: Found, check: ModelCheck, routes: list[Way], path: Path, folder: Path) -> str:
    """Write the script of the worst finding that can be shown, and say so; where none can, why not."""
    if not check.findings:
        return "nothing to show: nothing was found to be wrong"
    known = sorted(check.findings, key=lambda each: not each.whose)[:TRIED]
    reasons = []
    for i, finding in enumerate(known):
        own = folder / f"script-{i}"
        try:
            for script in _candidates(plan, pool, found, check, finding, routes, path.name, own):
                ran = bare.run(script, plan.limit)
                if ran.shows:
                    hand_over(script, path)
                    return f"{path}: it shows it, run alone: {ran.printed.strip().splitlines()[-1]}"
                reasons.append(ran.why_not)
        except Nothing as reason:
            reasons.append(str(reason))
    said = "; ".join(dict.fromkeys(filter(None, reasons))) or "there is no part of it that stands alone"
    return f"none is handed over: {said}"


def hand_over(script: Path, path: Path) -> None:
    """Put a script and its folder where a person asked for them. Raises :class:`ParityError` where they cannot be there."""
    try:
        for stale in (path.with_suffix("") / pieces.DATA).glob("*.pb"):  # of a script that stood here before
            stale.unlink()
        shutil.copytree(script.with_suffix(""), path.with_suffix(""), dirs_exist_ok=True)
        shutil.copyfile(script, path)
    except OSError as error:
        raise ParityError(f"{path}: {error.strerror}; name a file in a folder that can be written") from None


def _candidates(
    plan: Plan,
    pool: Pool,
    found: Found,
    check: ModelCheck,
    finding: Finding,
    routes: list[Way],
    name: str,
    folder: Path,
) -> Iterator[Path]:
    """Scripts of a finding, the plainest first."""
    graph = check.graphs[finding.graph]
    i = check.tried.index(finding.inputs) if finding.inputs in check.tried else 0
    if finding.operator is not None and graph.name == DEFINITION:
        operator = graph.operators[finding.operator]
        yield from _parts(plan, pool, found, routes, (operator.name, *operator.outputs), i, "", name, folder)
    elif finding.operator is not None:
        yield _kernel(plan, pool, found, graph, finding, routes, i, name, folder)
    elif finding.figure is None and graph.function is not None and graph.function.status == "fail":
        exporter = "torch" if graph.name == DEFINITION else graph.name
        for difference in graph.differences:
            # The definition has the operator by the name that it has there, which is the second's where that is wrong itself.
            spot = difference.one if found.same == DEFINITION else difference.two
            if spot is not None and difference.one is not None:
                yield from _parts(
                    plan, pool, found, routes, (spot.name,), i, exporter, name, folder, difference.one.name
                )
    elif finding.figure is not None:
        yield _optimiser(plan, pool, found, finding, routes, i, name, folder)
    else:
        raise Nothing("it is nothing that one operator or one file does")


def _parts(
    plan: Plan,
    pool: Pool,
    found: Found,
    routes: list[Way],
    where: tuple[str, ...],
    i: int,
    exporter: str,
    name: str,
    folder: Path,
    truth: str = "",
) -> list[Path]:
    """Scripts of parts of a person's model; ``truth`` names the operator in the file that is the model's function."""
    definition = found.prepared.ready.get(DEFINITION)
    if definition is None:
        raise Nothing("nothing says what the model computes")
    about = piecing.About(plan.kind, exporter, _runner(found, routes, exporter), plan.repeat, name)
    wrong = bool(truth) and found.same != DEFINITION
    right = (found.prepared.ready[found.same], truth) if wrong else None
    arguments = (asking(plan), definition, where, right, i, about, folder)
    job = Job(OWN, piecing.parts, arguments, "taking the model apart", plan.limit)
    (ending,) = ended(pool, {OWN: job}, here=here_of(plan)).values()
    if ending.ending != "ok":
        raise Nothing(ending.message)
    return list(ending.value)


def _runner(found: Found, routes: list[Way], exporter: str) -> str:
    """What a script runs an export in: ONNX Runtime, or what else runs this exporter's files where that does not."""
    ran = {way.runtime for way in routes if way.graph == exporter and found.ended[way.name].ending == "ok"}
    return next((runtime for runtime in templates.RUNNERS if runtime in ran), next(iter(templates.RUNNERS)))


def _kernel(
    plan: Plan,
    pool: Pool,
    found: Found,
    graph: GraphFigure,
    finding: Finding,
    routes: list[Way],
    i: int,
    name: str,
    folder: Path,
) -> Path:
    """The script of a runtime's kernel: one operator on what it got."""
    way = next(each for each in routes if each.name in finding.routes)
    if way.runtime not in templates.ASKED:
        raise Nothing(f"how a script asks {way.label} is not known")
    made, ran = found.prepared.ready[way.graph], found.ended[way.name].value
    script = folder / name
    assert finding.operator is not None
    arguments = (made, ran, i, finding.operator, script.with_suffix(""))
    job = Job(JUDGE, onnx_pieces.by_operator, arguments, "taking the file apart", plan.limit)
    _wrote(pool, JUDGE, job)
    call, asked = templates.ASKED[way.runtime]
    witness, beside = next(each for runtime, each in templates.ASKED.items() if runtime != way.runtime)
    title = f"{asked}: {graph.operators[finding.operator].kind} gives something else than it should."
    words = {"call": call, "name": asked, "witness": witness, "beside": beside}
    return _onnx(script, plan, title, [templates.EVALUATED, templates.ONNX_KERNEL], words)


def _optimiser(
    plan: Plan, pool: Pool, found: Found, finding: Finding, routes: list[Way], i: int, name: str, folder: Path
) -> Path:
    """The script of a runtime's optimiser: the smallest piece of the file that it makes wrong."""
    way = next(each for each in routes if each.name in finding.routes)
    if not way.optimises or way.runtime != "onnxruntime":
        raise Nothing("no operator is wrong by itself")
    plain = next((w for w in routes if (w.graph, w.runtime, w.optimises) == (way.graph, way.runtime, False)), None)
    if plain is None or found.ended[plain.name].ending != "ok" or found.ended[plain.name].value.inner:
        raise Nothing("without its optimiser the runtime gives no values")
    script = folder / name
    data = script.with_suffix("")
    data.mkdir(parents=True)
    arguments = (
        found.prepared.ready[way.graph],
        found.ended[plain.name].value,
        i,
        way.runtime,
        plan.catalog,
        data,
    )
    job = Job(way.name, onnx_pieces.by_optimiser, arguments, "looking for the smallest piece", plan.limit)
    _wrote(pool, way.name, job)
    title = "ONNX Runtime: its graph optimiser makes something else of this model."
    return _onnx(script, plan, title, [templates.ONNX_OPTIMISER], {})


def _wrote(pool: Pool, worker: str, job: Job) -> None:
    (ending,) = ended(pool, {worker: job}).values()
    if ending.ending != "ok" or ending.value:
        raise Nothing(ending.message if ending.ending != "ok" else ending.value)


def _onnx(script: Path, plan: Plan, title: str, end: list[str], words: dict[str, str]) -> Path:
    modules = ["import onnx", "import onnxruntime", "from onnx import numpy_helper"]
    modules += ["from onnx.reference import ReferenceEvaluator"] if templates.EVALUATED in end else []
    needs = "numpy, onnx and onnxruntime"
    text = templates.made(
        [templates.ONNX, *end],
        modules,
        title=title,
        wrong="it does",
        needs=needs,
        folder=script.stem,
        repeat=plan.repeat,
        **words,
    )
    script.write_text(text)
    return script
