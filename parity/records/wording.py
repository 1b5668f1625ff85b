"""How checks and figures are said, on the terminal and in the report alike. Pure text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from parity.records.lines import Check, Number
from parity.records.verdict import BAD, KINDS, STATUSES, Status

#: A word for each status in counts: "3 passed".
COUNTED: dict[Status, str] = {
    "pass": "passed",
    "fail": "failed",
    "error": "errors",
    "crash": "crashed",
    "timeout": "timed out",
    "stale": "stale",
    "known": "known",
    "unsupported": "unsupported",
    "not run": "not run",
}

#: Said even when there are none.
ALWAYS: frozenset[Status] = frozenset({"pass", "fail", "known", "unsupported", "not run"})

#: What each status means.
MEANINGS: dict[Status, str] = {
    "pass": "every element within its bound",
    "fail": "a promise or a bound was broken",
    "error": "the route, the exporter or parity raised an exception",
    "crash": "the worker died",
    "timeout": "a step outlived its time limit",
    "stale": "a declared divergence no longer reproduces",
    "known": "fails as a declared divergence says",
    "unsupported": "a framework, exporter or runtime says that it cannot",
    "not run": "something it needs is absent, or the run ended first",
}

_MEANING: dict[str, str] = {str(end): said for end, said in (*KINDS.items(), *MEANINGS.items())}

#: Worst first: a death, then broken structure before numbers, then what is only out of date.
_ENDINGS: tuple[str, ...] = ("crash", "timeout", "error", *KINDS, "stale", "known", "unsupported", "not run", "pass")


#: What steers a terminal (colours, titles), and where in memory a thing lay: neither says anything, and the second makes
#: a hundred causes of one.
_NOISE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"
    r"| at 0x[0-9a-fA-F]+(?=[>,)\]\s]|$)|(?<=[Tt]hread) 0x[0-9a-fA-F]+(?= )"
    r"|(?<=/)\d+(?=:\d+\")"
)


def figure(number: Number | None, digits: int = 3) -> str:
    """A figure in ``digits`` significant digits; a dash where there is none."""
    return "-" if number is None else number if isinstance(number, str) else f"{number:.{digits}g}"


def sizes(shape: Sequence[int]) -> str:
    """A shape: ``2x3x17x19``."""
    return "x".join(map(str, shape)) if shape else "-"


def one_line(text: str) -> str:
    """Text on one line, without what would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def without_noise(text: str) -> str:
    """Text without terminal escapes and memory addresses: ``<Net object at 0x7fe6127c9990>`` is ``<Net object>``.

    So are the addresses by which a dying process names its threads, and the numbers by which TensorFlow names what a function
    captures, counted through all that a process did: ``"model/conv/50:0"`` is ``"model/conv/:0"``.
    """
    return _NOISE.sub("", text)


def short(text: str, width: int = 160) -> str:
    """Text on one line of at most ``width`` characters."""
    line = one_line(text[: width + 1000])  # enough for what white space may collapse
    return line if len(line) <= width else line[: width - 3] + "..."


def ending(check: Check) -> str:
    """How a check ended, in one word: the kind of its failure, or its status."""
    return check.failure.kind if check.status == "fail" and check.failure is not None else check.status


def meaning(end: str) -> str:
    """What an ending means, one sentence without its full stop."""
    return _MEANING.get(end, "")


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """Checks by how their endings rank, then by ratio, NaN above all, then by id."""
    return sorted(checks, key=lambda c: (rank(ending(c)), -_size(c.ratio), c.case, c.route))


def bad(checks: Iterable[Check]) -> list[Check]:
    """The checks that make a run fail, worst first."""
    return worst_first(c for c in checks if c.status in BAD)


def count(checks: Iterable[Check]) -> tuple[dict[str, int], dict[str, int]]:
    """(status -> checks, every status named; reason -> checks that did not run)."""
    checks = list(checks)
    found = Counter(check.status for check in checks)
    reasons = Counter(check.reason for check in checks if check.status == "not run")
    return {status: found[status] for status in STATUSES}, dict(reasons.most_common())


def outcome(counts: Mapping[str, int], not_run: Mapping[str, int]) -> str:
    """``1602 passed, 0 failed, 12 known, 30 unsupported, 40 not run (24 no cuda device, 16 interrupted)``."""
    said = [f"{counts.get(s, 0)} {word}" for s, word in COUNTED.items() if counts.get(s, 0) or s in ALWAYS]
    reasons = ", ".join(f"{n} {one_line(reason)}" for reason, n in not_run.items())
    return ", ".join(said) + (f" ({reasons})" if reasons else "")


def grouped(checks: Iterable[Check], status: Status) -> list[tuple[str, list[Check]]]:
    """The checks of one status by their reason, the commonest first."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        if check.status == status:
            groups.setdefault(check.reason, []).append(check)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


def _size(ratio: Number | None) -> float:
    if ratio is None:
        return -1.0
    return float("inf") if isinstance(ratio, str) else ratio


def rank(end: str) -> int:
    """Where an ending stands among all, worst first: 0 is the worst."""
    return _ENDINGS.index(end) if end in _ENDINGS else 0


def table(rows: Sequence[Sequence[str]], left: frozenset[int] = frozenset({0})) -> list[str]:
    """Rows as aligned lines; the columns in ``left`` start at the left, the others end at the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
