"""What the page of two models shows, ready for its template. Pure: the document in, rows out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parity.records.difference import Difference, Spot
from parity.records.lines import Number
from parity.records.pair import PairCheck
from parity.report.pair import HEADS, facts, headline

ROWS = 4_000  #: rows of operators that are shown; the document has all


@dataclass(frozen=True)
class Row:
    """Two operators side by side, or one that nothing of the other model stands beside.

    word: what was found of them; differs: which difference this is, from 1; quiet: whether it says nothing of its own.
    """

    one: Spot | None
    two: Spot | None
    word: str
    distance: Number | None = None
    differs: int = 0
    quiet: bool = False


@dataclass(frozen=True)
class PairPage:
    """Everything the page shows, in its order."""

    check: PairCheck
    headline: str
    style: str
    facts: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]
    rows: tuple[Row, ...]
    left_out: int


def pair_page(check: PairCheck) -> PairPage:
    """The page of a comparison."""
    rows = tuple(_Beside(check).rows())
    return PairPage(
        check=check,
        headline=headline(check),
        style=HEADS[check.status][1],
        facts=tuple(facts(check)),
        differences=tuple(check.differences),
        rows=rows[:ROWS],
        left_out=max(0, len(rows) - ROWS),
    )


class _Beside:
    """What stands beside each operator, by places in computing order."""

    def __init__(self, check: PairCheck) -> None:
        self.check = check
        self.ones = {spot.place: spot for spot in check.operators_one}
        self.matches = {match.two: match for match in check.matches}
        self.parted: dict[int, tuple[int, Difference]] = {}
        self.alone: dict[int, int] = {}
        for n, each in enumerate(check.differences, 1):
            if each.two is not None:
                self.parted[each.two.place] = (n, each)
            elif each.one is not None:
                self.alone[each.one.place] = n
        self.shown: set[int] = set()

    def rows(self) -> Iterator[Row]:
        """The operators of both; those of the first that nothing stands beside come before what follows them."""
        beside = {spot.place: self._partner(spot.place) for spot in self.check.operators_two}
        partners = set(beside.values())
        waiting = [place for place in self.ones if place not in partners]
        for spot in self.check.operators_two:
            one = beside[spot.place]
            while one is not None and waiting and waiting[0] < one:
                yield self._first_alone(waiting.pop(0))
            yield self._row(spot)
        yield from map(self._first_alone, waiting)

    def _partner(self, two: int) -> int | None:
        if two in self.parted:
            one = self.parted[two][1].one
            return None if one is None else one.place
        return self.matches[two].one if two in self.matches else None

    def _row(self, spot: Spot) -> Row:
        """An operator of the second with what stands beside it; an operator of the first is written out once."""
        if spot.place in self.parted:
            n, found = self.parted[spot.place]
            if found.one is not None:
                self.shown.add(found.one.place)
            return Row(found.one, spot, f"differs, {n}", found.distance, n)
        match = self.matches.get(spot.place)
        if match is None:
            return Row(None, spot, "on the way", quiet=True)
        words = ["same"] + ["once healed"] * match.healed
        if match.one in self.shown:
            return Row(None, spot, " ".join([*words, f"as #{match.one}"]), match.distance, quiet=True)
        self.shown.add(match.one)
        return Row(self.ones.get(match.one), spot, " ".join(words) + ", by weights" * match.weights, match.distance)

    def _first_alone(self, place: int) -> Row:
        n = self.alone.get(place, 0)
        return Row(self.ones[place], None, f"differs, {n}" if n else "on the way", differs=n, quiet=not n)
