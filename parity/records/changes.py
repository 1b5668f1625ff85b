"""What changed between two runs: two sets of records in, typed differences out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from parity.records.file import Records
from parity.records.lines import Check, LayerFigure, Number, ProbeFigure, Run, Shard
from parity.records.shards import label, parts, shard_of
from parity.records.verdict import BAD, Status
from parity.records.wording import figure, short, worst_first

DRIFT = 1.5  #: a ratio that grew by more than this factor has drifted
DRIFT_FLOOR = 0.01  #: ratios up to this are never called drift: a hundredth of what is allowed is far from any trouble
SLOWER = 2.0  #: a step that takes more than this many times as long is slower
SLOWER_FLOOR = 0.5  #: seconds; and only where it takes this much longer too, since short steps always vary

Kind = Literal["new failure", "still failing", "fixed", "known", "no longer run", "vanished", "now run", "new check"]

#: What a check of two runs is; worst first, each check is exactly one of them, or unchanged:
#: new failure    it fails, and did not before or was not there
#: still failing  it failed before, in whatever way
#: fixed          it passes; it failed before or was known
#: known          it fails as a declared divergence says
#: no longer run  it was judged before; now it is not run or unsupported
#: vanished       it was there, and is not: removed, renamed, not selected or never reached
#: now run        it passes; before it was not run or unsupported
#: new check      it was not there before
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What may decide an exit code:
#: new-failures  there is a new failure
#: drift         a ratio drifted, or ratios could not be compared
#: fewer         fewer checks came to a verdict than before
#: environment   something that may move a number is not as it was
GATES = ("new-failures", "drift", "fewer", "environment")

INSTRUCTIONS = "instructions"
SAID = 2  #: reasons, and versions, that the sentence of the outcome names

_IDLE: frozenset[Status] = frozenset({"not run", "unsupported"})


@dataclass(frozen=True)
class Change:
    """One check in both runs; ``old`` or ``new`` is None where it is not there."""

    kind: Kind
    label: str  #: ``case[route]``, with its shard in a merged file
    shard: str
    old: Check | None
    new: Check | None

    @property
    def check(self) -> Check:
        """The newer of the two."""
        found = self.new or self.old
        assert found is not None
        return found


@dataclass(frozen=True)
class Drift:
    """A check that passes in both runs, and whose ratio grew by more than a factor: the early warning."""

    label: str
    check: Check
    before: float
    after: float
    where: str  #: the layer or probe that has the new ratio


@dataclass(frozen=True)
class Slower:
    """A check with a step that got slower; seconds of wall time."""

    label: str
    check: Check
    step: Literal["export", "run", "judge"]
    before: float
    after: float


@dataclass(frozen=True)
class Difference:
    """Something that may move a number and is not as it was. ``shards`` are those it changed in."""

    name: str
    before: str
    after: str
    version: bool  #: of a package, of parity or of Python
    shards: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side. ``changes`` and ``drift`` come worst first."""

    old: Run
    new: Run
    finished: bool  #: whether the new run came to its end
    changes: tuple[Change, ...]  #: every check but the unchanged
    unchanged: int
    drift: tuple[Drift, ...]
    slower: tuple[Slower, ...]
    environment: tuple[Difference, ...]
    apart: tuple[str, ...]  #: why ratios cannot be compared, for the shards where they cannot
    absent: tuple[str, ...]  #: what did not run in the new run, and why
    judged: tuple[int, int]  #: how many checks came to a verdict before and now

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


def compare(old: Records, new: Records, *, drift: float = DRIFT, slower: float = SLOWER) -> Comparison:
    """What changed from ``old`` to ``new``. Checks are matched by shard, case and route.

    drift: how many times a ratio must grow to be called drift; slower: the same for the seconds of a step.
    """
    before = {(shard_of(old, check), check.case, check.route): check for check in old.checks}
    after = {(shard_of(new, check), check.case, check.route): check for check in new.checks}
    pairs = _shards(old, new)
    apart = {name: why for name, (one, other) in pairs.items() if (why := _apart(one.run, other.run))}
    changes, drifted, slowed = list[Change](), list[Drift](), list[Slower]()
    for key in dict.fromkeys((*after, *before)):
        was, now = before.get(key), after.get(key)
        said = label(new, now) if now is not None else label(old, before[key])
        kind = kind_of(was, now)
        if kind is not None:
            changes.append(Change(kind, said, key[0], was, now))
        if was is None or now is None:
            continue
        if key[0] not in apart and (drift_found := _drift(said, was, now, drift)):
            drifted.append(drift_found)
        if slower_found := _slower(said, was, now, slower):
            slowed.append(slower_found)
    return Comparison(
        old=old.run,
        new=new.run,
        finished=new.finished,
        changes=tuple(_worst_first(changes)),
        unchanged=len(before.keys() | after.keys()) - len(changes),
        drift=tuple(sorted(drifted, key=lambda found: (-found.after, found.label))),
        slower=tuple(sorted(slowed, key=lambda found: (found.before - found.after, found.label))),
        environment=tuple(_environment(pairs)),
        apart=tuple(f"{name}: {why}" if name else why for name, why in apart.items()),
        absent=tuple(absent(new)),
        judged=(_judged(old.checks), _judged(new.checks)),
    )


