"""The matrix: cases by routes, a family at a time, worst first. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from parity.records.changes import Comparison
from parity.records.file import Records
from parity.records.lines import Check, Number, worst
from parity.records.shards import label, shard_of
from parity.records.verdict import BAD, Status
from parity.records.wording import ending, figure, rank

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

OPENED, FEW = 500, 40  #: rows of failing families that show at once; rows that all do where there are no more

#: One letter for each word, the class that colours it; four letters a cell matter where there are 30,000.
LETTERS: dict[str, str] = {
    "pass": "p",
    "fail": "f",
    "error": "e",
    "crash": "c",
    "timeout": "t",
    "stale": "s",
    "known": "k",
    "unsupported": "u",
    "not run": "n",
    NO_RECORD: "r",
    NOT_SELECTED: "x",
}


@dataclass(frozen=True)
class Column:
    """One route, in a merged file of one shard. ``colour`` and ``dash`` are what its lines look like."""

    route: str
    shard: str
    colour: int
    dash: int

    @property
    def label(self) -> str:
        """What heads the column."""
        return f"{self.route} ({self.shard})" if self.shard else self.route


@dataclass(frozen=True)
class Cell:
    """One check in the matrix. ``word`` is its status, ``kind`` the kind of its failure, ``ratio`` its worst."""

    word: str
    letter: str
    glyph: str = ""
    kind: str = ""
    ratio: str = ""
    href: str = ""  #: of its details further down, where it has some
    change: str = ""  #: what it is since the baseline, where that is worth a word


@dataclass(frozen=True)
class Row:
    """One case in the matrix. ``layers`` are the kinds of layers in it, for the search."""

    case: str
    model: str
    shape: Sequence[int]
    layers: str
    cells: tuple[Cell, ...]  #: one for each column


@dataclass(frozen=True)
class Tally:
    """How the checks of a family on one route ended: worst ending first, and the worst ratio of all."""

    counts: tuple[tuple[str, str, str, int], ...]  #: glyph, letter, word, checks
    ratio: str


@dataclass(frozen=True)
class Family:
    """The rows of one family; ``opened`` is whether they show at once: those of failing
    families until they fill some screens, and all of a small run.
    """

    name: str
    opened: bool
    tallies: tuple[Tally, ...]
    rows: tuple[Row, ...]


def columns(records: Records) -> tuple[Column, ...]:
    """The frameworks themselves, then their exports: the order in which checks end is not the same twice."""
    shards = [shard.name for shard in records.run.shards] or [""]
    found = {(check.route, shard_of(records, check)) for check in records.checks}
    sources = sorted({route.partition(">")[0].partition("@")[0] for route, _ in found})
    runtimes = sorted({route.partition("@")[0].partition(">")[2] for route, _ in found})
    ordered = sorted(found, key=lambda item: (">" in item[0], item[0], shards.index(item[1])))
    return tuple(
        Column(
            route,
            shard,
            sources.index(route.partition(">")[0].partition("@")[0]),
            runtimes.index(route.partition("@")[0].partition(">")[2]),
        )
        for route, shard in ordered
    )


def by_case(records: Records) -> dict[str, dict[tuple[str, str], Check]]:
    """The checks of each case by route and shard; worst case first, the order in which all of the report has them."""
    found: dict[str, dict[tuple[str, str], Check]] = {}
    for check in records.checks:
        found.setdefault(check.case, {})[check.route, shard_of(records, check)] = check
    return dict(sorted(found.items(), key=lambda item: (*badness(item[1].values()), item[0])))


def badness(checks: Iterable[Check]) -> tuple[int, float]:
    """What cases are sorted by: the worst ending, then the worst ratio; the least is the worst."""
    checks = list(checks)
    telling = [check for check in checks if check.status in BAD or check.status == "known"]
    ranks = min((rank(ending(check)) for check in telling), default=1000)
    at = worst(check.ratio for check in checks)
    return ranks, 0.0 if at is None else float("-inf") if isinstance(at, str) else -float(at)


def families(
    records: Records, routes: Sequence[Column], hrefs: Mapping[str, str], since: Comparison | None
) -> list[Family]:
    """The matrix; hrefs: of each check, by its label, the id of its details."""
    hole = NO_RECORD if without_ending(records) else NOT_SELECTED
    empty = Cell(hole, LETTERS[hole], "?" if hole == NO_RECORD else "")
    marks = {} if since is None else {c.label: c.kind for c in since.changes if c.kind in ("new failure", "fixed")}
    made: dict[str, list[tuple[Row, list[Check]]]] = {}
    for case, found in by_case(records).items():
        checks = list(found.values())
        cells = []
        for column in routes:
            check = found.get((column.route, column.shard))
            name = "" if check is None else label(records, check)
            cells.append(empty if check is None else _cell(check, hrefs.get(name, ""), marks.get(name, "")))
        made.setdefault(case.split("/")[0], []).append((_row(case, checks, tuple(cells)), checks))
    shown = []
    for name, members in made.items():
        every = [check for _, checks in members for check in checks]
        rows = tuple(row for row, _ in members)
        tallies = tuple(_tally([row.cells[i] for row in rows]) for i in range(len(routes)))
        bad = any(check.status in BAD for check in every) or sum(map(len, made.values())) <= FEW
        shown.append((badness(every)[0], Family(name, bad, tallies, rows)))
    left = OPENED
    ordered = []
    for _, family in sorted(shown, key=lambda item: (item[0], item[1].name)):
        left -= len(family.rows) if family.opened else 0
        ordered.append(replace(family, opened=family.opened and left >= 0))
    return ordered


def spelled(ratio: Number | None) -> str:
    """A ratio in two digits, and more where two would put it on the other side of 1."""
    if ratio is None:
        return ""
    for digits in (2, 3, 5, 9):
        said = figure(ratio, digits)
        if isinstance(ratio, str) or (float(said) > 1) == (ratio > 1):
            break
    return said.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def without_ending(records: Records) -> int:
    """How many planned checks the file has no line of: a run that was killed could not write them."""
    return max(records.run.planned - len(records.checks), 0) if not records.finished else 0


#: Ids of the page itself, which no case can take; those of its groups begin with ``group-``.
RESERVED = frozenset(
    {
        "matrix",
        "failures",
        "known",
        "idle",
        "networks",
        "cases",
        "worst",
        "environment",
        "since",
        "help",
        "help-title",
        "q",
        "axis",
    }
)


def anchors(records: Records) -> tuple[dict[str, str], dict[str, str]]:
    """HTML ids of each case by its name, of each check by its label: themselves without white space, never two alike."""
    used: dict[str, int] = {}

    def unique(name: str) -> str:
        name = "_".join(name.split())
        name = f"_{name}" if not name or name in RESERVED or name.startswith(("group-", "?")) else name
        while name in used:
            used[name] += 1
            name = f"{name}-{used[name]}"
        used[name] = 1
        return name

    cases = {case: unique(case) for case in sorted({check.case for check in records.checks})}
    checks = {name: unique(name) for name in sorted({label(records, check) for check in records.checks})}
    return cases, checks


def href(anchor: str) -> str:
    """A link to an id of this page; empty for none."""
    return f"#{quote(anchor, safe='/')}" if anchor else ""


def _row(case: str, checks: Sequence[Check], cells: tuple[Cell, ...]) -> Row:
    shown = next((check for check in checks if check.model), checks[0])
    kinds = {layer.layer.split("(")[0].lower() for check in checks for layer in check.layers}
    kinds |= {shown.model.split("(")[0].lower()} if "(" in shown.model else set()
    return Row(case, shown.model, shown.input_shape, " ".join(sorted(kinds)), cells)


def _cell(check: Check, anchor: str, change: str) -> Cell:
    kind = check.failure.kind if check.failure is not None else ""
    said = "new" if change == "new failure" else change
    return Cell(
        check.status, LETTERS[check.status], GLYPHS[check.status], kind, spelled(check.ratio), href(anchor), said
    )


def _tally(cells: Sequence[Cell]) -> Tally:
    counted: dict[str, int] = {}
    for cell in cells:
        if cell.word != NOT_SELECTED:
            counted[cell.word] = counted.get(cell.word, 0) + 1
    order = sorted(counted, key=rank)
    shown = {cell.word: cell for cell in cells}
    ratios = [cell.ratio for cell in cells if cell.ratio]
    top = max(ratios, key=lambda said: float("inf") if said == "NaN" else float(said), default="")
    return Tally(tuple((shown[word].glyph, shown[word].letter, word, counted[word]) for word in order), top)
