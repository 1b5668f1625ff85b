"""Workers that together ask for more memory than there is for all. Each job runs in a real process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from parity_kit import FAULTS

from parity.running.pool import Pool
from parity.running.process import Setup
from parity.running.worker import Answer
from tests.workers.test_workers import job, nothing, process

HELD = 300 * 2**20  #: bytes a job holds, far above what a worker has without
ALONE = 700 * 2**20  #: bytes that one worker may have


def hold(seconds: float) -> tuple[float, float]:
    """Hold memory for a while; from when to when, by the clock of the machine."""
    held = np.ones(HELD // 8)
    begun = time.monotonic()
    time.sleep(seconds)
    del held
    return begun, time.monotonic()


@contextmanager
def pool(folder: Path, together: int) -> Iterator[Pool]:
    with Pool(Setup(lambda name: job(nothing), None, folder, 1, ALONE, together=together)) as made:
        yield made


def ended(pool: Pool, number: int) -> list[Answer]:
    answers: list[Answer] = []
    end = time.monotonic() + 120
    while len(answers) < number and time.monotonic() < end:
        answers += [answer for _, answer in pool.wait()]
    return answers


def test_jobs_that_do_not_fit_beside_each_other_run_one_after_the_other_and_none_is_killed(tmp_path: Path) -> None:
    with pool(tmp_path, HELD + 250 * 2**20) as made:
        for name in ("a", "b", "c"):
            made.give(name, job(hold, 1.5))
        answers = ended(made, 3)
    assert [answer.ending for answer in answers] == ["ok"] * 3
    times = sorted(answer.value for answer in answers)
    assert all(before[1] <= after[0] for before, after in pairwise(times))


def test_a_job_that_is_alone_has_what_one_worker_may_have(tmp_path: Path) -> None:
    with pool(tmp_path, HELD // 2) as made:
        made.give("a", job(hold, 0.5))
        assert [answer.ending for answer in ended(made, 1)] == ["ok"]
        made.give("a", job(FAULTS["eat"]))
        (answer,) = ended(made, 1)
    assert (answer.ending, answer.message) == ("crash", "killed at its memory limit of 0.7 GiB while doing _eat")


def test_one_that_has_nothing_to_do_makes_room_for_one_that_has(tmp_path: Path) -> None:
    with pool(tmp_path, HELD + 150 * 2**20) as made:
        made.give("idle", job(process))
        (first,) = ended(made, 1)
        made.give("a", job(hold, 1.0))
        assert made.room
        ended(made, 1)
        made.give("idle", job(process))
        (second,) = ended(made, 1)
    assert (first.ending, second.ending) == ("ok", "ok")
    assert first.value != second.value


def test_one_that_has_grown_is_replaced_when_its_job_has_ended_but_for_one_that_may_keep_it(tmp_path: Path) -> None:
    setup = Setup(lambda name: job(nothing), None, tmp_path, 1, 2**32, frozenset({"keeps"}), growth=HELD)
    with Pool(setup) as made:
        found = []
        for function, arguments in ((process, ()), (FAULTS["grow"], ()), (process, ()), (hold, (0.1,)), (process, ())):
            made.give("a", job(function, *arguments))
            found += [answer.value for answer in ended(made, 1)]
        for function in (process, FAULTS["grow"], process):
            made.give("keeps", job(function))
            found += [answer.value for answer in ended(made, 1)]
    first, _, second, _, third, kept, _, same = found
    assert first != second == third
    assert kept == same


def test_nothing_further_begins_while_there_is_no_room_beside_one_that_works(tmp_path: Path) -> None:
    with pool(tmp_path, HELD) as made:
        assert made.room
        made.give("a", job(hold, 1.0))
        seen = []
        while made.busy:
            made.wait()
            seen.append(made.room)
        assert False in seen
        assert made.room
