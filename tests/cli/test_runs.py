"""The flow of a run, called directly: what cannot be timed from outside."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from parity_kit import CATALOG

from parity.cases import Case
from parity.cli import runs
from parity.layers import ReLU
from parity.records.file import read
from parity.records.lines import Check, End, Line, encode
from tests.report import made


def plan(folder: Path, *names: str, **changes: Any) -> runs.Plan:
    given: dict[str, Any] = {
        "pairs": [(Case(name, ReLU(), (2, 3, 4, 5)), CATALOG.routes()["kit"]) for name in names],
        "divergences": [],
        "catalog": CATALOG,
        "seed": 0,
        "required": [],
        "cases": folder,
        "reports": folder / "reports",
        "cache": folder / "cache",
        "typed": ["parity", "run"],
        "again": "",
        "threads": 1,
        "jobs": None,
        "memory_limit": None,
        "use_cache": True,
        "cache_limit": 10**9,
    }
    return runs.Plan(**{**given, **changes})


def test_ctrl_c_while_the_last_lines_are_written_changes_nothing(tmp_path: Path) -> None:
    def heard(line: Line) -> None:
        if isinstance(line, End):
            signal.raise_signal(signal.SIGINT)

    outcome = runs.execute(plan(tmp_path, "a"), heard)
    assert outcome.exit_code == 0
    assert outcome.records.finished
    assert outcome.report.exists()


def test_a_record_is_on_disk_before_anybody_hears_of_it(tmp_path: Path) -> None:
    seen: list[Line] = []

    def heard(line: Line) -> None:
        seen.append(line)
        (path,) = tmp_path.glob("reports/*/records.jsonl")
        assert path.read_bytes() == b"".join(encode(one) + b"\n" for one in seen)

    runs.execute(plan(tmp_path, "a", "b"), heard)
    assert len(seen) == 4


def test_a_listener_that_raises_ends_the_run_but_not_its_records(tmp_path: Path) -> None:
    def heard(line: Line) -> None:
        if isinstance(line, Check) and line.case == "b":
            raise ZeroDivisionError("planted")

    with pytest.raises(ZeroDivisionError):
        runs.execute(plan(tmp_path, "b"), heard)
    back = read(tmp_path / "reports" / "latest.jsonl")
    assert not back.finished
    assert [check.status for check in back.checks] == ["pass"]


def test_a_check_that_got_lost_is_parity_s_own_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs.engine, "run", lambda *_, **__: None)
    with pytest.raises(runs.ParityError, match="1 checks were lost on the way"):
        runs.execute(plan(tmp_path, "a"), lambda line: None)
    (check,) = read(tmp_path / "reports" / "latest.jsonl").checks
    assert check.status == "not run"
    assert "were lost on the way" in check.reason


@pytest.mark.parametrize(
    ("statuses", "missing", "code"),
    [
        (["pass", "known", "unsupported", "not run"], (), 0),
        (["pass", "fail"], (), 1),
        (["error"], (), 1),
        (["crash"], (), 1),
        (["timeout"], (), 1),
        (["stale"], (), 1),
        (["pass", "not run"], ("cuda is required: none",), 4),
        (["fail", "not run"], ("cuda is required: none",), 1),
    ],
)
def test_the_exit_code_follows_from_the_endings(statuses: list[Any], missing: tuple[str, ...], code: int) -> None:
    assert runs.code_of([made.check(status=status) for status in statuses], missing) == code


def test_a_run_in_which_nothing_ran_is_missing_something_even_if_nothing_was_required(tmp_path: Path) -> None:
    idle = made.check("a", "kit", "not run", reason="no such thing")
    assert runs.missing_of([idle], plan(tmp_path, "a")) == ("nothing could run: no such thing",)
    assert runs.missing_of([idle, made.check("b", "kit")], plan(tmp_path, "a", "b")) == ()
    required = plan(tmp_path, "a", required=["kit", "cpu"])
    assert runs.missing_of([idle], required) == ("kit is required: no such thing", "cpu is required: no such thing")
