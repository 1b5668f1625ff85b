"""Several runs as one: nothing doubled, nothing lost, each check told apart."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import RecordsError, UsageError
from parity.records import shards
from parity.records.changes import compare, sentence
from parity.records.file import Records, read
from parity.records.lines import SCHEMA, Check, Environment, Run, encode
from parity.report import comparison
from tests.report import made
from tests.unit.test_records import SCHEMA_FILE

ARGV = ["parity", "merge"]


def run(run_id: str, *checks: Check, **changed: Any) -> Records:
    one = made.records(list(checks))
    return Records(msgspec.structs.replace(one.run, id=run_id, **changed), one.checks, one.end)


def versions(**packages: str) -> Environment:
    return msgspec.structs.replace(made.environment(), packages=packages)


def facts(merged: Records) -> list[tuple[str, str, str]]:
    return [(shards.shard_of(merged, c), c.id, c.status) for c in merged.checks]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), unique=True), min_size=1, max_size=4))
def test_every_check_of_every_shard_is_there_once_under_a_label_of_its_own(names: list[list[str]]) -> None:
    parts = [(f"s{n}", run(f"r{n}", *map(made.check, cases))) for n, cases in enumerate(names)]
    merged = shards.merge(parts, ARGV)
    assert facts(merged) == [(name, check.id, check.status) for name, part in parts for check in part.checks]
    labels = [shards.label(merged, check) for check in merged.checks]
    assert len(set(labels)) == len(labels) == sum(map(len, names)) == merged.run.planned
    assert merged.end is not None
    assert Counter(merged.end.counts)["pass"] == len(labels)


@given(st.permutations(["a", "b", "c"]), st.integers(0, 3))
def test_merging_a_part_first_changes_nothing(names: list[str], split: int) -> None:
    parts = [(name, run(f"run-{name}", made.check("x"), made.failing("y"))) for name in names]
    at_once = shards.merge(parts, ARGV)
    first = [("first", shards.merge(parts[:split], ARGV))] if split else []
    assert shards.merge([*first, *parts[split:]], ARGV) == at_once


def test_each_shard_keeps_its_run_and_its_end_as_they_stood() -> None:
    old = run("r1", made.check(), environment=versions(torch="2.9.0"))
    new = run("r2", made.check(), environment=versions(torch="2.13.0"), git=None)
    merged = shards.merge([("oldest", old), ("newest", new)], ARGV)
    assert [(s.name, s.run, s.end) for s in merged.run.shards] == [
        ("oldest", old.run, old.end),
        ("newest", new.run, new.end),
    ]
    assert merged.run.environment == old.run.environment
    assert merged.run.git is None  # they are of different code
    assert merged.run.argv == ARGV
    assert (merged.run.schema, merged.run.seed, merged.run.lam) == (SCHEMA, 7, 3.0)


def test_a_merged_file_is_read_back_as_it_was_made_and_fits_the_schema(tmp_path: Path) -> None:
    merged = shards.merge([("one", run("r1", *made.every_ending())), ("two", run("r2", *made.every_ending()))], ARGV)
    path = tmp_path / "m.jsonl"
    path.write_bytes(made.lines(merged))
    back = read(path)
    assert (back.run, back.checks, back.end) == (merged.run, merged.checks, merged.end)
    validator = jsonschema.Draft202012Validator(msgspec.json.decode(SCHEMA_FILE.read_bytes()))
    for line in path.read_bytes().splitlines():
        validator.validate(msgspec.json.decode(line))


def test_a_failure_in_one_shard_is_the_failure_of_all_and_a_shard_that_was_cut_off_did_not_finish() -> None:
    good, bad = run("r1", made.check()), run("r2", made.failing())
    assert good.end is not None
    fine = Records(good.run, good.checks, msgspec.structs.replace(good.end, exit_code=0))
    cut = Records(msgspec.structs.replace(good.run, id="r3", planned=9), good.checks, None)
    both = shards.merge([("fine", fine), ("bad", bad)], ARGV)
    assert both.finished
    assert both.end is not None
    assert both.end.exit_code == 1
    torn = shards.merge([("fine", fine), ("cut", cut)], ARGV)
    assert not torn.finished
    assert torn.end is not None
    assert (torn.end.exit_code, torn.end.reason, torn.run.planned) == (3, "cut: cut off", 10)
    worst = shards.merge([("bad", bad), ("cut", cut)], ARGV)
    assert worst.end is not None
    assert worst.end.exit_code == 1
    stopped = shards.merge([("a", made.records([made.check()], finished=False, reason="interrupted"))], ARGV)
    assert stopped.end is not None
    assert stopped.end.reason == "a: interrupted"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([("a", run("r1")), ("a", run("r2"))], "two shards are called 'a'"),
        ([("", run("r1")), ("a", run("r2"))], "two shards are called ''"),
        ([("a", run("r1")), ("b", run("r1"))], "b and a are both run r1; give each run once"),
        ([("a", run("r1")), ("b", run("r2", seed=8))], "b has seed 8, a has 7"),
        ([("a", run("r1")), ("b", run("r2", lam=4.0))], "b has lam 4.0, a has 3.0"),
        ([], "nothing to merge"),
    ],
)
def test_shards_that_cannot_stand_side_by_side_are_refused_with_a_sentence(parts: list[Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        shards.merge(parts, ARGV)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x/oldest.jsonl", "oldest"),
        ("oldest/latest.jsonl", "oldest"),
        ("reports/20260131T120000Z-1/records.jsonl", "20260131T120000Z-1"),
        ("my.records.jsonl", "my.records"),
    ],
)
def test_a_shard_is_called_like_its_file_or_like_the_folder_of_a_file_that_every_run_writes(
    path: str, name: str
) -> None:
    assert shards.name(Path(path)) == name


def test_shards_can_be_left_out_by_name_or_glob() -> None:
    parts = [(name, run(name, made.check("a"), made.check("b"))) for name in ("old-cpu", "pre-cpu", "pre-cuda")]
    merged = shards.merge(parts, ARGV)
    for patterns, kept in (
        (["pre-*"], ["old-cpu"]),
        (["old-cpu", "pre-cuda"], ["pre-cpu"]),
        (["*"], []),
        (["pre"], None),
    ):
        left = shards.without(merged, patterns)
        assert [shard.name for shard in left.run.shards] == (
            ["old-cpu", "pre-cpu", "pre-cuda"] if kept is None else kept
        )
        assert {shards.shard_of(left, check) for check in left.checks} == {shard.name for shard in left.run.shards}
        assert len(left.checks) == 2 * len(left.run.shards)
    plain = run("r", made.check())
    assert shards.without(plain, ["*"]) == plain


def shard_line(run_line: Run, **changed: Any) -> bytes:
    return encode(msgspec.structs.replace(run_line, **changed)) + b"\n"


def test_a_merged_file_that_does_not_hold_together_is_refused(tmp_path: Path) -> None:
    merged = shards.merge([("one", run("r1", made.check())), ("two", run("r2", made.check()))], ARGV)
    one, two = merged.run.shards
    first, check = encode(merged.run) + b"\n", encode(merged.checks[0]) + b"\n"
    nested = msgspec.structs.replace(one, run=merged.run)
    refused = {
        "line 3 is a second line of 'conv2d/k3[torch]'": first + check + check,
        "line 2 is of no shard": first + check.replace(b'"shard":0', b'"shard":2'),
        "line 2 is of no shard of": first + check.replace(b'"shard":0', b'"shard":-1'),
        "line 2 is of no shard of the": first + check.replace(b'"shard":0', b'"shard":null'),
        "is of no shard of the run line": shard_line(merged.run, shards=[]) + check,
        "shards of one name": shard_line(merged.run, shards=[one, msgspec.structs.replace(two, name="one")]),
        "shards within shards": shard_line(merged.run, shards=[nested, two]),
    }
    for said, data in refused.items():
        path = tmp_path / "m.jsonl"
        path.write_bytes(data)
        with pytest.raises(RecordsError) as caught:
            read(path)
        assert said in str(caught.value)


def test_a_file_of_schema_1_still_loads_and_compares(tmp_path: Path) -> None:
    new = made.records()
    older = []
    for line in made.lines(new).splitlines():
        fields = msgspec.json.decode(line)
        fields.pop("shards", None)
        fields.pop("shard", None)
        older.append(msgspec.json.encode(fields | ({"schema": 1} if fields["type"] == "run" else {})))
    path = tmp_path / "old.jsonl"
    path.write_bytes(b"\n".join(older))
    old = read(path)
    assert (old.run.schema, old.checks) == (1, new.checks)
    assert compare(old, new).of("new failure") == ()


def test_shards_are_compared_with_the_shard_of_their_name() -> None:
    night = shards.merge([("oldest", run("1", made.check("a"))), ("newest", run("2", made.check("a")))], ARGV)
    broken = run("4", made.failing("a", "torch"), environment=versions(torch="2.14"))
    next_night = shards.merge([("newest", broken), ("oldest", run("3", made.check("a")))], ARGV)
    found = compare(night, next_night)
    assert [(change.kind, change.label) for change in found.changes] == [("new failure", "a[torch] (newest)")]
    assert {difference.shards for difference in found.environment} == {("newest",)}


def test_a_change_in_several_shards_is_said_once_with_their_names() -> None:
    old = shards.merge([(name, run(f"1{name}", made.check("a"))) for name in ("x", "y", "z")], ARGV)
    env = versions(numpy="2.4.6", torch="9")
    parts = [(name, run(f"2{name}", made.check("a"), environment=env)) for name in ("x", "y")]
    found = compare(old, shards.merge([*parts, ("z", run("2z", made.check("a")))], ARGV))
    assert [(d.name, d.after, d.shards) for d in found.environment] == [("torch", "9", ("x", "y"))]


def test_a_shard_that_is_not_there_any_more_is_one_line_and_no_check_of_it_is_lost() -> None:
    checks = [made.check(f"c{n}") for n in range(40)]
    old = shards.merge([("kept", run("1", *checks)), ("gone", run("2", *checks))], ARGV)
    found = compare(old, shards.merge([("kept", run("3", *checks))], ARGV))
    assert len(found.of("vanished")) == 40
    assert comparison.changed(found, "vanished") == ["gone: 40 checks, the whole shard"]
    assert sentence(found) == "no new failures, 40 vanished"
