"""How a plan is split: each check in one shard, a case never torn apart, the same everywhere, about equal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_kit import CATALOG

from parity.cases import Case
from parity.cases.registry import Registry
from parity.errors import UsageError
from parity.layers import ReLU
from parity.records.lines import Check, Seconds
from parity.running import split
from parity.running.selection import Pair
from tests.report import made

ROUTES = list(CATALOG.routes().values())
NAMES = [f"case/{n}" for n in range(12)]


def pairs(names: list[str]) -> list[Pair]:
    return [(Case(name, ReLU(), (2, 3, 4, 5)), route) for name in names for route in ROUTES]


def took(name: str, run: float, **changes: Any) -> Check:
    return made.check(name, "kit", seconds=Seconds(run=run), **changes)


@given(st.lists(st.sampled_from(NAMES), unique=True, min_size=1), st.integers(1, 9), st.data())
def test_every_check_is_in_one_shard_with_its_whole_case_and_in_the_order_of_the_plan(
    names: list[str], of: int, data: st.DataObject
) -> None:
    spent = data.draw(st.dictionaries(st.sampled_from(NAMES), st.floats(0.001, 100)))
    recorded = [took(name, run) for name, run in spent.items()]
    plan = pairs(names)
    shares = [split.shard(plan, n, of, 0, recorded) for n in range(1, of + 1)]
    assert sorted(plan.index(pair) for mine, _ in shares for pair in mine) == list(range(len(plan)))
    for mine, _ in shares:
        assert [plan.index(pair) for pair in mine] == sorted(plan.index(pair) for pair in mine)
    cases = [{case.name for case, _ in mine} for mine, _ in shares]
    assert sum(map(len, cases)) == len(names)
    assert len({said.plan for _, said in shares}) == 1
    assert {(said.of, said.checks) for _, said in shares} == {(of, len(plan))}


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(0.001, 100), min_size=1), st.integers(1, 9))
def test_no_shard_would_cost_less_by_having_its_last_case_elsewhere(costs: dict[str, float], of: int) -> None:
    shares = split.packed(costs, of)
    loads = [sum(costs[name] for name in share) for share in shares]
    for share, load in zip(shares, loads, strict=True):
        assert not share or load - costs[share[-1]] <= min(loads) * (1 + 1e-12)


@given(st.permutations([(name, float(n // 4)) for n, name in enumerate(NAMES)]), st.integers(1, 5))
def test_the_order_in_which_costs_are_known_changes_no_share(costs: list[tuple[str, float]], of: int) -> None:
    assert split.packed(dict(costs), of) == split.packed(dict(sorted(costs)), of)


def test_another_seed_selection_or_balance_is_another_plan() -> None:
    plan = pairs(["a", "b", "c", "d"])

    def digest(plan: list[Pair], seed: int = 0, recorded: tuple[Check, ...] = (), of: int = 2) -> str:
        return split.shard(plan, 1, of, seed, recorded)[1].plan

    recorded = (took("a", 1.0), took("d", 50.0))
    unlike = [digest(plan, seed=1), digest(plan[1:]), digest(plan, of=3), digest(plan, recorded=recorded)]
    assert len({digest(plan), *unlike}) == 5


def test_a_case_that_no_run_recorded_is_estimated_to_the_scale_of_those_that_were() -> None:
    found = split.costs(pairs(["a", "b", "c"]), [took("a", 3.0), took("b", 5.0), took("gone", 1000.0)])
    assert found == {"a": 3.0, "b": 5.0, "c": pytest.approx(4.0)}


def test_what_a_case_took_counts_an_export_once_however_many_routes_ran_it() -> None:
    def of(route: str, exporter: str, export: float | None) -> Check:
        seconds = Seconds(export=export, run=1.0, judge=0.5)
        return made.check("a", route, exporter=exporter, seconds=seconds)

    checks = [of("torch", "", None), of("torch>ort", "dynamo", 8.0), of("torch>reference", "dynamo", 8.0)]
    assert split.seconds([*checks, made.check("idle", seconds=Seconds())]) == {"a": 3 * 1.5 + 8.0}


def test_without_records_a_large_network_is_not_taken_for_a_layer(registry: Registry) -> None:
    cases = {name: registry.cases[name] for name in ("vgg16_features", "simple_cnn", "conv2d/k3")}
    found = split.costs([(case, ROUTES[0]) for case in cases.values()], [])
    assert found["vgg16_features"] > 5 * found["simple_cnn"] > 50 * found["conv2d/k3"]


def test_a_shard_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--shard 4/3: there is no such shard; they are 1/3 to 3/3"):
        split.shard(pairs(["a"]), 4, 3, 0, [])
