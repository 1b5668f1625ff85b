"""A check that dies costs only itself: real worker processes, real signals, real memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from parity_kit import LIMIT, case, route

from parity.records.lines import Check, Line, encode, value
from tests.workers.conftest import run_in

#: tag -> how the check must end, and what its reason must say
ENDINGS = {
    "run:segfault": ("crash", "killed by SIGSEGV while running in kit"),
    "run:null-read": ("crash", "killed by SIGSEGV while running in kit"),
    "run:abort": ("crash", "killed by SIGABRT while running in kit"),
    "run:assertion": (
        "crash",
        "killed by SIGABRT while running in kit: Assertion `rows == 3' failed. (kernel.cc:41)",
    ),
    "run:freed-twice": (
        "crash",
        "killed by SIGABRT while running in kit: free(): double free detected in tcache 2",
    ),
    "run:check": (
        "crash",
        "killed by SIGABRT while running in kit: Check failed: rows == 3 (2 vs. 3) in <Pool object> (pool.cc:41)",
    ),
    "run:killed": ("crash", "killed by SIGKILL (often the kernel's out-of-memory killer) while running in kit"),
    "run:exit": ("crash", "exited with code 7 while running in kit"),
    "run:torn": ("crash", "exited with code 1 while running in kit"),
    "run:eat": ("crash", "killed at its memory limit of 0.6 GiB while running in kit"),
    "run:sleep": ("timeout", "ran longer than 1.5 s while running in kit"),
    "run:spin": ("timeout", "ran longer than 1.5 s while running in kit"),
    "run:stop": ("timeout", "ran longer than 1.5 s while running in kit"),
    "run:torn-stop": ("timeout", "ran longer than 1.5 s while running in kit"),
    "run:raise": ("error", "running in kit: RuntimeError: boom"),
    "run:raise-noisily": ("error", "running in kit: RuntimeError: cannot use <Net object>"),
    "export:stopped": ("error", "exporting with writer: ValueError: the cause"),
    "run:sys-exit": ("error", "running in kit: SystemExit: 3"),
    "run:unsupported": ("unsupported", "the kit has no such thing"),
    "run:broken": ("fail", "declares (1,), gives (2,)"),
    "run:broken-oddly": ("error", "Broken('no-such-kind') is no kind of failure: whatever"),
    "export:null-read": ("crash", "killed by SIGSEGV while exporting with writer"),
    "export:sleep": ("timeout", "ran longer than 1.5 s while exporting with writer"),
    "export:raise": ("error", "exporting with writer: RuntimeError: boom"),
    "export:unsupported": ("unsupported", "exporting with writer: the kit has no such thing"),
    "export:broken": ("fail", "exporting with writer: declares (1,), gives (2,)"),
    "read:null-read": ("crash", "killed by SIGSEGV while running in reader"),
    "other:spin": ("timeout", "ran longer than 1.5 s while running in other"),
}
ROUTES = ("kit", "kit>reader", "kit>other")
HIT = {"run": ("kit",), "export": ("kit>reader", "kit>other"), "read": ("kit>reader",), "other": ("kit>other",)}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Check]:
    """One run in which every fault happens, and three honest cases stand between them."""
    names = list(ENDINGS)
    for n, place in enumerate((0, len(names) // 2, len(names))):
        names.insert(place + n, f"honest-{n}")
    hang = {tag for tag, (status, _) in ENDINGS.items() if status == "timeout"}
    cases = [
        case(name.replace(":", "-"), *([name] if ":" in name else []), time_limit=LIMIT if name in hang else 60)
        for name in names
    ]
    return run_in(tmp_path_factory.mktemp("survival"), [(c, route(name)) for c in cases for name in ROUTES])


@pytest.mark.parametrize("tag", ENDINGS)
def test_a_fault_is_the_ending_of_the_check_it_hit(ended: dict[str, Check], tag: str) -> None:
    for name in HIT[tag.partition(":")[0]]:
        check = ended[f"{tag.replace(':', '-')}[{name}]"]
        assert (check.status, check.reason) == ENDINGS[tag]


def test_every_other_check_passes_with_real_numbers(ended: dict[str, Check]) -> None:
    hit = {f"{tag.replace(':', '-')}[{name}]" for tag in ENDINGS for name in HIT[tag.partition(":")[0]]}
    spared = {check_id: check for check_id, check in ended.items() if check_id not in hit}
    assert len(spared) == (len(ENDINGS) + 3) * len(ROUTES) - len(hit)
    for check in spared.values():
        assert (check.status, check.reason) == ("pass", "")
        assert check.ratio is not None
        assert value(check.ratio) <= 1
        assert [probe.status for probe in check.probes] == ["pass", "pass", "not applicable"]
        assert (check.seconds.run or 0) > 0
        assert (check.seconds.judge or 0) > 0


def test_a_crash_brings_the_last_words_of_its_process(ended: dict[str, Check]) -> None:
    notes = "\n".join(ended["run-null-read[kit]"].notes)
    assert "the kit is about to null-read" in notes
    assert "Fatal Python error: Segmentation fault" in notes
    assert "in _null_read" in notes


def test_an_error_brings_its_traceback_without_the_folders_of_this_machine(ended: dict[str, Check]) -> None:
    notes = "\n".join(ended["run-raise[kit]"].notes)
    assert "Traceback (most recent call last)" in notes
    assert "RuntimeError: boom" in notes
    assert str(Path.cwd()) not in notes
    assert str(Path.home()) + "/" not in notes


def test_notes_hold_no_escapes_and_no_addresses(ended: dict[str, Check]) -> None:
    for tag in ("run-raise-noisily", "run-check"):
        notes = "\n".join(ended[f"{tag}[kit]"].notes)
        assert "object>" in notes
        assert "\x1b" not in notes
        assert "object at 0x" not in notes


def test_a_broken_promise_is_a_failure_of_its_kind(ended: dict[str, Check]) -> None:
    for check_id in ("run-broken[kit]", "export-broken[kit>reader]", "export-broken[kit>other]"):
        failure = ended[check_id].failure
        assert failure is not None
        assert (failure.kind, failure.message) == ("onnx-shape", ended[check_id].reason)


def test_two_runtimes_share_one_export(ended: dict[str, Check]) -> None:
    one, two = ended["honest-0[kit>reader]"], ended["honest-0[kit>other]"]
    assert one.seconds.export == two.seconds.export is not None
    assert (one.exporter, one.cached) == (two.exporter, two.cached) == ("writer", False)
    assert ended["honest-0[kit]"].cached is None


def test_every_check_can_be_written_and_read_back(ended: dict[str, Check]) -> None:
    for check in ended.values():
        assert msgspec.json.decode(encode(check), type=Line) == check
