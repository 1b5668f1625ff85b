"""The other routes of a case, by what they share with one that failed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parity.judging.likeness import right
from parity.records.lines import Check

DEFINITION = "definition"  #: the source of files that are the oracle's own graph


def parts(route: str) -> tuple[str, str, str]:
    """(source, runtime, place) of a route: ``torch>ort@cuda`` is torch, ort, cuda; a framework has no runtime."""
    base, _, place = route.partition("@")
    source, _, runtime = base.partition(">")
    return source, runtime, place


@dataclass(frozen=True)
class Scene:
    """The other checks of the case, by what they share with the failed one."""

    source: str
    runtime: str
    place: str
    all: tuple[Check, ...] = ()
    native: Check | None = None  #: the run of the framework that the file comes from
    same_file: tuple[Check, ...] = ()  #: the same file elsewhere: another runtime, or another device
    definition: Check | None = None  #: the definition's file in the same runtime
    natives: tuple[Check, ...] = ()  #: of other frameworks, or of this one on another device

    @classmethod
    def of(cls, check: Check, others: Iterable[Check]) -> Scene:
        """The scene of a check, from the checks of the same run; those of other cases and shards are no witnesses."""
        source, runtime, place = parts(check.route)
        same = [o for o in others if (o.shard, o.case) == (check.shard, check.case) and o.route != check.route]
        by_route = {other.route: other for other in same}
        suffix = f"@{place}" if place else ""
        framework = check.framework or source
        return cls(
            source,
            runtime,
            place,
            tuple(same),
            native=(by_route.get(framework + suffix) or by_route.get(framework)) if runtime else None,
            same_file=tuple(o for o in same if runtime and parts(o.route)[0] == source and parts(o.route)[1]),
            definition=None if source == DEFINITION else by_route.get(f"{DEFINITION}>{runtime}{suffix}"),
            natives=tuple(o for o in same if not parts(o.route)[1]),
        )

    @property
    def elsewhere(self) -> tuple[Check, ...]:
        """The same file in other runtimes: on another device a runtime is not another implementation."""
        return tuple(other for other in self.same_file if parts(other.route)[1] != self.runtime)

    @property
    def clear(self) -> Check | None:
        """A route that agrees with the oracle and does not come from it: then the case and its oracle are cleared."""
        found = [other for other in self.all if right(other) and parts(other.route)[0] != DEFINITION]
        return min(found, key=lambda other: bool(parts(other.route)[1]), default=None)  # a framework's own run first
