"""One worker at a time: messages, deaths between jobs, restarts, limits. Each job runs in a real process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import parity_kit as kit
import psutil
import pytest

from parity.running import process as workers
from parity.running.lastwords import epitaph
from parity.running.pool import Pool
from parity.running.process import THREAD_VARIABLES, Job, Setup, environment
from parity.running.worker import Answer

MEMORY = 600 * 2**20


def nothing() -> None:
    """What readies a test's worker."""


def process() -> int:
    return os.getpid()


def length(data: bytes) -> int:
    return len(data)


def answer_of(size: int) -> bytes:
    return b"x" * size


def variables() -> dict[str, str]:
    return dict(os.environ)


def unpicklable() -> Any:
    return lambda: None


def child() -> int:
    """Start a process that outlives this one if it can."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]).pid


def forked() -> None:
    """Die, and leave a copy of this process behind that holds its end of the socket."""
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(5)


def fail_to_start() -> None:
    print("one more try", flush=True)
    raise ImportError("a library is missing")


def say(words: str) -> None:
    print(words, flush=True)


def fault(name: str) -> None:
    kit.FAULTS[name]()


def collector() -> tuple[bool, int, bool]:
    """Whether garbage is collected here, how many objects are left out of it, and whether no bytecode is written."""
    return gc.isenabled(), gc.get_freeze_count(), sys.dont_write_bytecode


def job(function: Callable[..., Any], *arguments: Any, limit: float = 30.0) -> Job:
    return Job(None, function, arguments, f"doing {function.__name__}", limit)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    setup = Setup(lambda name: job(nothing), None, tmp_path, 1, MEMORY)
    with Pool(setup) as made:
        yield made


def ask(pool: Pool, function: Callable[..., Any], *arguments: Any, limit: float = 30.0) -> Answer:
    pool.give("w", job(function, *arguments, limit=limit))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for _, answer in pool.wait():
            return answer
    raise AssertionError("no answer came")


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds. One that nobody has collected yet has ended."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_worker_is_kept_from_job_to_job(pool: Pool) -> None:
    assert ask(pool, process).value == ask(pool, process).value != os.getpid()


def test_a_worker_collects_garbage_and_keeps_no_bytecode_once_it_has_started(pool: Pool) -> None:
    collects, left_out, keeps_none = ask(pool, collector).value
    assert collects
    assert left_out > 10_000
    assert keeps_none


def test_messages_of_any_size_cross_whole(pool: Pool) -> None:
    assert ask(pool, length, b"x" * 20_000_000).value == 20_000_000
    assert ask(pool, answer_of, 20_000_000).value == b"x" * 20_000_000


def test_what_cannot_be_pickled_is_an_error_of_its_job(pool: Pool) -> None:
    before = ask(pool, process).value
    sent = ask(pool, length, lambda: None)
    assert (sent.ending, sent.message.startswith("cannot be sent to a worker process: ")) == ("error", True)
    returned = ask(pool, unpicklable)
    assert (returned.ending, returned.message.startswith("doing unpicklable: ")) == ("error", True)
    assert ask(pool, process).value == before


def test_a_worker_that_dies_between_two_jobs_costs_neither(pool: Pool) -> None:
    first = ask(pool, process).value
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    second = ask(pool, process)
    assert second.ending == "ok"
    assert second.value != first


def test_a_worker_stopped_between_two_jobs_is_a_timeout_of_the_next_and_of_no_other(pool: Pool) -> None:
    first = ask(pool, process).value
    os.kill(first, signal.SIGSTOP)
    late = ask(pool, process, limit=0.5)
    assert (late.ending, late.message) == ("timeout", "ran longer than 0.5 s while doing process")
    assert ask(pool, process).value != first
    assert gone(first)


def test_a_stopped_worker_cannot_block_the_parent_with_a_job_it_does_not_read(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SEND_LIMIT", 0.5)
    first = ask(pool, process).value
    os.kill(first, signal.SIGSTOP)
    assert ask(pool, length, b"x" * 20_000_000).value == 20_000_000
    assert gone(first)


def test_a_worker_that_hangs_up_is_a_crash(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "END_LIMIT", 0.5)
    answer = ask(pool, fault, "hang-up")
    assert (answer.ending, answer.message) == ("crash", "hung up without an answer while doing fault")


def test_what_a_worker_started_dies_with_it(pool: Pool) -> None:
    grandchild = ask(pool, child).value
    assert ask(pool, fault, "sleep", limit=0.5).ending == "timeout"
    assert gone(grandchild)


def test_a_worker_whose_copy_holds_the_line_is_seen_to_be_dead(pool: Pool) -> None:
    answer = ask(pool, forked, limit=20)
    assert (answer.ending, answer.message) == ("crash", "exited with code 5 while doing forked")


def test_the_last_words_of_a_worker_are_of_the_job_that_killed_it(pool: Pool) -> None:
    assert ask(pool, say, "something earlier").ending == "ok"
    assert ask(pool, fault, "abort").detail.startswith("Fatal Python error: Aborted")


def test_a_worker_that_cannot_start_is_tried_once_however_many_jobs_come(tmp_path: Path) -> None:
    with Pool(Setup(lambda name: job(fail_to_start), None, tmp_path, 1, MEMORY)) as pool:
        answers = [ask(pool, process) for _ in range(3)]
    assert {answer.message for answer in answers} == {"doing fail_to_start: ImportError: a library is missing"}
    assert (tmp_path / "w.log").read_text().count("one more try") == 1


def test_a_process_that_cannot_be_had_is_an_error_of_the_jobs_that_need_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    for _ in range(2):
        answer = ask(pool, process)
        assert answer.ending == "error"
        assert answer.message.startswith("doing nothing: FileNotFoundError: ")


def test_a_worker_that_keeps_memory_is_replaced_between_two_jobs(pool: Pool) -> None:
    first = ask(pool, process).value
    assert ask(pool, fault, "grow").ending == "ok"
    assert ask(pool, process).value != first


def test_a_worker_s_log_is_emptied_when_it_grows_without_end(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LOG_BYTES", 2**20)
    assert ask(pool, shout, 40, limit=30).ending == "ok"
    assert (tmp_path / "w.log").stat().st_size < 30 * 2**20


def shout(times: int) -> None:
    for _ in range(times):
        os.write(1, b"x" * 2**20)
        time.sleep(0.02)


def test_a_worker_computes_with_the_threads_it_is_given_and_writes_to_scratch(pool: Pool, tmp_path: Path) -> None:
    seen = ask(pool, variables).value
    assert {seen[name] for name in THREAD_VARIABLES} == {"1"}
    assert seen["TMPDIR"] == seen["KERAS_HOME"] == str(tmp_path)


def test_the_environment_of_a_worker_replaces_what_the_person_set() -> None:
    made = environment({"OMP_NUM_THREADS": "64", "HOME": "/home/me"}, 3, Path("/s"))
    kept = environment({"OMP_NUM_THREADS": "64", "HOME": "/home/me"}, 3, Path("/s"), keeping=True)
    assert made == {**kept, "MALLOC_MMAP_THRESHOLD_": "8388608", "MALLOC_TRIM_THRESHOLD_": "134217728"}
    assert "MALLOC_MMAP_THRESHOLD_" not in kept
    assert (made["OMP_NUM_THREADS"], made["HOME"], made["ORT_DISABLE_TELEMETRY"]) == ("3", "/home/me", "1")


def test_leaving_the_pool_ends_its_workers_even_stopped_ones(tmp_path: Path) -> None:
    with Pool(Setup(lambda name: job(nothing), None, tmp_path, 1, MEMORY)) as pool:
        pid = ask(pool, process).value
        os.kill(pid, signal.SIGSTOP)
    assert gone(pid)


@pytest.mark.parametrize("what", ["sleep", "native-hang"])
def test_no_worker_outlives_a_parent_that_is_killed(tmp_path: Path, what: str) -> None:
    # An idle worker sees the parent's end on its socket; these two are busy, one of them deaf to Python.
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from parity.running.pool import Pool\n"
        "from parity.running.process import Setup\n"
        "from tests.workers.test_workers import ask, fault, job, nothing, process\n"
        f"with Pool(Setup(lambda name: job(nothing), None, Path({str(tmp_path)!r}), 1, 2**30)) as pool:\n"
        "    print(ask(pool, process).value, flush=True)\n"
        f"    ask(pool, fault, {what!r})\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    assert gone(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_is_sent_to_the_parent_s_group_kills_no_worker_that_is_just_leaving_it(
    tmp_path: Path, number: int
) -> None:
    # A worker begins in its parent's group. The parent here is sent the signal without end, and does not mind it.
    code = (
        "import signal\n"
        "from pathlib import Path\n"
        "from parity.running.pool import Pool\n"
        "from parity.running.process import Setup\n"
        "from tests.workers.test_workers import ask, job, nothing\n"
        f"signal.signal({number:d}, lambda number, frame: None)\n"
        "print('ready', flush=True)\n"
        "for _ in range(5):\n"
        f"    with Pool(Setup(lambda name: job(nothing), None, Path({str(tmp_path)!r}), 1, 2**30)) as pool:\n"
        "        print(ask(pool, nothing).ending, flush=True)\n"
    )
    words = [sys.executable, "-c", code]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT, process_group=0
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        while parent.poll() is None:
            os.killpg(parent.pid, number)
        assert parent.stdout.read().split() == ["ok"] * 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_worker_hears_a_polite_signal_of_its_own_but_no_ctrl_c(pool: Pool, number: int) -> None:
    pid = ask(pool, process).value
    os.kill(pid, number)
    assert (ask(pool, process).value == pid) == (number == signal.SIGINT)


ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "kit")}  #: of a process that imports the kit from ROOT


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, "exited with code 0 while judging"),
        (3, "exited with code 3 while judging"),
        (-11, "killed by SIGSEGV while judging"),
        (-9, "killed by SIGKILL (often the kernel's out-of-memory killer) while judging"),
        (-250, "killed by signal 250 while judging"),
    ],
)
def test_an_exit_code_is_told_in_words(code: int, said: str) -> None:
    assert epitaph(code, "judging") == said
