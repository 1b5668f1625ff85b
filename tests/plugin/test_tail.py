"""Records read while they are written."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from parity.plugin.tail import FILE, EndedError, Tail, hold, is_held
from parity.records.lines import Check, End, encode


def check(case: str) -> Check:
    return Check(case=case, route="torch", device="cpu", status="pass")


def line(case: str) -> bytes:
    return encode(check(case)) + b"\n"


END = End(finished=True, counts={}, not_run={}, exit_code=0, seconds=1.0)


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    tail, file = Tail(tmp_path), tmp_path / FILE
    assert not tail.update()
    file.write_bytes(line("a") + line("b")[:20])
    assert tail.update()
    assert not tail.update()
    assert list(tail.checks) == ["a[torch]"]
    file.write_bytes(line("a") + line("b") + encode(END) + b"\n")
    assert tail.update()
    assert list(tail.checks) == ["a[torch]", "b[torch]"]
    assert tail.end == END


def test_a_line_that_was_taken_back_for_want_of_room_is_not_read(tmp_path: Path) -> None:
    tail, file = Tail(tmp_path), tmp_path / FILE
    file.write_bytes(line("a") + line("b")[:20])
    tail.update()
    file.write_bytes(line("a") + line("c"))
    tail.update()
    assert list(tail.checks) == ["a[torch]", "c[torch]"]


def test_a_check_is_waited_for_while_its_writer_lives(tmp_path: Path) -> None:
    with hold(tmp_path):
        later = threading.Timer(0.3, lambda: (tmp_path / FILE).write_bytes(line("a")))
        later.start()
        begun = time.monotonic()
        assert Tail(tmp_path).check("a[torch]") == check("a")
        assert time.monotonic() - begun >= 0.2
        later.join()


def test_a_check_that_never_comes_is_waited_for_no_longer_than_its_writer_lives(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(line("a"))
    tail = Tail(tmp_path)
    assert tail.check("a[torch]") == check("a")
    with pytest.raises(EndedError, match=r"b\[torch\] has no record in"):
        tail.check("b[torch]")
    with pytest.raises(EndedError):
        Tail(tmp_path / "on-another-machine").check("a[torch]")


def test_the_lock_is_held_until_the_last_process_that_has_it_is_gone(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with hold(tmp_path) as descriptor:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[descriptor])
        assert is_held(tmp_path)
    assert is_held(tmp_path)
    assert is_held(tmp_path), "asking must not take the lock"
    child.kill()
    child.wait()
    assert not is_held(tmp_path)