def sentence(found: Comparison) -> str:
    """The outcome in one sentence: ``3 new failures, 1 fixed, 5 known; cuda did not run: no device``."""
    counts = Counter(change.kind for change in found.changes)
    said = [many(counts["new failure"], "new failure") if counts["new failure"] else "no new failures"]
    said += [f"{counts[kind]:,} {kind}" for kind in ("fixed", "still failing", "known") if counts[kind]]
    said += [f"{len(found.drift):,} drifted"] if found.drift else []
    said += [f"{len(found.slower):,} slower"] if found.slower else []
    said += [f"{counts[kind]:,} {kind}" for kind in ("no longer run", "vanished", "now run") if counts[kind]]
    said += [many(counts["new check"], "new check")] if counts["new check"] else []
    clauses = [", ".join(said)]
    clauses += [] if found.finished else ["the run did not finish"]
    clauses += found.absent[:SAID]
    clauses += (
        [f"{many(len(found.absent) - SAID, 'more reason')} why something did not run"] if found.absent[SAID:] else []
    )
    versions = [
        f"{short(d.name, 40)} {short(d.before, 40)} -> {short(d.after, 40)}" for d in found.environment if d.version
    ]
    rest = len(found.environment) - len(versions[:SAID])
    other = [many(rest, "more change" if versions else "change") + " of the environment"] if rest else []
    clauses += [", ".join(versions[:SAID] + other)] if found.environment else []
    return "; ".join(clauses)


def tripped(found: Comparison, gates: Iterable[str]) -> list[str]:
    """A sentence for each of the ``gates`` (names of GATES) that the comparison does not pass."""
    failures = many(len(found.of("new failure")), "new failure") if found.of("new failure") else ""
    drift = many(len(found.drift), "check") + " drifted" if found.drift else "; ".join(found.apart)
    before, after = found.judged
    fewer = f"{many(after, 'check')} came to a verdict, {before:,} did before" if after < before else ""
    names = ", ".join(difference.name for difference in found.environment)
    environment = f"{short(names)} changed" if names else ""
    said = dict(zip(GATES, (failures, drift, fewer, environment), strict=True))
    return [f"{gate}: {said[gate]}" for gate in gates if said[gate]]


def kind_of(old: Check | None, new: Check | None) -> Kind | None:
    """What a check of two runs is; None for one that is as it was."""
    if new is None:
        return "vanished"
    failed = old is not None and old.status in BAD
    if new.status in BAD:
        return "still failing" if failed else "new failure"
    if new.status == "known":
        return "known"
    if old is None:
        return "new check"
    if new.status in _IDLE:
        return None if old.status in _IDLE else "no longer run"
    if failed or old.status == "known":
        return "fixed"
    return "now run" if old.status in _IDLE else None


def limited(records: Records, keys: Collection[tuple[str, str]]) -> Records:
    """The records of the checks (case, route) in ``keys``, to compare a run of some checks with a run of all."""
    return replace(records, checks=[check for check in records.checks if (check.case, check.route) in keys])


def absent(records: Records) -> list[str]:
    """What did not run, in words, the commonest reason first: ``cuda did not run: no device``."""
    devices = Counter(check.device for check in records.checks)
    routes = Counter(check.route for check in records.checks)
    groups: dict[str, list[Check]] = {}
    for check in records.checks:
        if check.status == "not run":
            groups.setdefault(check.reason, []).append(check)
    said = []
    for reason, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        for whole, names in (
            (devices, Counter(c.device for c in members)),
            (routes, Counter(c.route for c in members)),
        ):
            if all(whole[name] == n for name, n in names.items()) and len(names) <= 3:
                who = ", ".join(sorted(names))
                break
        else:
            who = many(len(members), "check")
        said.append(f"{short(who)} did not run: {short(reason)}")
    return said


