"""What changed between two runs: every check is one thing, and everything is seen."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.records import changes
from parity.records.changes import Comparison, compare, sentence, tripped
from parity.records.file import Records
from parity.records.lines import Check, Seconds
from parity.records.verdict import BAD, STATUSES, Status
from tests.report import made

statuses = st.sampled_from(STATUSES)
runs = st.dictionaries(st.tuples(st.sampled_from("abcde"), st.sampled_from(["torch", "torch>ort"])), statuses)


def check(name: str, status: Status = "pass", route: str = "torch", **given: Any) -> Check:
    if status in ("fail", "known"):
        return made.failing(name, route, status=status, **given)
    return made.check(name, route, status, **{"reason": "" if status == "pass" else f"it is {status}", **given})


def of(*checks: Check, **run: Any) -> Records:
    return with_run(made.records(list(checks)), **run)


def with_run(records: Records, **run: Any) -> Records:
    return Records(msgspec.structs.replace(records.run, **run), records.checks, records.end)


def environment(**given: Any) -> Any:
    return msgspec.structs.replace(made.environment(), **given)


def built(statuses_of: dict[tuple[str, str], Status]) -> Records:
    return of(*(check(name, status, route) for (name, route), status in statuses_of.items()))


def only(found: Comparison, kind: changes.Kind) -> list[str]:
    assert {change.kind for change in found.changes} <= {kind}
    return [change.label for change in found.changes]


@given(runs, runs)
def test_every_check_of_either_run_is_exactly_one_thing(old: dict[Any, Any], new: dict[Any, Any]) -> None:
    found = compare(built(old), built(new))
    named = [change.label for change in found.changes]
    assert len(named) == len(set(named))
    assert len(named) + found.unchanged == len(old.keys() | new.keys())
    for change in found.changes:
        key = (change.check.case, change.check.route)
        assert (key in old, key in new) == (change.old is not None, change.new is not None)
    assert {c.label for c in found.of("vanished")} == {f"{n}[{r}]" for n, r in old.keys() - new.keys()}
    failing = found.of("new failure") + found.of("still failing")
    assert {c.label for c in failing} == {f"{n}[{r}]" for (n, r), status in new.items() if status in BAD}


@given(runs)
def test_a_run_compared_with_itself_has_nothing_new(one: dict[Any, Any]) -> None:
    found = compare(built(one), built(one))
    assert {change.kind for change in found.changes} <= {"still failing", "known"}
    assert (*found.drift, *found.slower, *found.environment, *found.apart) == ()
    assert tripped(found, changes.GATES) == []
    assert sentence(found).startswith("no new failures")


@given(runs, runs)
def test_what_is_fixed_one_way_is_broken_or_known_the_other_way(old: dict[Any, Any], new: dict[Any, Any]) -> None:
    there = {c.label for c in compare(built(old), built(new)).of("fixed")}
    back = compare(built(new), built(old))
    assert there <= {c.label for c in back.of("new failure") + back.of("known")}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("pass", "fail", "new failure"),
        (None, "crash", "new failure"),
        ("not run", "timeout", "new failure"),
        ("known", "stale", "new failure"),
        ("known", "fail", "new failure"),
        ("error", "fail", "still failing"),
        ("fail", "pass", "fixed"),
        ("known", "pass", "fixed"),
        ("stale", "pass", "fixed"),
        ("fail", "known", "known"),
        ("known", "known", "known"),
        ("fail", "not run", "no longer run"),
        ("pass", "unsupported", "no longer run"),
        ("known", "not run", "no longer run"),
        ("pass", None, "vanished"),
        ("fail", None, "vanished"),
        ("unsupported", "pass", "now run"),
        (None, "pass", "new check"),
        (None, "not run", "new check"),
        ("pass", "pass", None),
        ("not run", "unsupported", None),
    ],
)
def test_what_a_check_of_two_runs_is(old: Status | None, new: Status | None, kind: str | None) -> None:
    assert changes.kind_of(old and check("a", old), new and check("a", new)) == kind


def test_a_failure_that_no_longer_runs_is_not_called_fixed() -> None:
    for idle in ("not run", "unsupported"):
        assert only(compare(of(check("a", "fail")), of(check("a", idle))), "no longer run") == ["a[torch]"]


def test_a_renamed_case_vanished_and_is_new() -> None:
    found = compare(of(check("old/name"), check("b")), of(check("new/name"), check("b")))
    assert [(c.kind, c.label) for c in found.changes] == [
        ("vanished", "old/name[torch]"),
        ("new check", "new/name[torch]"),
    ]
    assert sentence(found) == "no new failures, 1 vanished, 1 new check"
    assert tripped(found, ["fewer"]) == []


def test_changes_come_worst_first() -> None:
    old = [check(name) for name in "abcdef"]
    new = [
        made.failing("a", "torch", ratio=2.0),
        made.failing("b", "torch", ratio=9.0),
        check("c", "crash"),
        made.failing("d", "torch", kind="shape"),
        check("e", "not run"),
    ]
    kinds = [(change.kind, change.check.case) for change in compare(of(*old), of(*new)).changes]
    first = "new failure"
    assert kinds == [(first, "c"), (first, "d"), (first, "b"), (first, "a"), ("no longer run", "e"), ("vanished", "f")]
    assert list(get_args(changes.Kind)) == list(changes.KINDS)


@pytest.mark.parametrize(
    ("before", "after", "drifted"),
    [
        (0.2, 0.31, True),
        (0.2, 0.3, False),  # 1.5 times is the limit
        (0.2, 0.1, False),
        (0.0, 0.02, True),
        (0.001, 0.01, False),  # a hundredth of what is allowed is far from any trouble
        (0.001, 0.0101, True),
        (None, 0.5, False),
        (0.5, None, False),
    ],
)
def test_a_ratio_that_grew_beyond_the_factor_though_under_one_has_drifted(
    before: Any, after: Any, drifted: bool
) -> None:
    found = compare(of(check("a", ratio=before)), of(check("a", ratio=after)))
    assert [(d.label, d.before, d.after) for d in found.drift] == ([("a[torch]", before, after)] if drifted else [])
    assert bool(tripped(found, ["drift"])) == drifted
    assert found.changes == ()


def test_the_factor_of_drift_is_the_caller_s_and_the_layer_is_named() -> None:
    layers = [made.layer("conv1", 0.1), made.layer("conv2", 0.8)]
    new = of(check("a", ratio=0.8, layers=layers), check("b", ratio=0.9))
    old = of(check("a", ratio=0.3), check("b", ratio=0.3))
    assert [(d.label, d.where) for d in compare(old, new, drift=2.5).drift] == [("b[torch]", ""), ("a[torch]", "conv2")]
    assert [d.label for d in compare(old, new, drift=2.9).drift] == ["b[torch]"]
    assert compare(old, new, drift=3.1).drift == ()
    probe = [made.ProbeFigure(probe="data", status="pass", ratio=0.9)]
    assert compare(old, of(check("b", ratio=0.9, probes=probe))).drift[0].where == "the data probe"


def test_a_failure_and_a_known_divergence_do_not_drift() -> None:
    for status in ("fail", "known"):
        old, new = check("a", ratio=0.2), check("a", status, ratio=0.9)
        assert compare(of(old), of(new)).drift == ()


@pytest.mark.parametrize(
    ("field", "value", "said"), [("seed", 8, "the seed is 8, it was 7"), ("lam", 4.0, "lambda is 4")]
)
def test_ratios_of_another_seed_or_gate_are_not_compared_and_the_gate_says_so(
    field: str, value: Any, said: str
) -> None:
    found = compare(of(check("a", ratio=0.2)), of(check("a", ratio=0.9), **{field: value}))
    assert found.drift == ()
    assert said in found.apart[0]
    assert said in tripped(found, ["drift"])[0]


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [
        (1.0, 2.1, True),
        (1.0, 2.0, False),
        (0.1, 0.55, False),
        (0.1, 0.65, True),
        (None, 9.0, False),
        (9.0, None, False),
    ],
)
def test_a_step_is_slower_beyond_a_factor_and_half_a_second(before: Any, after: Any, slower: bool) -> None:
    old, new = check("a", seconds=Seconds(run=before)), check("a", seconds=Seconds(run=after))
    found = compare(of(old), of(new)).slower
    assert [(s.label, s.step, s.before, s.after) for s in found] == ([("a[torch]", "run", before, after)] * slower)


def test_the_slowest_step_of_a_check_is_named_and_the_factor_is_the_caller_s() -> None:
    old = check("a", seconds=Seconds(export=1.0, run=1.0, judge=1.0))
    new = check("a", seconds=Seconds(export=2.5, run=4.0, judge=1.0))
    assert [(s.step, s.after) for s in compare(of(old), of(new)).slower] == [("run", 4.0)]
    assert compare(of(old), of(new), slower=4.0).slower == ()


@pytest.mark.parametrize(
    ("given", "name", "before", "after", "version"),
    [
        ({"packages": {"numpy": "2.4.6", "torch": "2.14.0"}}, "torch", "2.13.0+cpu", "2.14.0", True),
        ({"packages": {"numpy": "2.4.6"}}, "torch", "2.13.0+cpu", "absent", True),
        ({"python": "CPython 3.12.1"}, "python", "CPython 3.11.9", "CPython 3.12.1", True),
        ({"parity": "0.2.0"}, "parity", "0.1.0", "0.2.0", True),
        ({"cpu": "another"}, "processor", "A processor & its <name>", "another", False),
        ({"cpu_flags": ["avx2", "avx512f", "fma"]}, "instructions", "none", "avx512f", False),
        ({"threads": 4}, "threads", "1", "4", False),
        ({"gpus": []}, "GPU", "NVIDIA H100, driver 575.1", "absent", False),
        ({"flags": {}}, "TF_ENABLE_ONEDNN_OPTS", "0", "absent", False),
        ({"memory_bytes": 16 * 2**30}, "memory", "8.0 GiB", "16.0 GiB", False),
        ({"cores": 64}, "cores", "2", "64", False),
        ({"machine": "aarch64"}, "system", "Linux 6.1, x86_64", "Linux 6.1, aarch64", False),
    ],
)
def test_whatever_moves_a_number_and_changed_is_named(
    given: Any, name: str, before: str, after: str, version: bool
) -> None:
    found = compare(of(check("a")), of(check("a"), environment=environment(**given)))
    assert [(d.name, d.before, d.after, d.version, d.shards) for d in found.environment] == [
        (name, before, after, version, ())
    ]
    assert tripped(found, ["environment"]) == [f"environment: {name} changed"]
    assert (f"{name} {before} -> {after}" if version else "1 change of the environment") in sentence(found)


def test_every_field_of_the_environment_is_compared() -> None:
    compared = {"parity", "python", "system", "machine", "cpu", "cpu_flags", "cores", "memory_bytes", "threads", "packages", "gpus", "flags"}  # fmt: skip
    assert set(made.environment().__struct_fields__) == compared


def test_the_sentence_counts_what_changed_and_says_what_did_not_run_and_which_versions_moved() -> None:
    old = of(check("a"), check("b"), check("c"), check("d", "fail"), check("e"), check("f", "fail"))
    new = of(
        check("a", "fail"),
        check("b", "crash"),
        check("c", "error"),
        check("d"),
        check("e", "known"),
        check("f", "fail"),
        *(check(name, "not run", "torch@cuda", device="cuda", reason="no device") for name in "ab"),
        environment=environment(packages={"numpy": "2.4.6", "torch": "2.14.0"}, threads=2),
    )
    assert sentence(compare(old, new)) == (
        "3 new failures, 1 fixed, 1 still failing, 1 known, 2 new checks; cuda did not run: no device; "
        "torch 2.13.0+cpu -> 2.14.0, 1 more change of the environment"
    )


def test_the_sentence_stays_a_sentence_whatever_the_records_say() -> None:
    reasons = [f"reason {n} " + "x" * 10_000 for n in range(50)]
    new = of(
        *(check(f"n{n}", "not run", f"route{n % 7}", reason=reason) for n, reason in enumerate(reasons)),
        environment=environment(packages={f"p{n}": "1" * 5000 for n in range(50)}),
    )
    said = sentence(compare(of(), new))
    assert len(said) < 1200
    assert "48 more reasons why something did not run" in said
    assert "more changes of the environment" in said


def test_an_unfinished_run_is_said_to_be_one() -> None:
    new = made.records([check("a")], finished=False)
    assert "the run did not finish" in sentence(compare(of(check("a")), new))


def test_what_did_not_run_is_named_by_device_or_route_where_that_is_all_of_it() -> None:
    records = of(
        check("a"),
        check("a", "not run", "torch@cuda", device="cuda", reason="no device"),
        check("a", "not run", "tensorflow", reason="not installed"),
        check("b", "not run", "torch", reason="interrupted"),
        check("c"),
    )
    assert changes.absent(records) == [
        "1 check did not run: interrupted",
        "cuda did not run: no device",
        "tensorflow did not run: not installed",
    ]


@pytest.mark.parametrize(
    ("old", "new", "gate", "said"),
    [
        ([check("a")], [check("a", "fail")], "new-failures", "1 new failure"),
        ([], [check("a", "fail")], "new-failures", "1 new failure"),
        ([check("a", "fail")], [check("a", "crash")], "new-failures", ""),
        ([check("a"), check("b")], [check("a")], "fewer", "1 check came to a verdict, 2 did before"),
        ([check("a"), check("b")], [check("a"), check("b", "not run")], "fewer", "1 check came"),
        ([check("a")], [check("a"), check("b")], "fewer", ""),
        ([check("a", ratio=0.1)], [check("a", ratio=0.2)], "drift", "1 check drifted"),
    ],
)  # fmt: skip
def test_a_gate_trips_for_its_own_reason_and_says_it(old: list[Check], new: list[Check], gate: str, said: str) -> None:
    found = tripped(compare(of(*old), of(*new)), [gate])
    assert found == [] if not said else found[0].startswith(f"{gate}: {said}")
    others = [other for other in changes.GATES if other not in (gate, "fewer")]
    assert tripped(compare(of(*old), of(*new)), others) == []


def test_a_run_of_some_checks_is_compared_with_those_of_all() -> None:
    old = of(check("a"), check("b"), check("b", route="torch>ort"))
    assert [c.id for c in changes.limited(old, {("b", "torch")}).checks] == ["b[torch]"]
