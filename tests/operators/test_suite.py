"""The operators against ONNX's own node tests, case by case."""

from __future__ import annotations

import pytest

from benchmarks.operators import PAGE, page
from tests.operators.suite import EXPLAINED, Ended, cases, explanation, run

LEAST = 1450  #: cases that have to agree; 1,515 of 1,884 do with onnx 1.23


@pytest.fixture(scope="module")
def endings() -> list[Ended]:
    return [run(case) for case in cases()]


def test_most_of_onnx_s_own_cases_agree_and_no_other_differs_than_those_that_are_explained(
    endings: list[Ended],
) -> None:
    assert sum(e.ending == "agrees" for e in endings) >= LEAST
    assert [(e.name, e.what) for e in endings if e.ending == "differs" and not explanation(e.name)] == []


def test_what_differs_lies_within_the_bound_and_every_explanation_is_needed(endings: list[Ended]) -> None:
    differing = [e for e in endings if e.ending == "differs"]
    assert [e.name for e in differing if not e.bounded] == []
    assert {e.name.removesuffix("_expanded") for e in differing} == set(EXPLAINED)


def test_what_is_unsupported_says_by_which_operator_or_mode(endings: list[Ended]) -> None:
    assert all(e.what.split(":")[0].split(" ")[0] for e in endings if e.ending == "unsupported")


def test_the_page_of_the_operators_is_what_they_say(endings: list[Ended]) -> None:
    assert PAGE.read_text() == page(endings), "run python benchmarks/operators.py"
