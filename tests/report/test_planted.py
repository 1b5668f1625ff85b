"""The report of real failures, not of records made by hand."""

from __future__ import annotations

import pytest

from parity.records.file import read
from parity.report.html import render
from tests.report.planted import records, write


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of two planted faults, by way of a file."""
    path = tmp_path_factory.mktemp("planted") / "records.jsonl"
    write(path, records(("one bias dropped", "right values as float64 from torch")))
    return render(read(path))


@pytest.mark.parametrize(
    "said",
    [
        "6 failures from",
        "conv/one-bias-dropped[torch]",
        "a constant offset of",
        "torch, or how the case is spelled in it: tensorflow agrees with the oracle",
        "torch, or how the case is spelled in it: its own run differs in the same way, so the file only repeats it",
        "dtype in Conv2D, torch",
        "data:image/png;base64,",
    ],
)
def test_real_failures_say_what_is_wrong_and_whose_it_is(text: str, said: str) -> None:
    assert said in text
