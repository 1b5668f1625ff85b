"""The other routes of a case, by what they share with one that failed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parity.judging.likeness import right
from parity.records.lines import Check

TF32 = "tf32"
DEFINITION = "definition"  #: the source of files that are the oracle's own graph


def parts(check: Check) -> tuple[str, str, str]:
    """(source, runtime, place) of a route: ``torch>ort@cuda`` is torch, ort, cuda; a framework has no runtime.

    Options that decide the file, which its exporter is recorded with, are of the source: ``torch+opset9``. All others but TF32, which
    is of the place, leave it as it is.
    """
    base, *options = check.route.split("+")
    base, _, place = base.partition("@")
    source, _, runtime = base.partition(">")
    of_file = check.exporter.split("+")[1:] if check.exporter else [word for word in options if word != TF32]
    tf32 = [TF32] if TF32 in options else []
    return "+".join([source, *of_file] if runtime else [source]), runtime, "+".join([place, *tf32])


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
        source, runtime, place = parts(check)
        same = [o for o in others if (o.shard, o.case) == (check.shard, check.case) and o.route != check.route]
        by_route = {other.route: other for other in same}
        suffix = f"@{place}" if place else ""
        framework = check.framework or source.partition("+")[0]
        return cls(
            source,
            runtime,
            place,
            tuple(same),
            native=(by_route.get(framework + suffix) or by_route.get(framework)) if runtime else None,
            same_file=tuple(o for o in same if runtime and parts(o)[0] == source and parts(o)[1]),
            definition=None if source == DEFINITION else by_route.get(f"{DEFINITION}>{runtime}{suffix}"),
            natives=tuple(o for o in same if not parts(o)[1]),
        )

    @property
    def elsewhere(self) -> tuple[Check, ...]:
        """The same file in other runtimes: on another device a runtime is not another implementation."""
        return tuple(other for other in self.same_file if parts(other)[1] != self.runtime)

    @property
    def clear(self) -> Check | None:
        """A route that agrees with the oracle and does not come from it: then the case and its oracle are cleared."""
        found = [other for other in self.all if right(other) and parts(other)[0] != DEFINITION]
        return min(found, key=lambda other: bool(parts(other)[1]), default=None)  # a framework's own run first