def many(n: int, word: str) -> str:
    """``1 check``, ``1,602 checks``."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _worst_first(changes: Iterable[Change]) -> Iterable[Change]:
    by_kind: dict[Kind, dict[int, Change]] = {kind: {} for kind in KINDS}
    for change in changes:
        by_kind[change.kind][id(change.check)] = change
    for members in by_kind.values():
        yield from (members[id(check)] for check in worst_first(change.check for change in members.values()))


def _shards(old: Records, new: Records) -> Mapping[str, tuple[Shard, Shard]]:
    """The shards that both have, by name."""
    before = {shard.name: shard for shard in parts(old)}
    return {shard.name: (before[shard.name], shard) for shard in parts(new) if shard.name in before}


def _apart(old: Run, new: Run) -> str:
    """Why the ratios of two runs cannot be compared; empty where they can."""
    if old.seed != new.seed:
        return f"ratios are not compared: the seed is {new.seed}, it was {old.seed}"
    if old.lam != new.lam:
        return f"ratios are not compared: the gate lambda is {figure(new.lam)}, it was {figure(old.lam)}"
    return ""


def _judged(checks: Iterable[Check]) -> int:
    return sum(check.status not in _IDLE for check in checks)


def _drift(said: str, old: Check, new: Check, factor: float) -> Drift | None:
    if old.status != "pass" or new.status != "pass" or old.ratio is None or new.ratio is None:
        return None
    before, after = float(old.ratio), float(new.ratio)
    if not (after > DRIFT_FLOOR and after > factor * before):
        return None
    return Drift(said, new, before, after, _where(new, new.ratio))


def _where(check: Check, ratio: Number) -> str:
    """Which layer or probe of a check has a ratio."""
    figures: list[LayerFigure | ProbeFigure] = [*check.layers, *check.probes]
    for found in figures:
        if found.ratio == ratio:
            return found.node if isinstance(found, LayerFigure) else f"the {found.probe} probe"
    return ""


def _slower(said: str, old: Check, new: Check, factor: float) -> Slower | None:
    """The step that lost most time. An export from the cache takes none, so it has no seconds to compare."""
    steps: Sequence[Literal["export", "run", "judge"]] = ("export", "run", "judge")
    found: Slower | None = None
    for step in steps:
        before, after = getattr(old.seconds, step), getattr(new.seconds, step)
        if before is None or after is None or after <= factor * before or after - before <= SLOWER_FLOOR:
            continue
        if found is None or after - before > found.after - found.before:
            found = Slower(said, new, step, before, after)
    return found


def _environment(pairs: Mapping[str, tuple[Shard, Shard]]) -> Iterable[Difference]:
    """What changed in the environments, the same change in several shards once; versions come first."""
    found: dict[tuple[str, str, str, bool], list[str]] = {}
    for name, (old, new) in pairs.items():
        for version, facts in ((True, _versions), (False, _facts)):
            before, after = facts(old.run), facts(new.run)
            for fact in dict.fromkeys((*before, *after)):
                was, now = before.get(fact, "absent"), after.get(fact, "absent")
                if was == now:
                    continue
                if fact == INSTRUCTIONS:
                    was, now = _only(was, now), _only(now, was)
                found.setdefault((fact, was, now, version), []).append(name)
    for (fact, was, now, version), shards in sorted(found.items(), key=lambda item: not item[0][3]):
        yield Difference(fact, was, now, version, tuple(name for name in shards if name))


def _only(words: str, others: str) -> str:
    """The words that are not among the others: one list of thirty says less than the one that is gone."""
    return " ".join(word for word in words.split() if word not in others.split()) or "none"


def _versions(run: Run) -> dict[str, str]:
    there = run.environment
    return {"parity": there.parity, "python": there.python, **there.packages}


def _facts(run: Run) -> dict[str, str]:
    there = run.environment
    return {
        "seed": str(run.seed),
        "lambda": figure(run.lam),
        "system": f"{there.system}, {there.machine}",
        "processor": there.cpu,
        INSTRUCTIONS: " ".join(there.cpu_flags),
        "cores": str(there.cores),
        "memory": f"{there.memory_bytes / 2**30:.1f} GiB",
        "threads": str(there.threads),
        "GPU": "; ".join(f"{gpu.name}, driver {gpu.driver}" for gpu in there.gpus) or "absent",
        **there.flags,
    }
