"""Several runs as one: the shards of a matrix of versions and devices in one records file. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from parity.errors import UsageError
from parity.records.file import Records
from parity.records.lines import SCHEMA, Check, End, Run, Shard
from parity.records.wording import count

USUAL = ("latest", "records")  #: names of files that say nothing of the run in them
CUT_OFF = 3  #: the exit code that counts for a shard without an end line


def parts(records: Records) -> list[Shard]:
    """The runs that records are of. One that was not merged is its own only shard, without a name."""
    return records.run.shards or [Shard(name="", run=records.run, end=records.end)]


def shard_of(records: Records, check: Check) -> str:
    """The name of the shard that a check is of; empty where nothing was merged."""
    return "" if check.shard is None else records.run.shards[check.shard].name


def label(records: Records, check: Check) -> str:
    """What tells a check from every other of its file: ``case[route]``, in a merged file ``case[route] (shard)``."""
    shard = shard_of(records, check)
    return f"{check.id} ({shard})" if shard else check.id


def name(path: Path) -> str:
    """What to call the shard of a file: the file's name, or its folder's where the name is one that every run writes."""
    return path.absolute().parent.name if path.stem in USUAL else path.stem


def without(records: Records, patterns: Iterable[str]) -> Records:
    """The records without the shards whose names are like one of the patterns (``prerelease-*``)."""
    patterns = list(patterns)
    gone = [any(fnmatchcase(shard.name, pattern) for pattern in patterns) for shard in records.run.shards]
    if not any(gone):
        return records
    kept = [n for n, out in enumerate(gone) if not out]
    place = {n: i for i, n in enumerate(kept)}
    checks = [
        msgspec.structs.replace(check, shard=place[check.shard])
        for check in records.checks
        if check.shard is not None and check.shard in place
    ]
    run = msgspec.structs.replace(records.run, shards=[records.run.shards[n] for n in kept])
    return Records(run, checks, records.end)


def merge(shards: Sequence[tuple[str, Records]], argv: Sequence[str]) -> Records:
    """The records of several runs as those of one; each check keeps which shard it is of, so none is doubled or lost.

    shards: a name and the records; those of a merged file come in with the names they had. argv: how the merge was asked
    for. Raises :class:`UsageError` for a name or a run that is there twice, and for runs of different seeds or gates.
    """
    runs: list[Shard] = []
    checks: list[Check] = []
    for name, records in shards:
        first = len(runs)
        merged = bool(records.run.shards)
        runs += records.run.shards if merged else [Shard(name=name, run=records.run, end=records.end)]
        checks += (_moved(check, first) for check in records.checks)
    _refuse(runs)
    run = _run(runs, argv)
    return Records(run, checks, _end(runs, checks))


def _moved(check: Check, first: int) -> Check:
    return msgspec.structs.replace(check, shard=first + (check.shard or 0))


def _refuse(shards: Sequence[Shard]) -> None:
    if not shards:
        raise UsageError("there is nothing to merge; name at least one records file")
    names: set[str] = set()
    ids: dict[str, str] = {}
    for shard in shards:
        if shard.name in names or not shard.name:
            raise UsageError(f"two shards are called {shard.name!r}; name each as NAME=FILE.jsonl")
        names.add(shard.name)
        if shard.run.id in ids:
            raise UsageError(f"{shard.name} and {ids[shard.run.id]} are both run {shard.run.id}; give each run once")
        ids[shard.run.id] = shard.name
        for what in ("seed", "lam"):
            one, other = getattr(shard.run, what), getattr(shards[0].run, what)
            if one != other:
                raise UsageError(
                    f"{shard.name} has {what} {one}, {shards[0].name} has {other}; their ratios cannot stand side by side"
                )


def _run(shards: Sequence[Shard], argv: Sequence[str]) -> Run:
    first = shards[0].run
    same_code = all(shard.run.git == first.git for shard in shards)
    planned = sum(shard.run.planned for shard in shards)
    made = one_run("merged", shards, argv, planned)
    return msgspec.structs.replace(made, git=first.git if same_code else None, shards=list(shards))


def _end(shards: Sequence[Shard], checks: Sequence[Check]) -> End:
    """The counts of all. It is finished when every shard is; a failure in one shard is the failure of all."""
    whys = {shard.name: "cut off" if shard.end is None else shard.end.reason for shard in shards}
    finished = all(shard.end is not None and shard.end.finished for shard in shards)
    return one_end(shards, checks, finished, "; ".join(f"{name}: {why}" for name, why in whys.items() if why))


def one_run(how: str, shards: Sequence[Shard], argv: Sequence[str], planned: int) -> Run:
    """The first line of the records that some runs make together, with what is the first one's; ``how`` begins its id."""
    first = shards[0].run
    ids = "\n".join(shard.run.id for shard in shards)
    return Run(
        schema=SCHEMA,
        id=f"{how}-{hashlib.sha256(ids.encode()).hexdigest()[:12]}",
        started=min(shard.run.started for shard in shards),
        argv=list(argv),
        seed=first.seed,
        lam=first.lam,
        planned=planned,
        environment=first.environment,
        git=first.git,
    )


def one_end(
    shards: Sequence[Shard], checks: Sequence[Check], finished: bool, reason: str, codes: Iterable[int] = ()
) -> End:
    """Their last line: all that they counted and took. codes: exit codes besides the shards' own."""
    counts, not_run = count(checks)
    ended = {*codes, *(CUT_OFF if shard.end is None else shard.end.exit_code for shard in shards)}
    return End(
        finished=finished,
        counts=counts,
        not_run=not_run,
        exit_code=1 if 1 in ended else max(ended),
        seconds=round(sum(shard.end.seconds for shard in shards if shard.end is not None), 3),
        reason=reason,
    )
