"""What ``parity check`` says on one screen. Pure: the document in, lines out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from parity.cases.feeds import IMAGES, ONCE, YOURS
from parity.records.lines import Number, value, worst
from parity.records.model import (
    Ended,
    Familiar,
    Figure,
    Finding,
    ModelCheck,
    Operator,
    RouteFigure,
)
from parity.records.wording import figure, one_line, short, sizes, table
from parity.report.terminal import Style, Text

ROWS = 10  #: operators in the table
FINDINGS = 5  #: findings shown
KINDS = 6  #: kinds of operators that are counted by name
LOOK: dict[Ended, Style] = {"pass": "good", "not judged": "warn", "unsupported": "warn", "not run": "warn"}


def screen(check: ModelCheck) -> list[Text]:
    """Everything, in the order of the questions: honestly rounded, born in, whose, the figures people know, how to repeat it."""
    lines = [headline(check)]
    for name, said in facts(check):
        lines.append(Text(f"  {name:<9} {one_line(said)}".rstrip()))
    if rows := _functions(check):
        lines += [Text(""), *_table(rows, "  ", frozenset({0, 3, 4}))]
    lines += [Text(""), *_table(_routes(check), "  ", frozenset({0, 4})), *_reasons(check.routes)]
    for found in check.findings[:FINDINGS]:
        lines += [Text(""), *_finding(found, check)]
    if check.findings[FINDINGS:]:
        lines.append(Text(f"and {len(check.findings) - FINDINGS} more, all in --json"))
    lines.append(Text(""))
    for name, said in (
        *bits(check.routes),
        *beside(check.routes),
        ("repeat", check.repeat),
        *([("script", check.script)] if check.script else []),
    ):
        lines.append(Text(f"  {name:<9} {one_line(said)}"))
    if rows := _operators(check):
        lines += [Text(""), *_table(rows, "  ", frozenset({0, 1, 2, 3}))]
    return lines


def headline(check: ModelCheck) -> Text:
    """How the check ended, and how many routes ended how."""
    counts = Counter(route.status for route in check.routes)
    all_pass = counts["pass"] == len(check.routes)
    style: Style = "bad"
    if check.status in LOOK:
        style = LOOK[check.status] if check.status != "pass" or all_pass else "warn"
    said = ", ".join(f"{n} {status}" for status, n in counts.most_common())
    return Text(f"{check.status.upper()}  {one_line(check.model)}: of {len(check.routes)} routes {said}", style)


def facts(check: ModelCheck) -> Iterator[tuple[str, str]]:
    """What was run, line by line: what a line is about, empty where it is what the one before is about, and its text."""
    for i, graph in enumerate(check.graphs):
        kinds = Counter(operator.kind for operator in graph.operators).most_common()
        counted = ", ".join(f"{n} {kind}" for kind, n in kinds[:KINDS])
        more = f" and {sum(n for _, n in kinds[KINDS:])} of other kinds" if kinds[KINDS:] else ""
        said = graph.reason or f"{len(graph.operators)} operators: {counted}{more}"
        yield "" if i else "model", said if len(check.graphs) == 1 else f"{graph.name}: {said}"
    for note in check.notes:
        yield "", note
    for i, each in enumerate(check.inputs):
        shape = sizes(each.shape) if each.shape else "scalar"
        yield "" if i else "input", f"{each.name} {shape} {each.dtype}: {each.values}"
    if further := [name for name in check.tried if name not in (*IMAGES, ONCE, YOURS)]:
        yield "", f"also {'; '.join(further)}"
    missing = [missed for graph in check.graphs for missed in graph.unjudged]
    for i, missed in enumerate(missing):
        yield "" if i else "unjudged", f"{missed.count} {missed.kind}: {missed.reason}"


def _functions(check: ModelCheck) -> list[tuple[str, ...]]:
    """Whether each file is the model's own function: distance and ratio in float64."""
    rows: list[tuple[str, ...]] = [("same function?", "off by", "of what is allowed", "", "")]
    for graph in check.graphs:
        if (f := graph.function) is not None:
            cells = ("-", "-") if f.ratio is None else (figure(f.distance, 2), figure(f.ratio, 2))
            rows.append((graph.name, *cells, f.status, "" if f.status == "fail" else f.reason))
    return rows if len(rows) > 1 else []


def _routes(check: ModelCheck) -> list[tuple[str, ...]]:
    """Whether each route is honestly rounded: its worst ratio end to end and by operator; 1 is the limit."""
    rows: list[tuple[str, ...]] = [("honestly rounded?", "end to end", "by operator", "repeats", "")]
    for route in check.routes:
        outputs = [o.figure for answer in route.answers for o in answer.outputs]
        operators = [o.figure for answer in route.answers for o in answer.operators]
        repeats = {True: "yes", False: "no", None: "-"}[route.repeats]
        rows.append(
            (route.name, ratio_of(outputs), ratio_of(operators), repeats, f"{route.status}{alone(route, check)}")
        )
    return rows


def alone(route: RouteFigure, check: ModelCheck) -> str:
    """On which inputs alone a route was asked; empty where on all."""
    asked = [answer.inputs for answer in route.answers]
    return f", inputs {', '.join(map(repr, asked))} alone" if 0 < len(asked) < len(check.tried) else ""


