"""The line that says why a process died, among all that it printed."""

from __future__ import annotations

import pytest

from parity.running.lastwords import last_words

STACK = """Fatal Python error: Aborted

Current thread 0x00007f3a5d7fe740 (most recent call first):
  File "kernel.py", line 12 in run
"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "F0000 00:00:1763931023.506177   2512 tensor.cc:85] Check failed: 4 == NumElements() (4 vs. 8)",
            "Check failed: 4 == NumElements() (4 vs. 8) (tensor.cc:85)",
        ),
        (
            "2026-11-23 19:10:23.506177: F tensorflow/core/framework/tensor.cc:844] Check failed: dtype() == 1 (3 vs. 1)",
            "Check failed: dtype() == 1 (3 vs. 1) (tensor.cc:844)",
        ),
        (
            "python3: /onnxruntime/core/pool.cc:41: void run(int): Assertion `n > 0' failed.",
            "Assertion `n > 0' failed. (pool.cc:41)",
        ),
        (
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  no kernel image",
            "no kernel image",
        ),
        ("terminate called after throwing an instance of 'int'", "after throwing an instance of 'int'"),
        ("free(): invalid pointer", "free(): invalid pointer"),
        ("*** stack smashing detected ***: terminated", "*** stack smashing detected ***: terminated"),
        ("Fatal Python error: Cannot recover from stack overflow.", "Cannot recover from stack overflow."),
    ],
)
def test_the_reason_is_found_among_what_was_printed(line: str, said: str) -> None:
    assert last_words(f"loading\nI0000 00:00:1763931023.1 2 cpu.cc:1] all is well\n{line}\n{STACK}") == said


@pytest.mark.parametrize(
    "printed",
    ["", STACK, "Fatal Python error: Segmentation fault\n", "W0000 00:00:1763931023.1 2 cpu.cc:1] Check failed softly"],
)
def test_where_nothing_says_why_nothing_is_said(printed: str) -> None:
    assert last_words(printed) == ""
