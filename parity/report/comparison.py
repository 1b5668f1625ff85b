"""Two runs side by side, as text and as JSON. Pure: what changed goes in, lines come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from parity.judging.causes import causes
from parity.records.changes import KINDS, Change, Comparison, Difference, Drift, Kind, Slower, many, sentence
from parity.records.lines import Check, Run
from parity.records.wording import ending, figure, short
from parity.report.terminal import Text

SHOWN = 20  #: lines of each part as text
MEMBERS = 3  #: checks named of each cause

#: What stands over each part.
HEADINGS: dict[Kind, str] = {
    "new failure": "new failures",
    "still failing": "still failing",
    "fixed": "fixed",
    "known": "newly known",
    "no longer run": "no longer run",
    "vanished": "vanished",
    "now run": "now run",
    "new check": "new checks",
}


def lines(found: Comparison) -> list[Text]:
    """The comparison as text: the sentence, the runs, then every part that has something to say."""
    bad = bool(found.of("new failure"))
    said = [Text(sentence(found), "bad" if bad else "good"), *(Text(line, "dim") for line in runs(found))]
    for kind in KINDS:
        said += _part(HEADINGS[kind], changed(found, kind), "bad" if kind == "new failure" else "bold")
    said += _part("drifted", [drift(one) for one in found.drift], "warn")
    said += _part("slower", [slower(one) for one in found.slower], "bold")
    said += _part("environment", [difference(one) for one in found.environment], "bold")
    return said


def plain(found: Comparison, tripped: Sequence[str]) -> dict[str, Any]:
    """The comparison as plain data for ``--json``; every check is named, and why each gate did not pass."""
    return {
        "sentence": sentence(found),
        "old": {"id": found.old.id, "started": found.old.started},
        "new": {"id": found.new.id, "started": found.new.started, "finished": found.finished},
        "counts": {**{kind: len(found.of(kind)) for kind in KINDS}, "unchanged": found.unchanged},
        "judged": {"old": found.judged[0], "new": found.judged[1]},
        "changes": [
            {
                "kind": change.kind,
                "check": change.check.id,
                "shard": change.shard,
                "old": _side(change.old),
                "new": _side(change.new),
            }
            for change in found.changes
        ],
        "drift": [
            {"check": one.label, "before": one.before, "after": one.after, "where": one.where} for one in found.drift
        ],
        "slower": [
            {"check": one.label, "step": one.step, "before": one.before, "after": one.after} for one in found.slower
        ],
        "environment": [
            {"name": one.name, "before": one.before, "after": one.after, "shards": list(one.shards)}
            for one in found.environment
        ],
        "not_compared": list(found.apart),
        "not_run": list(found.absent),
        "tripped": list(tripped),
    }


def runs(found: Comparison) -> list[str]:
    """Which two runs these are, of which code, and whether their ratios can be compared."""
    said = f"{_run(found.new)}, compared with {_run(found.old)}; {many(found.unchanged, 'check')} unchanged"
    return [said, *(short(why) for why in found.apart)]


def changed(found: Comparison, kind: Kind) -> list[str]:
    """A line for each group of changes of one kind: failures by cause, what came or went by case."""
    changes = found.of(kind)
    if kind in ("new failure", "still failing"):
        return list(_by_cause(changes, [change.check for change in found.changes]))
    if kind in ("fixed", "known"):
        fresh = [c for c in changes if kind == "fixed" or c.old is None or c.old.status != "known"]
        return [f"{short(c.label)}: {_state(c.new)}, was {_state(c.old)}" for c in fresh]
    other = found.new if kind == "vanished" else found.old
    return list(_by_case(changes, {shard.name for shard in other.shards}))


def drift(found: Drift) -> str:
    """One drifted ratio."""
    times = f"{found.after / found.before:.3g} times" if found.before else "from nothing"
    where = f", in {short(found.where, 60)}" if found.where else ""
    return f"{short(found.label)}: ratio {figure(found.before)} -> {figure(found.after)} ({times}){where}"


def slower(found: Slower) -> str:
    """One step that got slower."""
    return f"{short(found.label)}: {found.step} {figure(found.before)} s -> {figure(found.after)} s"


def difference(found: Difference) -> str:
    """One change of the environment."""
    where = f" ({short(', '.join(found.shards))})" if found.shards else ""
    return f"{short(found.name)}: {short(found.before)} -> {short(found.after)}{where}"


def _by_cause(changes: Sequence[Change], others: Iterable[Check]) -> Iterable[str]:
    by_id = {id(change.check): change for change in changes}
    for cause in causes([change.check for change in changes], others):
        members = [by_id[id(check)] for check in cause.checks]
        first = members[0]
        if len(members) == 1:
            yield f"{short(first.label)}: {_state(first.new)}, was {_state(first.old)}: {short(first.check.reason)}"
            continue
        named = ", ".join(short(change.label) for change in members[:MEMBERS])
        rest = f" and {len(members) - MEMBERS:,} more" if members[MEMBERS:] else ""
        yield f"{short(cause.title)} ({many(len(members), 'check')}): {named}{rest}"


def _by_case(changes: Sequence[Change], shards: Collection[str]) -> Iterable[str]:
    """A line a case, with its routes. Of a shard that is not among ``shards``, those of the other run, one line is enough."""
    groups: dict[tuple[str, str], list[str]] = {}
    whole: Counter[str] = Counter()
    for change in changes:
        if change.shard and change.shard not in shards:
            whole[change.shard] += 1
        else:
            groups.setdefault((change.shard, change.check.case), []).append(change.check.route)
    for shard, n in whole.items():
        yield f"{short(shard)}: {many(n, 'check')}, the whole shard"
    for (shard, case), routes in groups.items():
        where = f" ({short(shard)})" if shard else ""
        yield f"{short(case)} on {short(', '.join(routes))}{where}"


def _part(heading: str, members: Sequence[str], style: Any) -> list[Text]:
    if not members:
        return []
    rest = [Text(f"  and {len(members) - SHOWN:,} more, all of them in --json")] if members[SHOWN:] else []
    return [Text(""), Text(heading, style), *(Text(f"  {member}") for member in members[:SHOWN]), *rest]


def _state(check: Check | None) -> str:
    if check is None:
        return "not there"
    return f"{ending(check)} {figure(check.ratio)}" if check.ratio is not None else ending(check)


def _side(check: Check | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {"status": check.status, "ending": ending(check), "ratio": check.ratio, "reason": check.reason}


def _run(run: Run) -> str:
    code = f" of code {run.git.commit[:10]}{' (changed)' if run.git.dirty else ''}" if run.git is not None else ""
    return short(f"run {run.id}{code}")