def _reasons(routes: Sequence[RouteFigure]) -> Iterator[Text]:
    """Why routes do not pass where no finding says it, those with one reason together."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for route in routes:
        if route.reason and not (route.status == "pass" or (route.status == "fail" and route.answers)):
            reasons.setdefault((route.status, route.reason), []).append(route.name)
    for (status, reason), names in reasons.items():
        yield Text(f"  {', '.join(names)} {status}: {one_line(reason)}", "dim")


def ratio_of(figures: Sequence[Figure]) -> str:
    """The worst ratio of some figures in words; a star where some were not judged, a dash where there are none."""
    if not figures:
        return "-"
    judged = [f for f in figures if f.status != "not judged"]
    ratio = worst(f.ratio for f in judged)
    said = "wrong" if ratio is None and any(f.status == "fail" for f in judged) else figure(ratio, 2)
    return "not judged" if not judged else f"{said}*" if len(judged) < len(figures) else said


def _finding(found: Finding, check: ModelCheck) -> Iterator[Text]:
    def say(name: str, text: str, style: Style = "") -> Text:
        return Text(f"  {name:<9} {one_line(text)}", style)

    yield say("wrong", f"{', '.join(found.routes)}, inputs {found.inputs!r}: {found.what}", "bad")
    place = found.figure.worst if found.figure is not None else None
    if place is not None:
        values = f"expected {figure(place.expected, 9)}, got {figure(place.got, 9)}, allowed {figure(place.allowed)}"
        yield say("", f"at {place.index}: {values}")
    if found.figure is not None and found.figure.wrong and found.figure.elements:
        yield say("", f"{found.figure.wrong:,} of {found.figure.elements:,} elements")
    if found.born:
        yield say("born in", found.born)
    if found.source is not None:
        yield say("", f"{found.source.file}:{found.source.line}")
        if found.source.text:
            yield say("", f"    {found.source.text}")
    if found.looks:
        yield say("looks", found.looks.replace("in the first", "in the model").replace("in the second", "in the file"))
    if found.whose:
        yield say("whose", found.whose)


def bits(routes: Sequence[RouteFigure]) -> Iterator[tuple[str, str]]:
    """Whether a sample alone and another number of threads give the same bits. That they do nobody promises: it is told."""
    said = []
    for when, asked in (
        ("the last sample alone", [(route.name, route.alone) for route in routes]),
        ("with another number of threads", [(route.name, route.threads) for route in routes]),
    ):
        groups = {
            word: [name for name, held in asked if held is wanted]
            for word, wanted in (("the same", True), ("others", False))
        }
        told = "; ".join(f"{word} in {', '.join(names)}" for word, names in groups.items() if names)
        if told:
            said.append(f"{when}: {told}")
    yield from (("" if i else "bits", line) for i, line in enumerate(said))


def beside(routes: Sequence[RouteFigure]) -> Iterator[tuple[str, str]]:
    """The figures people know, of each route the output and the inputs with which it is worst."""
    first = True
    for route in routes:
        known_of: dict[str, Familiar] = {}
        for answer in route.answers:
            for output in answer.outputs:
                known = output.familiar
                if known is not None and (
                    output.name not in known_of or value(known.decibels) < value(known_of[output.name].decibels)
                ):
                    known_of[output.name] = known
        if not known_of:
            continue
        name, known = min(known_of.items(), key=lambda item: value(item[1].decibels))
        tops = "" if known.top1 is None else f", top-1 {known.top1:.0%}, top-5 {known.top5:.0%}"
        more = f"; the worst of {len(known_of)} outputs" if len(known_of) > 1 else ""
        yield (
            "figures" if first else "",
            f"{route.name}, {name} beside {known.against}: largest difference {figure(known.absolute, 2)}, relative "
            f"{figure(known.relative, 2)}, cosine {figure(known.cosine, 9)}, {figure(known.decibels)} dB{tops}{more}",
        )
        first = False


def _operators(check: ModelCheck) -> list[tuple[str, ...]]:
    """The operators with the worst ratios, each by the worst of its inputs on every route that gives it.

    What bears one name in several files of a model, at one place of its code, is one operator.
    """
    seen: dict[tuple[str, str, str, str], dict[str, Number | None]] = {}
    for route in check.routes:
        for answer in route.answers:
            for each in answer.operators:
                if each.figure.status != "not judged":
                    operator = check.graphs[route.graph].operators[each.operator]
                    name = operator.name or f"operator {each.operator}"
                    key = (short(name, 40), operator.kind, short(operator.module, 40), _line(operator))
                    at = seen.setdefault(key, {})
                    at[route.name] = worst(iter([at.get(route.name), each.figure.ratio]))
    names = list(dict.fromkeys(name for ratios in seen.values() for name in ratios))
    if not names:
        return []

    def size(item: tuple[tuple[str, str, str, str], dict[str, Number | None]]) -> float:
        most = worst(iter(item[1].values()))
        return -(0.0 if most is None else value(most))

    rows = [("worst operators", "kind", "module", "line", *names)]
    for key, ratios in sorted(seen.items(), key=size)[:ROWS]:
        rows.append((*key, *(figure(ratios.get(name), 2) for name in names)))
    return rows


def _line(operator: Operator) -> str:
    source = operator.source
    return "" if source is None else f"{source.file.rpartition('/')[2]}:{source.line}"


def _table(rows: Sequence[Sequence[str]], indent: str, left: frozenset[int]) -> list[Text]:
    plain = [tuple(one_line(cell) for cell in row) for row in rows]
    return [Text(indent + line, "bold" if i == 0 else "") for i, line in enumerate(table(plain, left))]
