"""Annotations of GitHub Actions: the worst groups of failures as workflow commands. Pure.

The escapes are those the runner undoes: ``%``, CR and LF in a message, ``:`` and ``,`` too in a property. A runner shows
ten annotations of a step and drops the rest, so the worst ten are all that is said.
"""

from __future__ import annotations

from collections.abc import Collection

from parity.judging.causes import causes
from parity.records.changes import many
from parity.records.file import Records
from parity.records.shards import label
from parity.records.wording import bad, short

MOST = 10  #: annotations; groups beyond are in the report

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def commands(records: Records, first: Collection[str] = ()) -> list[str]:
    """A line for each of the ten worst groups of failures; those with a check whose label is in ``first`` come first."""
    labels = {id(check): label(records, check) for check in records.checks}
    groups = causes(bad(records.checks), records.checks)
    groups.sort(key=lambda cause: not any(labels[id(check)] in first for check in cause.checks))
    said = []
    for n, cause in enumerate(groups[:MOST]):
        worst = cause.checks[0]
        rest = f" and {many(len(cause.checks) - 1, 'other check')}" if cause.checks[1:] else ""
        lines = [f"{short(labels[id(worst)])}{rest}: {short(worst.reason, 400)}"]
        lines += [f"repeat: {short(worst.repeat, 400)}"] if worst.repeat else []
        if n == MOST - 1 and groups[MOST:]:
            lines.append(f"{many(len(groups) - MOST, 'more group')} of failures, all of them in the report")
        title = _escaped(short(f"parity: {cause.title}"), _PROPERTY)
        said.append(f"::error title={title}::{_escaped(chr(10).join(lines), _MESSAGE)}")
    return said


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(c, c) for c in text)
