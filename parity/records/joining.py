"""The shards of one plan as the run that they are: what ``parity run --shard 2/8`` wrote on several machines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from parity.errors import UsageError
from parity.records.file import Records
from parity.records.lines import Check, End, Run, Shard, Split
from parity.records.shards import one_end, one_run

MISSING = 4  #: the exit code that counts for a shard that is not there


def is_shard(records: Records) -> bool:
    """Whether the records are of one shard of a plan."""
    return records.run.split is not None


def join(files: Sequence[tuple[str, Records]], argv: Sequence[str]) -> Records:
    """The records of the run whose shards these are: its checks, shard after shard, without a mark of which.

    files: what to call each in a refusal, and the records; at least one; argv: how the join was asked for. A shard that is not among
    them leaves a run that did not finish and says so. Raises :class:`UsageError` for what is no shard of the same plan, run
    with the same code and versions, for a shard that is there twice and for checks that are.
    """
    splits = _splits(files)
    placed = sorted(zip(splits, files, strict=True), key=lambda each: each[0].number)
    joined = [Shard(name=_named(split), run=records.run, end=records.end) for split, (_, records) in placed]
    checks = list(_checks([file for _, file in placed]))
    run = one_run("joined", joined, argv, splits[0].checks)
    return Records(msgspec.structs.replace(run, joined=joined), checks, _end(joined, splits, checks))


def _splits(files: Sequence[tuple[str, Records]]) -> list[Split]:
    """Which shard each file is of. Raises :class:`UsageError` where they cannot be of one run."""
    first_name, first = files[0]
    found: list[Split] = []
    names: dict[int, str] = {}
    for name, records in files:
        split, run = records.run.split, records.run
        if split is None:
            whole = next(name for name, records in files if not is_shard(records))
            raise UsageError(
                f"{whole} is a whole run and others are shards of a plan; merge the shards of each plan by themselves first"
            )
        for what, one, other in _facts(run, first.run):
            if one != other:
                raise UsageError(
                    f"{name} and {first_name} are not shards of one run: {what} {one} and {other}; "
                    "run every shard of it the same way"
                )
        if split.number in names:
            raise UsageError(f"{name} and {names[split.number]} are both shard {_named(split)}; give each shard once")
        names[split.number] = name
        found.append(split)
    return found


def _facts(run: Run, other: Run) -> Iterator[tuple[str, object, object]]:
    """What has to be the same in two shards, the plain before what follows from it."""
    yield "seed", run.seed, other.seed
    yield "lambda", run.lam, other.lam
    for what in ("parity", "python", "threads"):
        yield what, getattr(run.environment, what), getattr(other.environment, what)
    ours, theirs = run.environment.packages, other.environment.packages
    for package in sorted({*ours, *theirs}):
        yield package, ours.get(package, "absent"), theirs.get(package, "absent")
    yield "code", _code(run), _code(other)
    assert run.split is not None
    assert other.split is not None
    yield "shards", run.split.of, other.split.of
    yield "plan", run.split.plan, other.split.plan


def _code(run: Run) -> str:
    if run.git is None:
        return "of no commit"
    return run.git.commit[:10] + (" with changes" if run.git.dirty else "")


def _checks(files: Sequence[tuple[str, Records]]) -> Iterator[Check]:
    where: dict[str, str] = {}
    for name, records in files:
        for check in records.checks:
            if check.id in where:
                raise UsageError(f"{check.id} is in {where[check.id]} and in {name}; run the shards again")
            where[check.id] = name
            yield check


def _end(joined: Sequence[Shard], splits: Sequence[Split], checks: Sequence[Check]) -> End:
    """The counts of all. It is finished when every shard is there and is."""
    there = {split.number for split in splits}
    gone = [f"{n}/{splits[0].of}" for n in range(1, splits[0].of + 1) if n not in there]
    why = [f"shard {name} is missing" for name in gone]
    for shard in joined:
        if shard.end is None or not shard.end.finished:
            why.append(f"shard {shard.name}: {'cut off' if shard.end is None else shard.end.reason}")
    return one_end(joined, checks, not why, "; ".join(why), [MISSING] if gone else [])


def _named(split: Split) -> str:
    return f"{split.number}/{split.of}"
