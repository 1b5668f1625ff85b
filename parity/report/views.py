"""What the report shows, prepared as plain data. Pure: the same records give the same views, whatever writes them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from parity.blame import whose
from parity.records import Check, Known, LayerFigure, Number, Records, worst
from parity.verdict import BAD, Status
from parity.wording import MEANINGS, bad, count, ending, figure, grouped, meaning, outcome

GLYPHS: dict[Status, str] = {
    "pass": "✓",
    "fail": "✗",
    "error": "!",
    "crash": "✱",
    "timeout": "◔",
    "stale": "↻",
    "known": "≈",
    "unsupported": "∅",
    "not run": "○",
}
NO_RECORD = "no record"  #: the run ended before this check had an ending
NOT_SELECTED = "not selected"  #: the run did not ask for this check


@dataclass(frozen=True)
class Cell:
    """One check in the matrix. ``word`` is its status; ``detail`` the kind of failure and the worst ratio."""

    word: str
    glyph: str = ""
    detail: str = ""
    href: str = ""  #: of its details further down, where it has some


@dataclass(frozen=True)
class Row:
    """One case in the matrix."""

    case: str
    model: str
    shape: Sequence[int]
    cells: tuple[Cell, ...]  #: one for each route


@dataclass(frozen=True)
class Family:
    """The rows of one family and how its checks ended."""

    name: str
    summary: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Detail:
    """One failing check: the record, its anchor, and what wording adds to it."""

    check: Check
    anchor: str
    end: str
    meaning: str
    born: LayerFigure | None  #: the layer it was born in
    whose: str  #: whose the failure is, where other routes tell


@dataclass(frozen=True)
class Failures:
    """Failing checks that ended in the same way."""

    end: str
    meaning: str
    details: tuple[Detail, ...]


@dataclass(frozen=True)
class Divergence:
    """A declared divergence and the checks it covers, each with its anchor."""

    known: Known | None
    reason: str
    checks: tuple[tuple[str, Check], ...]


@dataclass(frozen=True)
class Reason:
    """Checks that are neither green nor red for one reason."""

    status: Status
    reason: str
    anchor: str
    checks: tuple[str, ...]  #: ids


@dataclass(frozen=True)
class Worst:
    """The worst ratio of one kind of layer over the checks that passed, for each route."""

    layer: str
    ratios: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Everything the report shows."""

    headline: str
    tone: str  #: good, bad or warn
    counts: str
    routes: tuple[str, ...]
    families: tuple[Family, ...]
    failures: tuple[Failures, ...]
    divergences: tuple[Divergence, ...]
    reasons: tuple[Reason, ...]
    worst: tuple[Worst, ...]
    legend: tuple[tuple[str, str, str], ...]  #: glyph, word, meaning
    records: Records


def page(records: Records) -> Page:
    """The views of a run."""
    checks = records.checks
    # The frameworks themselves, then their exports: the order in which checks end is not the same twice.
    routes = tuple(sorted({check.route for check in checks}, key=lambda route: (">" in route, route)))
    anchors = _anchors(checks)
    reasons = tuple(_reasons(checks))
    counts, not_run = count(checks)
    headline, tone = _headline(records)
    legend = [(glyph, str(status), MEANINGS[status]) for status, glyph in GLYPHS.items() if counts[status]]
    if _without_ending(records):
        legend.append(("?", NO_RECORD, "the run ended before this check"))
    return Page(
        headline=headline,
        tone=tone,
        counts=outcome(counts, not_run),
        routes=routes,
        families=tuple(_families(records, routes, anchors, reasons)),
        failures=tuple(_failures(checks, anchors)),
        divergences=tuple(_divergences(checks, anchors)),
        reasons=reasons,
        worst=tuple(_worst(checks, routes)),
        legend=tuple(legend),
        records=records,
    )


def _headline(records: Records) -> tuple[str, str]:
    """One sentence that says how it went, and its tone."""
    checks = records.checks
    failing = bad(checks)
    counts, _ = count(checks)
    ran = len(checks) - counts["not run"]
    if failing:
        kinds = {end: len(list(group)) for end, group in groupby(ending(check) for check in failing)}
        said = ", ".join(f"{n} {end}" for end, n in kinds.items())
        sentence, tone = f"{_many(len(failing), 'check')} failed of {ran:,} that ran: {said}.", "bad"
    elif not ran:
        sentence, tone = "No check ran.", "warn"
    else:
        sentence, tone = f"No check failed of {ran:,} that ran.", "good"
    if counts["not run"] and ran:
        sentence += f" {_many(counts['not run'], 'check')} did not run."
        tone = "warn" if tone == "good" else tone
    if not records.finished:
        end = records.end
        why = end.reason if end is not None and end.reason else "it was cut off"
        left = _without_ending(records)
        missing = f"; {_many(left, 'planned check')} without an ending" if left else ""
        sentence = f"This run did not finish: {why}{missing}. {sentence}"
        tone = "bad" if failing else "warn"
    return sentence, tone


