"""Failures that have one reason read as one."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from parity.judging.causes import causes
from parity.records.lines import Check, Failure
from parity.records.wording import bad
from tests.report import made


def titles(checks: list[Check], others: list[Check] | None = None) -> list[tuple[str, int]]:
    return [(c.title, len(c.checks)) for c in causes(bad(checks), checks if others is None else others)]


def wrong(case: str, route: str, **given: Any) -> Check:
    return made.failing(case, route, **{"exporter": "dynamo", **given})


def ended(case: str, status: Any, reason: str, **given: Any) -> Check:
    return made.check(case, status=status, reason=reason, layers=[], probes=[], ratio=None, need=None, **given)


@given(st.lists(st.sampled_from(made.every_ending()), unique_by=lambda c: c.id))
def test_every_failure_is_in_one_group_in_the_order_it_came(checks: list[Check]) -> None:
    failing = bad(checks)
    groups = causes(failing, checks)
    assert sorted(c.id for g in groups for c in g.checks) == sorted(c.id for c in failing)
    assert [g.checks[0] for g in groups] == sorted((g.checks[0] for g in groups), key=failing.index)
    for group in groups:
        assert list(group.checks) == sorted(group.checks, key=failing.index)


def test_forty_cases_of_one_layer_in_one_framework_are_one_group() -> None:
    checks = [
        wrong(f"norm/{n}", route)
        for n in range(10)
        for route in ("tensorflow", "tensorflow>ort", "tensorflow>reference")
    ]
    checks += [made.check(f"norm/{n}", "torch") for n in range(10)]
    assert titles(checks) == [("value in Conv2D, tensorflow", 30)]


def test_an_export_that_two_runtimes_repeat_is_the_exporter_s() -> None:
    checks = [wrong(f"c{n}", route) for n in range(3) for route in ("torch>ort", "torch>reference")]
    checks += [made.check(f"c{n}", "torch") for n in range(3)]
    assert titles(checks) == [("value in Conv2D, the exporter dynamo", 6)]


def test_a_file_that_one_runtime_alone_gets_wrong_is_the_runtime_s() -> None:
    checks = [wrong(f"c{n}", route) for n in range(2) for route in ("torch>ort", "tensorflow>ort")]
    checks += [made.check(f"c{n}", f"{r}>reference") for n in range(2) for r in ("torch", "tensorflow")]
    assert titles(checks) == [("value in Conv2D, the runtime ort", 4)]


def test_both_of_torch_s_exporters_start_from_torch() -> None:
    assert titles([wrong("c", "torch"), wrong("c", "torchscript>ort")]) == [("value in Conv2D, torch", 2)]


def test_devices_stand_apart_and_have_their_own_witnesses() -> None:
    checks = [
        wrong("c", "torch@cuda", device="cuda"),
        wrong("c", "torch>ort@cuda", device="cuda"),
        made.check("c", "torch"),
    ]
    assert titles(checks) == [("value in Conv2D, torch@cuda", 2)]


def test_a_shard_is_no_witness_of_another() -> None:
    checks = [wrong("c", "torch", shard=0), made.check("c", "torch", shard=1), wrong("c", "torch>ort", shard=1)]
    assert titles(checks) == [("value in Conv2D, torch", 1), ("value in Conv2D, torch>ort", 1)]


def test_kinds_and_layers_stand_apart() -> None:
    other = [made.layer("conv1", 0.1), made.layer("conv2", 9.0, layer="MaxPool2D(2)")]
    checks = [wrong("a", "torch"), wrong("b", "torch", kind="nan"), wrong("c", "torch", layers=other)]
    assert {title for title, _ in titles(checks)} == {
        "value in Conv2D, torch",
        "nan in Conv2D, torch",
        "value in MaxPool2D, torch",
    }


def test_reasons_that_differ_in_figures_alone_are_one_group() -> None:
    checks = [
        ended("a", "crash", "killed by SIGSEGV at 0x7f3a after 1.25 s while exporting with dynamo"),
        ended("b", "crash", "killed by SIGSEGV at 0x9bcd after 3e-2 s while exporting with dynamo"),
        ended("c", "crash", "killed by SIGABRT at 0x1 after 1 s while exporting with dynamo"),
        ended("d", "timeout", "ran longer than 3 s while running in torch"),
        ended("e", "timeout", "ran longer than 30 s while running in torch"),
    ]
    assert [n for _, n in titles(checks)] == [2, 1, 2]


def test_a_network_whose_layers_all_keep_their_bounds_is_a_group_of_its_own() -> None:
    failed = made.failing("net").failure
    assert failed is not None
    whole = failed.__class__(kind="value", message="m", where="output")
    checks = [wrong(name, "torch", failure=whole, layers=[made.layer("conv2")]) for name in ("net/a", "net/b")]
    assert [title for title, _ in titles(checks)] == [
        "value in the output of net/a, torch",
        "value in the output of net/b, torch",
    ]


def test_a_title_is_one_short_line_whatever_a_record_says() -> None:
    checks = [ended("a", "error", made.HOSTILE + "\n\x1b[31m" + "y" * 10**6)]
    ((title, _),) = titles(checks)
    assert title.isprintable()
    assert len(title) < 400


def test_an_output_that_is_lost_in_fourteen_networks_is_one_cause() -> None:
    lost = Failure(kind="output-missing", message="output: m", where="output", probe="data")
    checks = [wrong(f"net/{n}", "torch", failure=lost, layers=[made.layer("conv", 0.1)]) for n in range(14)]
    checks += [made.check(f"net/{n}", "tensorflow") for n in range(14)]
    assert titles(checks) == [("output-missing in the output, torch", 14)]


def test_two_causes_of_one_kind_in_one_layer_are_two() -> None:
    def one(route: str, size: float) -> Check:
        failure = made.failing().failure
        assert failure is not None
        assert failure.sketch is not None
        longer = msgspec.structs.replace(failure.sketch, sums=[size * total for total in failure.sketch.sums])
        return wrong("c", route, failure=msgspec.structs.replace(failure, sketch=longer))

    witness = made.check("c", "tensorflow")
    assert titles([one("torch", 1.0), one("torch>ort", 1.0), witness]) == [("value in Conv2D, torch", 2)]
    apart = titles([one("torch", 1.0), one("torch>ort", 4.0), witness])
    assert apart == [("value in Conv2D, torch", 1), ("value in Conv2D, torch>ort", 1)]
