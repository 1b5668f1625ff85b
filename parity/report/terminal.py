"""What a run says on the terminal. Pure: records in, lines out; colour is added where they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from parity.judging.blame import whose
from parity.judging.causes import causes
from parity.records.accuracy import ABOVE, TIMES, contrasts
from parity.records.lines import Check, LayerFigure, worst
from parity.records.verdict import BAD, Status
from parity.records.wording import bad, count, ending, figure, grouped, one_line, outcome, short, sizes, table

Style = Literal["", "bold", "good", "bad", "warn", "dim"]

SHOWN = 10  #: groups of failures shown in full
ALSO = 9  #: other checks named of each
FURTHER = 100  #: causes with a line each
WIDTH = 110  #: characters of a reason where a check has one line
NOTE = 5  #: lines shown of each end of a long note
REASONS = 6  #: reasons shown of each status
CONTRASTS = 6  #: families shown whose routes differ in accuracy


class Text(NamedTuple):
    """One line to print."""

    text: str
    style: Style = ""


def result(checks: Sequence[Check], lam: float) -> list[Text]:
    """What a run says before its last line: the failures, a table of families, the reasons of what is not green."""
    return [*_failures(checks, lam), *families(checks), Text(""), *_reasons(checks), *_accuracy(checks)]


def last_line(checks: Sequence[Check]) -> Text:
    """The counts, what did not run with its reasons."""
    counts, not_run = count(checks)
    style: Style = "bad" if any(check.status in BAD for check in checks) else "warn" if not_run else "good"
    return Text(outcome(counts, not_run), style)


def screen(check: Check, others: Sequence[Check], lam: float) -> list[Text]:
    """One failure: what, how bad against what is allowed, where, born in which layer, whose, and how to repeat it.

    ``others`` are the checks of the same run, the witnesses.
    """
    lines = [Text(f"{check.status.upper()}  {one_line(check.id)}", "bad")]

    def say(name: str, text: str) -> None:
        lines.append(Text(f"  {name:<9} {one_line(text)}"))

    model = f"{check.model}, " if check.model else ""
    say("model", f"{model}input {sizes(check.input_shape)}, output {sizes(check.output_shape)}")
    say("what", f"{ending(check)}: {check.reason}")
    failure = check.failure
    if failure is not None:
        if isinstance(check.ratio, float):
            need = f"; needs lambda {figure(check.need)}, the gate is {figure(lam)}" if check.need is not None else ""
            say("how bad", f"{figure(check.ratio)} times what is allowed{need}")
        if failure.wrong is not None and failure.elements:
            say("", f"{failure.wrong:,} of {failure.elements:,} elements")
        if failure.place is not None:
            place = failure.place
            index = " ".join(f"{axis}={i}" for axis, i in place.index.items())
            values = f"expected {figure(place.expected, 9)}, got {figure(place.got, 9)}"
            probe = f"{failure.probe} probe, " if failure.probe else ""
            say("where", f"{probe}{failure.where or 'output'} at {index}")
            say("", f"{values}, allowed {figure(place.allowed)}, off by {figure(place.ulps)} ulps")
        if check.layers:
            say("born in", _born(check.layers, failure.born))
        if failure.explained:
            say("matches", f"{failure.explained}: its rounding would allow this")
    if blamed := whose(check, others):
        say("whose", blamed)
    for note in check.notes:
        for i, line in enumerate(_shortened(note)):
            say("" if i else "note", line)
    if check.arrays:
        say("arrays", f"{check.arrays}, in the report folder")
    if check.repeat:
        say("repeat", check.repeat)
    return lines


def families(checks: Iterable[Check]) -> list[Text]:
    """A small table: for each family how its checks ended and the worst ratio of those that passed."""
    rows: list[tuple[str, ...]] = [
        ("family", "checks", "pass", "bad", "known", "unsupported", "not run", "worst passed")
    ]
    by_family = sorted(checks, key=_family)
    for family, group in groupby(by_family, key=_family):
        members = list(group)
        counts, _ = count(members)
        shown: tuple[Status, ...] = ("known", "unsupported", "not run")
        passed = worst(check.ratio for check in members if check.status == "pass")
        bad_ones = sum(counts[status] for status in BAD)
        numbers = (len(members), counts["pass"], bad_ones, *(counts[status] for status in shown))
        rows.append((short(family, 40), *map(str, numbers), figure(passed, 2)))
    return [Text(line, "bold" if i == 0 else "") for i, line in enumerate(table(rows))]


def _failures(checks: Sequence[Check], lam: float) -> list[Text]:
    """The worst failures a screen each, those of one cause together; then a line for each further cause."""
    lines: list[Text] = []
    groups = causes(bad(checks), checks)
    for group in groups[:SHOWN]:
        first, *others = group.checks
        lines += screen(first, checks, lam)
        also = [_short(other) for other in others[:ALSO]]
        also += [f"and {len(others) - ALSO:,} more like it, in the report"] if others[ALSO:] else []
        lines += [Text(f"  {'' if i else 'also':<9} {line}") for i, line in enumerate(also)]
        lines.append(Text(""))
    if rest := groups[SHOWN:]:
        lines.append(Text(f"{len(rest):,} more causes, each in full in the report:", "bold"))
        lines += [Text(_cause(group.checks), "bad") for group in rest[:FURTHER]]
        lines += [Text(f"and {len(rest) - FURTHER:,} more")] if rest[FURTHER:] else []
        lines.append(Text(""))
    return lines


def _cause(members: Sequence[Check]) -> str:
    others = f" and {len(members) - 1:,} like it" if members[1:] else ""
    return f"{members[0].status.upper()}  {_short(members[0])}{others}"


def _short(check: Check) -> str:
    return f"{one_line(check.id)}  {short(check.reason, WIDTH)}"


def _shortened(note: str) -> list[str]:
    """The lines of a note, the middle of a long traceback left to the report."""
    lines = [line for line in note.splitlines() if line.strip()]
    return lines if len(lines) <= 2 * NOTE + 1 else [*lines[:NOTE], "...", *lines[-NOTE:]]


def _reasons(checks: Sequence[Check]) -> list[Text]:
    lines: list[Text] = []
    statuses: tuple[Status, ...] = ("known", "unsupported", "not run")
    for status in statuses:
        groups = grouped(checks, status)
        for reason, members in groups[:REASONS]:
            lines.append(Text(f"{status:<11} {len(members):>5}  {one_line(reason)}", "dim"))
        if len(groups) > REASONS:
            rest = groups[REASONS:]
            total = sum(len(members) for _, members in rest)
            lines.append(Text(f"{status:<11} {total:>5}  for {len(rest)} more reasons, see the report", "dim"))
    return [*lines, Text("")] if lines else []


def accuracy(checks: Sequence[Check]) -> list[str]:
    """A line for each family and route that is far less accurate than another: its worst case, what each route needs there."""
    lines = []
    for one in contrasts(checks):
        more = f" and {one.cases - 1:,} like it" if one.cases > 1 else ""
        alike = groupby(one.needs, key=lambda each: figure(each[1], 2))
        needs = ", ".join(f"{' = '.join(route for route, _ in routes)} {need}" for need, routes in alike)
        lines.append(one_line(f"{one.case}{more}: {needs}"))
    return lines


def _accuracy(checks: Sequence[Check]) -> list[Text]:
    lines = accuracy(checks)
    if not lines:
        return []
    said = f"accuracy: all within the bound, but one route needs {TIMES:g} times the lambda of another, and above {ABOVE:g}"
    rest = [f"  and {len(lines) - CONTRASTS:,} more, see the report"] if lines[CONTRASTS:] else []
    return [Text(line, "dim") for line in [said, *(f"  {line}" for line in lines[:CONTRASTS]), *rest]] + [Text("")]


def _born(layers: Sequence[LayerFigure], born: str | None) -> str:
    if born is None:
        return (
            "no layer: each one stays within its bound on the input it really got" if layers else "not judged by layer"
        )
    at = next((i for i, layer in enumerate(layers) if layer.node == born), None)
    if at is None:
        return born
    before = [layer for layer in layers[:at] if layer.status == "pass"]
    held = f"; what comes before it stays within {figure(worst(b.ratio for b in before))}" if before else ""
    return f"{born}, {layers[at].layer}, ratio {figure(layers[at].ratio)}{held}"


def _family(check: Check) -> str:
    return check.case.split("/")[0]