def _families(
    records: Records, routes: Sequence[str], anchors: dict[int, str], reasons: Sequence[Reason]
) -> Iterable[Family]:
    """The matrix. Families and cases with a failure come first; otherwise both are in the order of their names."""
    hrefs = {(reason.status, reason.reason): reason.anchor for reason in reasons}
    by_case: dict[str, dict[str, Check]] = {}
    for check in records.checks:
        by_case.setdefault(check.case, {})[check.route] = check
    hole = Cell(NOT_SELECTED) if not _without_ending(records) else Cell(NO_RECORD, "?")
    families: dict[str, list[tuple[bool, Row]]] = {}
    for case, found in by_case.items():
        cells = tuple(_cell(found[r], anchors, hrefs) if r in found else hole for r in routes)
        shown = next((c for c in found.values() if c.model), next(iter(found.values())))
        failing = any(check.status in BAD for check in found.values())
        families.setdefault(case.split("/")[0], []).append((failing, Row(case, shown.model, shown.input_shape, cells)))
    for name, rows in sorted(families.items(), key=lambda item: (not any(failing for failing, _ in item[1]), item[0])):
        counts, _ = count(c for c in records.checks if c.case.split("/")[0] == name)
        summary = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
        worst_first = sorted(rows, key=lambda r: (not r[0], r[1].case))
        yield Family(name, summary, tuple(row for _, row in worst_first))


def _cell(check: Check, anchors: dict[int, str], hrefs: dict[tuple[Status, str], str]) -> Cell:
    kind = check.failure.kind if check.failure is not None else ""
    ratio = figure(check.ratio, 2) if check.ratio is not None else ""
    detail = " ".join(part for part in (kind, ratio) if part)
    detailed = check.status in BAD or check.status == "known"
    anchor = anchors[id(check)] if detailed else hrefs.get((check.status, check.reason), "")
    return Cell(check.status, GLYPHS[check.status], detail, f"#{quote(anchor)}" if anchor else "")


def _failures(checks: Sequence[Check], anchors: dict[int, str]) -> Iterable[Failures]:
    for end, group in groupby(bad(checks), key=ending):
        details = []
        for check in group:
            name = check.failure.born if check.failure is not None else None
            born = next((layer for layer in check.layers if layer.node == name), None)
            details.append(Detail(check, anchors[id(check)], end, meaning(end), born, whose(check, checks)))
        yield Failures(end, meaning(end), tuple(details))


def _divergences(checks: Iterable[Check], anchors: dict[int, str]) -> Iterable[Divergence]:
    for reason, members in grouped(checks, "known"):
        yield Divergence(members[0].known, reason, tuple((anchors[id(check)], check) for check in members))


def _reasons(checks: Sequence[Check]) -> Iterable[Reason]:
    statuses: tuple[Status, ...] = ("not run", "unsupported")
    groups = [(status, *group) for status in statuses for group in grouped(checks, status)]
    for n, (status, reason, members) in enumerate(groups, 1):
        yield Reason(status, reason, f"reason-{n}", tuple(check.id for check in members))


def _worst(checks: Sequence[Check], routes: Sequence[str]) -> Iterable[Worst]:
    found: dict[str, dict[str, list[Number | None]]] = {}
    for check in checks:
        if check.status == "pass":
            for layer in check.layers:
                found.setdefault(layer.layer.split("(")[0], {}).setdefault(check.route, []).append(layer.ratio)
    for name, by_route in sorted(found.items()):
        yield Worst(name, tuple(figure(worst(iter(by_route.get(route, []))), 2) for route in routes))


def _without_ending(records: Records) -> int:
    """How many planned checks the file has no line of: a run that was killed could not write them."""
    return max(records.run.planned - len(records.checks), 0) if not records.finished else 0


def _anchors(checks: Iterable[Check]) -> dict[int, str]:
    """An HTML id for each check (by ``id()``): its own id without white space, numbered where that repeats."""
    used: dict[str, int] = {}
    anchors: dict[int, str] = {}
    for check in checks:
        name = "_".join(check.id.split())
        used[name] = used.get(name, 0) + 1
        anchors[id(check)] = name if used[name] == 1 else f"{name}-{used[name]}"
    return anchors


def _many(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"
