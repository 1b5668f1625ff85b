"""The shards of a plan as the run that they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from parity.errors import UsageError
from parity.records import joining
from parity.records.changes import compare
from parity.records.file import Records, read
from parity.records.lines import Check, Git, Split
from tests.report import made
from tests.unit.test_records import SCHEMA_FILE

ARGV = ["parity", "merge"]


def shard(number: int, *checks: Check, of: int = 3, plan: str = "p", planned: int = 6, **changed: Any) -> Records:
    whole = made.records(list(checks), finished=changed.pop("finished", True), reason=changed.pop("reason", ""))
    said = Split(number=number, of=of, plan=plan, checks=planned)
    assert whole.end is not None
    bad = any(check.status == "fail" for check in checks)
    end = msgspec.structs.replace(whole.end, exit_code=changed.pop("exit_code", int(bad)))
    return Records(msgspec.structs.replace(whole.run, id=f"r{number}", split=said, **changed), whole.checks, end)


def three() -> list[tuple[str, Records]]:
    return [(f"{n}.jsonl", shard(n, made.check(f"a{n}"), made.check(f"b{n}"))) for n in (2, 3, 1)]


def test_joined_shards_are_one_run_in_which_no_check_knows_of_a_shard(tmp_path: Path) -> None:
    files = three()
    joined = joining.join(files, ARGV)
    assert [check.id for check in joined.checks] == [f"{x}{n}[torch]" for n in (1, 2, 3) for x in "ab"]
    assert all(check in records.checks for check, (_, records) in zip(joined.checks[:2], [files[2]] * 2, strict=True))
    run, end = joined.run, joined.end
    assert (run.planned, run.split, run.shards, run.seed, run.argv) == (6, None, [], 7, ARGV)
    assert [(s.name, s.run.id) for s in run.joined] == [("1/3", "r1"), ("2/3", "r2"), ("3/3", "r3")]
    assert end is not None
    assert (end.finished, end.exit_code, end.reason, end.counts["pass"]) == (True, 0, "", 6)
    path = tmp_path / "j.jsonl"
    path.write_bytes(made.lines(joined))
    assert read(path).checks == joined.checks
    validator = jsonschema.Draft202012Validator(msgspec.json.decode(SCHEMA_FILE.read_bytes()))
    for line in path.read_bytes().splitlines():
        validator.validate(msgspec.json.decode(line))
    assert compare(made.records(joined.checks), joined).changes == ()


def test_a_failure_in_one_shard_is_the_failure_of_the_run() -> None:
    files = [*three()[:2], ("1.jsonl", shard(1, made.failing()))]
    joined = joining.join(files, ARGV)
    assert joined.end is not None
    assert (joined.finished, joined.end.exit_code) == (True, 1)


def test_a_shard_that_is_missing_or_did_not_finish_is_said_and_is_not_green() -> None:
    def ended(*files: tuple[str, Records]) -> tuple[bool, int, str, int]:
        joined = joining.join(files, ARGV)
        assert joined.end is not None
        return joined.finished, joined.end.exit_code, joined.end.reason, joined.run.planned

    two, three_, one = three()
    assert ended(two) == (False, 4, "shard 1/3 is missing; shard 3/3 is missing", 6)
    cut = ("2.jsonl", Records(two[1].run, two[1].checks[:1], None))
    assert ended(one, cut, three_) == (False, 3, "shard 2/3: cut off", 6)
    stopped = ("2.jsonl", shard(2, made.check("a"), finished=False, reason="interrupted", exit_code=130))
    assert ended(one, stopped, three_) == (False, 130, "shard 2/3: interrupted", 6)


def versions(**packages: str) -> Any:
    return msgspec.structs.replace(made.environment(), packages=packages)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (shard(2, seed=8), "b and a are not shards of one run: seed 8 and 7; run every shard of it the same way"),
        (shard(2, lam=4.0), "lambda 4.0 and 3.0"),
        (shard(2, environment=versions(numpy="2.4.6", torch="2.14")), "torch 2.14 and 2.13.0+cpu"),
        (shard(2, environment=versions(numpy="2.4.6")), "torch absent and 2.13.0+cpu"),
        (shard(2, environment=msgspec.structs.replace(made.environment(), threads=2)), "threads 2 and 1"),
        (shard(2, git=Git(commit="4567abcd", dirty=False)), "code 4567abcd and 0123abcd with changes"),
        (shard(2, of=4), "shards 4 and 3"),
        (shard(2, plan="q"), "plan q and p"),
        (shard(1, made.check("c")), "b and a are both shard 1/3; give each shard once"),
        (shard(2, made.check("a")), r"a[torch] is in a and in b; run the shards again"),
        (made.records([made.check("c")]), "b is a whole run and others are shards of a plan; merge the shards of each"),
    ],
)
def test_what_is_not_a_shard_of_the_same_run_is_refused_with_what_is_unlike(other: Records, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        joining.join([("a", shard(1, made.check("a"))), ("b", other)], ARGV)
    assert said in str(caught.value)


def test_shards_of_machines_with_other_processors_are_of_one_run_and_each_keeps_its_own() -> None:
    other = msgspec.structs.replace(made.environment(), cpu="Another", cores=64)
    joined = joining.join([("a", shard(1)), ("b", shard(2, environment=other)), ("c", shard(3))], ARGV)
    assert [each.run.environment.cpu for each in joined.run.joined][1] == "Another"
