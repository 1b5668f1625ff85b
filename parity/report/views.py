"""What the report shows, prepared as plain data. Pure: the same records give the same views, whatever writes them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parity.judging.causes import causes
from parity.records.accuracy import ABOVE, TIMES, contrasts
from parity.records.changes import Comparison, absent, many, sentence
from parity.records.file import Records
from parity.records.history import Point
from parity.records.lines import Check, Known, Number, worst
from parity.records.shards import label, shard_of
from parity.records.verdict import Status
from parity.records.wording import MEANINGS, bad, count, ending, figure, grouped, meaning, outcome
from parity.report import cases, matrix
from parity.report.matrix import GLYPHS, LETTERS, NO_RECORD, Column, Family, without_ending

LISTED = 100  #: checks that a group names; the search finds the others


@dataclass(frozen=True)
class Group:
    """Checks that read as one: a cause, a declared divergence, a reason not to run."""

    title: str
    anchor: str
    letter: str
    glyph: str
    checks: tuple[tuple[str, str], ...]  #: label and link, up to LISTED
    count: int
    cases: int
    lines: tuple[tuple[str, str], ...] = ()  #: what is said of it: a word, a sentence
    ratio: str = ""
    link: str = ""  #: to the web


@dataclass(frozen=True)
class Chip:
    """A filter with the number of checks it leaves: glyph, letter, word, the token of the search."""

    glyph: str
    letter: str
    word: str
    token: str
    count: int


@dataclass(frozen=True)
class Worst:
    """The worst ratio of one kind of layer over the checks that passed, for each column."""

    layer: str
    ratios: tuple[str, ...]


@dataclass(frozen=True)
class Accuracy:
    """A case whose routes differ in accuracy, and how many are like it; what each column needs there."""

    case: str
    like: int
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Since:
    """What changed since the baseline: a heading, then what it is about, each with a link where it has one."""

    title: str
    lines: tuple[tuple[str, str, str], ...]  #: label, link, figures
    count: int


@dataclass(frozen=True)
class Page:
    """Everything the report shows; ``cases`` come one by one from :func:`case_views`."""

    headline: str
    tone: str  #: good, bad or warn
    counts: str
    columns: tuple[Column, ...]
    families: tuple[Family, ...]
    chips: tuple[Chip, ...]
    legend: tuple[tuple[str, str, str, str], ...]  #: glyph, letter, word, meaning
    failures: tuple[Group, ...]
    divergences: tuple[Group, ...]
    idle: tuple[Group, ...]
    since: tuple[Since, ...]
    worst: tuple[Worst, ...]
    accuracy: tuple[Accuracy, ...]
    records: Records
    comparison: Comparison | None
    anchors: Mapping[str, str] = field(default_factory=dict)  #: of cases, by name
    times: float = TIMES  #: by how many times, and above what, a need must differ to be in ``accuracy``
    above: float = ABOVE


def page(records: Records, comparison: Comparison | None = None, shown: frozenset[str] | None = None) -> Page:
    """The views of a run. ``shown`` are the cases that have a section; all without it."""
    columns = matrix.columns(records)
    of_cases, of_checks = matrix.anchors(records)
    targets = {
        label(records, c): of_checks[label(records, c)] for c in records.checks if shown is None or c.case in shown
    }
    counts, not_run = count(records.checks)
    headline, tone = _headline(records, comparison)
    legend = [(glyph, LETTERS[s], str(s), MEANINGS[s]) for s, glyph in GLYPHS.items() if counts[s]]
    if without_ending(records):
        legend.append(("?", LETTERS[NO_RECORD], NO_RECORD, "the run ended before this check"))
    return Page(
        headline=headline,
        tone=tone,
        counts=outcome(counts, not_run),
        columns=columns,
        families=tuple(matrix.families(records, columns, targets, comparison)),
        chips=tuple(_chips(counts, records, comparison)),
        legend=tuple(legend),
        failures=tuple(_failures(records, targets)),
        divergences=tuple(_divergences(records, targets)),
        idle=tuple(_idle(records, targets)),
        since=() if comparison is None else tuple(_since(comparison, targets)),
        worst=tuple(_worst(records, columns)),
        accuracy=tuple(_accuracy(records, columns)),
        records=records,
        comparison=comparison,
        anchors=of_cases if shown is None else {name: at for name, at in of_cases.items() if name in shown},
    )


def case_views(records: Records, history: Mapping[str, Sequence[Point]]) -> Iterable[cases.Case]:
    """The sections of cases, worst first."""
    columns = matrix.columns(records)
    of_cases, of_checks = matrix.anchors(records)
    for name, found in matrix.by_case(records).items():
        here = [(column, found.get((column.route, column.shard))) for column in columns]
        members = [(c, check, label(records, check), of_checks[label(records, check)]) for c, check in here if check]
        holes = len(members) < len(columns) and without_ending(records) > 0
        yield cases.view(name, of_cases[name], members, history, holes)


def _headline(records: Records, comparison: Comparison | None) -> tuple[str, str]:
    """One sentence that says how it went, and its tone."""
    checks = records.checks
    failing = bad(checks)
    counts, _ = count(checks)
    ran = len(checks) - counts["not run"]
    tone = "bad" if failing else "good" if ran == len(checks) and records.finished and ran else "warn"
    begin = "" if records.finished else _unfinished(records)
    if comparison is not None:
        return f"{begin}{_upper(sentence(comparison))}.", tone
    if not ran:
        said = ["no check ran"]
    elif failing:
        found = len(causes(failing, checks))
        from_causes = f" from {many(found, 'cause')}" if len(failing) > 1 else ""
        said = [f"{many(len(failing), 'failure')}{from_causes} in {many(ran, 'check')}"]
    else:
        said = [f"no failure in {many(ran, 'check')}"]
    said += [f"{counts['known']:,} known"] if counts["known"] else []
    clauses = [", ".join(said), *absent(records)[:2]]
    clauses += (
        [f"{many(len(absent(records)) - 2, 'more reason')} why something did not run"] if absent(records)[2:] else []
    )
    return f"{begin}{_upper('; '.join(clauses))}.", tone


def _unfinished(records: Records) -> str:
    end = records.end
    why = end.reason if end is not None and end.reason else "it was cut off"
    left = without_ending(records)
    missing = f", {many(left, 'planned check')} without an ending" if left else ""
    return f"This run did not finish: {why}{missing}. "


def _chips(counts: Mapping[str, int], records: Records, comparison: Comparison | None) -> Iterable[Chip]:
    for status, glyph in GLYPHS.items():
        if counts[status]:
            yield Chip(glyph, LETTERS[status], status, f"verdict:{status.replace(' ', '-')}", counts[status])
    if comparison is not None:
        for kind, word in (("new failure", "new"), ("fixed", "fixed")):
            if found := [c for c in comparison.changes if c.kind == kind]:
                yield Chip("", "", word, f"is:{word}", len(found))
    routes = Counter(check.route for check in records.checks)
    if len(routes) > 1:
        for route in sorted(routes, key=lambda r: (">" in r, r)):
            yield Chip("", "", route, f"route:{route}", routes[route])


def _failures(records: Records, targets: Mapping[str, str]) -> Iterable[Group]:
    for n, cause in enumerate(causes(bad(records.checks), records.checks), 1):
        first = cause.checks[0]
        failure = first.failure
        lines = [("means", meaning(ending(first)))]
        if failure is not None and failure.pattern:
            patterns = Counter(c.failure.pattern for c in cause.checks if c.failure is not None and c.failure.pattern)
            lines.append(
                ("pattern", "; ".join(f"{p} ({n})" if len(patterns) > 1 else p for p, n in patterns.most_common(3)))
            )
        lines.append(("worst", f"{label(records, first)}: {first.reason}" if first.reason else label(records, first)))
        yield _group(records, cause.title, f"cause-{n}", cause.checks, targets, tuple(lines))


def _divergences(records: Records, targets: Mapping[str, str]) -> Iterable[Group]:
    for n, (reason, members) in enumerate(grouped(records.checks, "known"), 1):
        known: Known | None = members[0].known
        lines = (("evidence", known.evidence),) if known is not None else ()
        link = known.link if known is not None else ""
        yield _group(records, reason, f"known-{n}", members, targets, lines, link)


def _idle(records: Records, targets: Mapping[str, str]) -> Iterable[Group]:
    statuses: tuple[Status, ...] = ("not run", "unsupported")
    for status in statuses:
        for n, (reason, members) in enumerate(grouped(records.checks, status), 1):
            yield _group(records, reason or "no reason given", f"{LETTERS[status]}-{n}", members, targets)


def _group(
    records: Records,
    title: str,
    anchor: str,
    members: Sequence[Check],
    targets: Mapping[str, str],
    lines: tuple[tuple[str, str], ...] = (),
    link: str = "",
) -> Group:
    named = [label(records, check) for check in members[:LISTED]]
    return Group(
        title=title,
        anchor=f"group-{anchor}",
        letter=LETTERS[members[0].status],
        glyph=GLYPHS[members[0].status],
        checks=tuple((name, matrix.href(targets.get(name, ""))) for name in named),
        count=len(members),
        cases=len({check.case for check in members}),
        lines=lines,
        ratio=matrix.spelled(worst(check.ratio for check in members)),
        link=link,
    )


def _since(found: Comparison, targets: Mapping[str, str]) -> Iterable[Since]:
    def link(name: str) -> str:
        return matrix.href(targets.get(name, ""))

    titles = {"new failure": "new failures", "new check": "new checks"}
    for kind in ("new failure", "fixed", "no longer run", "vanished", "now run", "new check"):
        changes = [change for change in found.changes if change.kind == kind]
        if changes:
            lines = [(c.label, link(c.label), _moved(c.old, c.new)) for c in changes[:LISTED]]
            yield Since(titles.get(kind, kind), tuple(lines), len(changes))
    if found.drift:
        lines = [
            (d.label, link(d.label), f"{matrix.spelled(d.before)} → {matrix.spelled(d.after)} {d.where}")
            for d in found.drift[:LISTED]
        ]
        yield Since("drifted, still within the bound", tuple(lines), len(found.drift))
    if found.slower:
        lines = [
            (s.label, link(s.label), f"{s.step} {figure(s.before)} s → {figure(s.after)} s")
            for s in found.slower[:LISTED]
        ]
        yield Since("slower", tuple(lines), len(found.slower))


def _moved(old: Check | None, new: Check | None) -> str:
    said = ["absent" if c is None else f"{ending(c)} {matrix.spelled(c.ratio)}".strip() for c in (old, new)]
    return " → ".join(said)


def _worst(records: Records, columns: Sequence[Column]) -> Iterable[Worst]:
    found: dict[str, dict[tuple[str, str], list[Number | None]]] = {}
    for check in records.checks:
        if check.status == "pass":
            key = (check.route, shard_of(records, check))
            for layer in check.layers:
                found.setdefault(layer.layer.split("(")[0], {}).setdefault(key, []).append(layer.ratio)
    for name, by_route in sorted(found.items()):
        yield Worst(name, tuple(matrix.spelled(worst(iter(by_route.get((c.route, c.shard), [])))) for c in columns))


def _accuracy(records: Records, columns: Sequence[Column]) -> Iterable[Accuracy]:
    for one in contrasts(records.checks):
        shard = "" if one.shard is None else records.run.shards[one.shard].name
        needs = {(route, shard): figure(need, 2) for route, need in one.needs}
        yield Accuracy(one.case, one.cases - 1, tuple(needs.get((c.route, c.shard), "") for c in columns))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
