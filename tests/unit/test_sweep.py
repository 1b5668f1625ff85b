"""Sweeps: what is drawn from a table, and how it is called."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import covertable
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.cases import Case, Sweep, pairs
from parity.cases.network import Network
from parity.errors import FieldError
from parity.layers import AvgPool2D, Conv2D, Layer, ReLU

KERNELS = {"kernel": [3, 1, (5, 2)], "stride": [1, 2, (1, 3)], "bias": [True, False], "scale": [1.0, 1e-3, 1e6]}


def made(kernel: Any, stride: Any, bias: bool) -> tuple[Layer | Network, tuple[int, ...]]:
    return Conv2D(3, 8, kernel, stride=stride, bias=bias), (2, 3, 11, 14)


def seen(case: Case) -> dict[str, Any]:
    assert isinstance(case.model, Conv2D)
    return {name: getattr(case.model, name) for name in ("kernel", "stride", "bias")} | {"scale": case.scale}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(2, 5), min_size=2, max_size=6))
def test_every_two_values_of_two_axes_meet_in_a_case_and_every_value_in_a_quick_one(counts: list[int]) -> None:
    axes = {f"axis_{n}": list(range(count)) for n, count in enumerate(counts)}
    rows = [(row, case) for sweep in [_sweep(axes)] for row, case in zip(sweep._rows().values(), sweep, strict=True)]
    for one, other in combinations(axes, 2):
        met = {(row[one][1], row[other][1]) for row, _ in rows}
        assert met == {(a, b) for a in axes[one] for b in axes[other]}
    for axis, values in axes.items():
        assert {row[axis][1] for row, case in rows if case.quick} == set(values)


def _sweep(axes: dict[str, list[int]]) -> Sweep:
    return Sweep("any", lambda: (AvgPool2D(2), (2, 3, 8, 9)), axes)


def test_a_case_is_called_by_what_is_unusual_in_it_and_is_what_it_is_called() -> None:
    words = {
        "kernel": {3: "", 1: "kernel1", (5, 2): "kernel5x2"},
        "stride": {1: "", 2: "stride2", (1, 3): "stride1x3"},
        "bias": {True: "", False: "no-bias"},
        "scale": {1.0: "", 1e-3: "scale0.001", 1e6: "scale1e6"},
    }
    for case in Sweep("conv2d", made, KERNELS):
        called = [words[axis][value] for axis, value in seen(case).items()]
        assert case.name == f"conv2d/{'-'.join(filter(None, called)) or 'base'}"


def test_a_value_more_gives_no_case_another_name() -> None:
    def named(axes: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
        return {case.name: seen(case) for case in Sweep("conv2d", made, axes)}

    before, after = named(KERNELS), named({**KERNELS, "kernel": [3, 1, 2, (5, 2)], "stride": [1, 2, 3, (1, 3)]})
    names = {str(values): name for name, values in before.items()}
    assert all(names.get(str(values), name) == name for name, values in after.items())
    assert len(set(before) & set(after)) >= 2


def test_how_large_the_numbers_are_is_for_the_full_set() -> None:
    sweep = Sweep(
        "pool", lambda kernel: (AvgPool2D(kernel), (2, 3, 8, 9)), {"kernel": [2, 3], "scale": [1.0, 1e3, 1e6]}
    )
    assert {case.name for case in sweep if case.quick} == {"pool/base", "pool/kernel3"}
    assert [case.name for case in Sweep("relu", lambda: (ReLU(), (2, 3)), {"scale": [1.0, 1e3]}) if case.quick] == [
        "relu/base"
    ]


def test_what_cannot_be_together_is_in_no_case_and_all_other_pairs_are() -> None:
    sweep = Sweep("conv2d", made, KERNELS, unless=[lambda kernel, stride: kernel == 1 and stride == 2])
    met = {(values["kernel"], values["stride"]) for values in map(seen, sweep)}
    assert met == {(k, s) for k in KERNELS["kernel"] for s in KERNELS["stride"]} - {(1, 2)}


def test_one_axis_gives_a_case_a_value_and_a_word_of_its_own_is_taken_as_it_is() -> None:
    sweep = Sweep("pool", lambda size: (AvgPool2D(2), (2, 3, *size)), {"size": {"even": (8, 10), "odd": (9, 11)}})
    assert [(case.name, case.shape, case.quick) for case in sweep] == [
        ("pool/base", (2, 3, 8, 10), True),
        ("pool/odd", (2, 3, 9, 11), True),
    ]


@pytest.mark.parametrize(
    ("axes", "unless", "mend"),
    [
        ({"kernel": [3], "stride": [1, 2], "bias": [True, False]}, [], "must be two values or more"),
        ({"kernel": [3, 1], "stride": [1, 2]}, [], "must have 'bias'"),
        ({**KERNELS, "kernel": [3, 3]}, [], "names two values alike"),
        (KERNELS, [lambda kernel: kernel == 3], "must not refuse what is usual"),
        (KERNELS, [lambda groups: groups == 3], "must have 'groups'"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(axes: dict[str, list[Any]], unless: list[Any], mend: str) -> None:
    with pytest.raises(FieldError, match=mend):
        list(Sweep("conv2d", made, axes, unless))


def test_rows_that_were_drawn_once_are_looked_up_and_never_those_of_another_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, refused = [3, 4, 2], [pairs.Refused((0, 1), frozenset({(1, 1)}))]
    monkeypatch.setattr(pairs, "_known", {})
    with pairs.kept(tmp_path):
        drawn = pairs.rows(counts, refused)
    asked: list[Any] = []
    make = covertable.make
    monkeypatch.setattr(covertable, "make", lambda *args, **named: asked.append(args) or make(*args, **named))

    def again(counts: list[int], refused: list[pairs.Refused]) -> pairs.Rows:
        monkeypatch.setattr(pairs, "_known", {})
        with pairs.kept(tmp_path):
            return pairs.rows(counts, refused)

    assert again(counts, refused) == drawn
    assert not asked
    assert [1, 1] in [row[:2] for row in again(counts, [])]
    assert len(asked) == 1
    file = tmp_path / pairs.FILE
    file.write_text(file.read_text().replace("[[", "[[9, 9, 9], [", 1))  # not what was stored
    assert again(counts, refused) == drawn
    assert len(asked) == 2
