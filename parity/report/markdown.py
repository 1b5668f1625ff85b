"""A run as Markdown, for the job summary of a CI: the outcome, what changed, the worst failures by cause. Pure.

GitHub takes 1 MiB of a step and refuses anything longer, so every block is of a limited size and one that no longer fits
is counted instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parity.judging.causes import Cause, causes
from parity.records.accuracy import ABOVE, TIMES
from parity.records.changes import KINDS, Comparison, many, sentence
from parity.records.file import Records
from parity.records.shards import label, parts
from parity.records.verdict import Status
from parity.records.wording import bad, count, figure, grouped, meaning, outcome, short
from parity.report import comparison as compared
from parity.report.terminal import accuracy, families

LIMIT = 1_000_000  #: bytes, of the 1,048,576 that GitHub takes
RESERVE = 500  #: bytes kept for the last line
CAUSES = 50  #: groups of failures
MEMBERS = 50  #: checks named of each
ITEMS = 50  #: lines of any other list

_SPECIAL = frozenset("&<>\"'`*_[]|~#$\\@!")


def summary(records: Records, changes: Comparison | None = None) -> str:
    """The Markdown of a run; with ``changes``, its comparison with an earlier run comes first."""
    return _fitted(list(_blocks(records, changes)))


def comparison(changes: Comparison) -> str:
    """The Markdown of a comparison alone."""
    return _fitted(list(_changes(changes)))


def _fitted(blocks: Sequence[str]) -> str:
    """The blocks up to the first that has no room, and how many are left out."""
    said: list[str] = []
    size = 0
    for n, block in enumerate(blocks):
        size += len(block.encode()) + 2
        if size > LIMIT - RESERVE:
            said.append(f"{many(len(blocks) - n, 'part')} of this summary had no room; all is in the report.")
            break
        said.append(block)
    return "\n\n".join(said) + "\n"


def _blocks(records: Records, changes: Comparison | None) -> Iterable[str]:
    counts, not_run = count(records.checks)
    told = _text(outcome(counts, dict(list(not_run.items())[:ITEMS])), 2000)
    if changes is not None:
        yield from _changes(changes)
        yield told
    else:
        yield f"## parity: {told}"
    if not records.finished:
        end = records.end
        why = _text(end.reason) if end is not None and end.reason else "it was cut off"
        yield f"**This run did not finish: {why}.**"
    groups = causes(bad(records.checks), records.checks)
    if groups:
        yield f"### Failures by cause ({many(len(bad(records.checks)), 'check')})"
    for cause in groups[:CAUSES]:
        yield _cause(records, cause)
    if groups[CAUSES:]:
        yield f"{many(len(groups) - CAUSES, 'more group')} of failures, all of them in the report."
    if records.checks:
        yield "### Families"
        yield _code([line.text for line in families(records.checks)][: 1 + 4 * ITEMS])
    yield from _reasons(records)
    if unlike := accuracy(records.checks):
        yield "### Accuracy"
        yield f"All within the bound, but one route needs {TIMES:g} times the lambda of another, and above {ABOVE:g}:"
        yield _list(unlike)
    yield "### Environment"
    yield _list(_environment(records))


def _changes(changes: Comparison) -> Iterable[str]:
    yield f"## parity: {_text(sentence(changes), 2000)}"
    yield _list(compared.runs(changes))
    sections = [(compared.HEADINGS[kind], compared.changed(changes, kind)) for kind in KINDS]
    sections.append(("drifted", [compared.drift(one) for one in changes.drift]))
    sections.append(("slower", [compared.slower(one) for one in changes.slower]))
    sections.append(("environment", [compared.difference(one) for one in changes.environment]))
    for heading, members in sections:
        if members:
            yield f"### {heading.capitalize()}\n\n{_list(members)}"


def _cause(records: Records, cause: Cause) -> str:
    worst = cause.checks[0]
    lines = [f"#### {_text(cause.title)} ({many(len(cause.checks), 'check')})"]
    about = meaning(cause.title.split(" ")[0].rstrip(":"))
    ratio = f", {figure(worst.ratio)} times what is allowed" if isinstance(worst.ratio, float) else ""
    lines.append(f"Worst: <code>{_text(label(records, worst))}</code>{ratio}: {_text(worst.reason, 400)}")
    if about:
        lines.append(f"{about[0].upper()}{about[1:]}.")
    if worst.repeat:
        lines.append(_code([short(worst.repeat, 400)]))
    if cause.checks[1:]:
        names = [f"- <code>{_text(label(records, check))}</code>" for check in cause.checks[1 : 1 + MEMBERS]]
        rest = len(cause.checks) - 1 - len(names)
        names += [f"- and {rest:,} more"] if rest else []
        said = f"{many(len(cause.checks) - 1, 'other check')} like it"
        lines.append(f"<details><summary>{said}</summary>\n\n" + "\n".join(names) + "\n\n</details>")
    return "\n\n".join(lines)


def _reasons(records: Records) -> Iterable[str]:
    statuses: tuple[Status, ...] = ("known", "unsupported", "not run")
    for status in statuses:
        groups = grouped(records.checks, status)
        if groups:
            yield f"### {status.capitalize()}"
            yield _list([f"{len(members):,}: {short(reason)}" for reason, members in groups])


def _environment(records: Records) -> list[str]:
    said = []
    for shard in parts(records):
        there = shard.run.environment
        packages = ", ".join(f"{name} {version}" for name, version in there.packages.items())
        gpus = ", ".join(gpu.name for gpu in there.gpus) or "no GPU"
        named = f"{shard.name}: " if shard.name else ""
        said.append(f"{named}parity {there.parity}, {there.python}, {packages}; {there.cpu}, {gpus}")
    return [short(line, 1000) for line in said]


def _list(members: Sequence[str]) -> str:
    rest = [f"- and {len(members) - ITEMS:,} more"] if members[ITEMS:] else []
    return "\n".join([*(f"- {_text(member, 1000)}" for member in members[:ITEMS]), *rest])


def _code(lines: Sequence[str]) -> str:
    """Lines as they are. A ``pre`` cannot be ended by what stands in it, unlike a fence of backticks."""
    return "<pre>\n" + "\n".join(_text(line, 400, one=False) for line in lines) + "\n</pre>"


def _text(text: str, width: int = 200, one: bool = True) -> str:
    """Text that is nothing but text in Markdown, in a table and in HTML: what could mean something becomes its number."""
    shown = short(text, width) if one else text[:width]
    return "".join(f"&#{ord(c)};" if c in _SPECIAL else c for c in shown)
