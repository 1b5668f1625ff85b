"""Signals that ask a run to stop: the first is heard, the ones after it change nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from parity.running.interrupts import heard_as_ctrl_c, undisturbed

ASKING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _handlers_put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ASKING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKING)
def test_the_first_signal_raises_and_later_ones_do_not(number: signal.Signals) -> None:
    with heard_as_ctrl_c():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        for again in ASKING:
            signal.raise_signal(again)


@pytest.mark.parametrize("number", ASKING)
def test_nothing_is_heard_while_a_run_is_brought_to_its_end(number: signal.Signals) -> None:
    with heard_as_ctrl_c():
        with undisturbed():
            signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_a_polite_kill_goes_to_whoever_handles_ctrl_c_by_then() -> None:
    heard: list[int] = []
    with heard_as_ctrl_c():
        signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
        signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


@pytest.mark.parametrize("number", ASKING)
def test_what_was_ignored_from_the_start_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with heard_as_ctrl_c():
        signal.raise_signal(number)
    assert signal.getsignal(number) == signal.SIG_IGN


def test_a_polite_kill_is_heard_where_ctrl_c_is_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with heard_as_ctrl_c(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_the_handlers_before_are_there_again_after() -> None:
    before = [signal.getsignal(number) for number in ASKING]
    with heard_as_ctrl_c(), undisturbed():
        pass
    assert [signal.getsignal(number) for number in ASKING] == before


def test_another_thread_than_the_main_one_leaves_signals_alone() -> None:
    seen: list[bool] = []

    def look() -> None:
        before = signal.getsignal(signal.SIGINT)
        with heard_as_ctrl_c(), undisturbed():
            seen.append(signal.getsignal(signal.SIGINT) is before)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True]
