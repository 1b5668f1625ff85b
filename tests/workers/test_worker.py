"""What crosses the socket, and what an exception becomes."""

from __future__ import annotations

import errno
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import Broken, Unsupported
from parity.running.worker import MESSAGE, Answer, answer, explain, first_line, frame, unframe


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(1, 97), min_size=1))
def test_messages_come_out_whole_however_they_were_cut(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, messages))
    received, seen, at, n = bytearray(), [], 0, 0
    while at < len(stream):
        step = cuts[n % len(cuts)]
        received += stream[at : at + step]
        at, n = at + step, n + 1
        while (body := unframe(received)) is not None:
            seen.append(pickle.loads(body))
    assert seen == messages
    assert not received


def called(function: object, *arguments: object) -> Answer:
    body = unframe(bytearray(answer(pickle.dumps((function, arguments)))))
    assert body is not None
    made: Answer = pickle.loads(body)
    return made


def test_a_call_gives_its_value_and_the_time_it_took() -> None:
    made = called(divmod, 7, 2)
    assert (made.ending, made.value) == ("ok", (3, 1))
    assert made.seconds > 0


def test_a_message_that_is_no_pickle_is_an_error_not_the_end_of_the_worker() -> None:
    body = unframe(bytearray(answer(b"nonsense")))
    assert body is not None
    assert pickle.loads(body).ending == "error"


@pytest.mark.parametrize(
    ("error", "ending", "message", "kind"),
    [
        (Unsupported("no Conv in float64"), "unsupported", "no Conv in float64", ""),
        (Broken("shape", "(1,) for (2,)"), "fail", "(1,) for (2,)", "shape"),
        (ValueError("a\nb"), "error", "ValueError: a", ""),
        (ValueError("calling A.call().\n\nno kernel\nat 3"), "error", "ValueError: calling A.call(). no kernel", ""),
        (ValueError(), "error", "ValueError:", ""),
        (SystemExit(2), "error", "SystemExit: 2", ""),
        (OSError(errno.ENOSPC, "No space left on device"), "full", "OSError: [Errno 28] No space left on device", ""),
        (OSError(errno.ENOENT, "No such file"), "error", "FileNotFoundError: [Errno 2] No such file", ""),
        (Unsupported(""), "unsupported", "it gave no reason", ""),
    ],
)
def test_an_exception_is_told_in_one_line(error: BaseException, ending: str, message: str, kind: str) -> None:
    made = explain(error)
    assert (made.ending, made.message, made.kind) == (ending, message, kind)


@given(st.text())
def test_a_first_line_is_one_line_says_something_and_is_not_too_long(text: str) -> None:
    line = first_line(text)
    assert line.strip() == line != ""
    assert len(line.splitlines()) == 1
    assert len(line) <= MESSAGE
