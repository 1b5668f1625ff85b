"""A run on the workers of a Dask cluster: a task for each case, its checks told here as it ends. Dask schedules; nothing here does."""

from __future__ import annotations

import pickle
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from parity.cases.model import AnyCase
from parity.errors import MissingError, ParityError, UsageError
from parity.records.lines import Check, Environment
from parity.routes.catalog import Catalog, Route
from parity.running import environment, interrupts, remote
from parity.running.checks import revised, unrun
from parity.running.remote import Ended, Order
from parity.running.selection import Pair
from parity.running.split import costs, dearest_first

CONNECT_LIMIT = 10.0  #: seconds for the scheduler to answer
WORKER_LIMIT = 60.0  #: seconds for which there may be no worker at all
TICK = 0.1  #: seconds between two looks at what has ended
LOOK = 2.0  #: seconds between two looks at whether a worker is left


@contextmanager
def joined(
    address: str, catalog: Catalog, cases: Path, threads: int = 1, recorded: Iterable[Check] = ()
) -> Iterator[Cluster]:
    """The cluster whose scheduler is at ``address``, once its workers are known to have what is here.

    cases: the folder of cases, looked for from where each worker was started; threads: for each process to compute with; recorded: checks of an earlier run, whose seconds
    say which cases are sent first. Raises :class:`MissingError` without ``distributed``, :class:`UsageError` for a scheduler that
    does not answer, one without workers, and workers that differ.
    """
    if find_spec("distributed") is None:
        raise MissingError("distributed is not installed: pip install 'parity[dask]'")
    from distributed import Client

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ: they are compared below
            client = Client(address, timeout=CONNECT_LIMIT, set_as_default=False)
    except (OSError, ValueError) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"--dask {address}: no scheduler answers ({said}); start one with `dask scheduler`") from None
    try:
        here, machine = _agreed(client, address, catalog, cases, threads)
        yield Cluster(client, address, here, machine, tuple(recorded))
    finally:
        client.close(timeout=CONNECT_LIMIT)


def _agreed(client: Any, address: str, catalog: Catalog, cases: Path, threads: int) -> tuple[remote.Facts, Environment]:
    """What this process and all workers have, and the machine of the first of them."""
    try:
        client.wait_for_workers(1, timeout=WORKER_LIMIT)
    except TimeoutError:
        mend = f"start some with `dask worker {address}` in this project's folder"
        raise UsageError(f"--dask {address}: has no worker after {WORKER_LIMIT:g} s; {mend}") from None
    here = remote.facts(catalog, str(cases))
    told = client.run(remote.facts, catalog, str(cases), on_error="return")
    for worker, there in sorted(told.items()):
        if isinstance(there, BaseException):
            raise UsageError(f"{_named(worker)} {_mend(f'{type(there).__name__}: {there}')}")
        if found := remote.unlike(here, there):
            raise UsageError(f"{_named(worker)} {_mend(', '.join(found))}")
    first = min(told)
    return here, client.run(environment.environment, catalog, threads, workers=[first])[first]


@dataclass(frozen=True)
class Cluster:
    """A connected cluster. facts: what its workers have as well as this process; machine: of the first of them."""

    client: Any
    address: str
    facts: remote.Facts
    machine: Environment
    recorded: Sequence[Check]

    def run(
        self,
        checks: Sequence[Pair],
        *,
        seed: int,
        catalog: Catalog,
        cases_folder: Path,
        cache_folder: Path,
        arrays_folder: Path,
        emit: Callable[[Check], None],
        settle: Callable[[Check], Check] = lambda check: check,
        **how: Any,
    ) -> None:
        """As :func:`parity.running.engine.run`, on the cluster; the cache folder is one from where each worker was started. how: its
        other options.

        The dearest cases are sent first. A case whose Dask worker died is begun once more; where that one dies too, its checks are
        crashes. Raises :class:`ParityError` where the scheduler or every worker is gone, and for a worker that came late and
        differs; then, and on Ctrl-C, what had not begun is taken back.
        """
        from distributed import as_completed

        run = uuid4().hex[:8]
        order = Order(run, seed, catalog, str(cases_folder), str(cache_folder), how, self.facts)
        plan = defaultdict[str, list[Pair]](list)
        for pair in checks:
            plan[pair[0].name].append(pair)
        names = dearest_first(costs(checks, self.recorded))
        sent = [_Sent(plan[name], f"parity-{run}-{n}", pickle.dumps(_work(plan[name]))) for n, name in enumerate(names)]

        def told(made: Iterable[Check]) -> None:
            for check in made:
                emit(settle(check))

        with interrupts.held() as deliver:
            futures = self._submitted(sent, order)
            out = {future.key: one for future, one in zip(futures, sent, strict=True)}
            ended = as_completed(futures, loop=self.client.loop)
            del futures  # what has ended is forgotten by the cluster
            seen = time.monotonic()
            try:
                while out:
                    batch = ended.next_batch(block=False)
                    for future in batch:
                        one = out.pop(future.key)
                        match self._ended(future, one):
                            case Ended() as found:
                                told(_checks(found, one.pairs, seed, arrays_folder))
                            case _Sent() as again:
                                out[again.key] = again
                                ended.update(self._submitted([again], order))
                            case None:
                                out[future.key] = one
                                ended.add(future)
                    if not batch:
                        seen = self._attended(seen)
                        time.sleep(TICK)
                    deliver()
            finally:
                with suppress(OSError):  # the scheduler is gone, and with it what was out
                    self.client.cancel(list(ended.futures), force=True)

    def _submitted(self, sent: Sequence[_Sent], order: Order) -> list[Any]:
        works, begun, keys = [one.work for one in sent], [one.begun for one in sent], [one.key for one in sent]
        futures: list[Any] = self.client.map(remote.checks, works, begun, keys, key=keys, order=order, pure=False)
        return futures

    def _ended(self, future: Any, one: _Sent) -> Ended | _Sent | None:
        """What came of a case; the case again where the scheduler gave it up too soon; None where its answer is lost on the way."""
        from distributed import KilledWorker

        if future.status == "finished":
            try:
                found: Ended = future.result(timeout=LOOK)
            except TimeoutError:  # whoever had it died, and another one runs the case
                return None
            except CancelledError:
                raise self._gone() from None
            return found
        if future.status == "cancelled":
            raise self._gone()
        if future.status != "error":  # whoever had its answer died, and it is made again
            return None
        error = future.exception()
        if isinstance(error, KilledWorker):
            begun = [*one.begun, *self._asked(self.client.get_metadata, [future.key], [])]
            if len(begun) < remote.BEGINNINGS and one.given_up + 1 < remote.BEGINNINGS:
                return _Sent(one.pairs, f"{one.key}-again", one.work, begun, one.given_up + 1)
            return Ended(died=begun or [error.last_worker.address])
        if isinstance(error, UsageError):
            raise ParityError(f"a Dask worker {_mend(str(error))}")
        if isinstance(error, ParityError):
            raise error
        return Ended(broken=f"on a Dask worker: {type(error).__name__}: {error}")

    def _asked(self, question: Callable[..., Any], *words: Any) -> Any:
        """What the scheduler answers. Raises :class:`ParityError` where it does not."""
        try:
            return question(*words)
        except (OSError, TimeoutError):
            raise self._gone() from None

    def _gone(self) -> ParityError:
        return ParityError(f"the Dask scheduler at {self.address} is gone; start it and run again")

    def _attended(self, seen: float) -> float:
        """When a worker was last seen. Raises :class:`ParityError` once that is too long ago."""
        now = time.monotonic()
        if now - seen < LOOK:
            return seen
        if self._asked(self.client.nthreads):
            return now
        if now - seen > WORKER_LIMIT:
            raise ParityError(f"no Dask worker is left at {self.address}; start some and run again")
        return seen


@dataclass(frozen=True)
class _Sent:
    """One case and where it has begun without an end. given_up: how often the scheduler did not want to try it again."""

    pairs: Sequence[Pair]
    key: str
    work: bytes
    begun: Sequence[str] = ()
    given_up: int = 0


def _work(pairs: Sequence[Pair]) -> tuple[AnyCase, list[Route]]:
    return pairs[0][0], [route for _, route in pairs]


def _checks(found: Ended, pairs: Sequence[Pair], seed: int, arrays: Path) -> Iterator[Check]:
    """The checks of a case that ended, the arrays of each in place before it is told of."""
    if found.died:
        who = f"worker{'' if len(found.died) == 1 else 's'} that ran it died: {' and '.join(found.died)}"
        for case, route in pairs:
            yield revised(unrun(case, route, seed, f"the Dask {who}"), status="crash")
    elif found.broken:
        for case, route in pairs:
            yield revised(unrun(case, route, seed, found.broken), status="error")
    for check in found.checks:
        name = check.arrays.rpartition("/")[2]
        if name:
            try:
                arrays.mkdir(parents=True, exist_ok=True)
                (arrays / name).write_bytes(found.arrays[name])
            except OSError as error:
                said = f"its arrays could not be kept in {arrays.name}: {error.strerror}"
                check = revised(check, arrays="", notes=[*check.notes, said])
        yield check


def _named(worker: str) -> str:
    return f"Dask worker {worker}"


def _mend(said: str) -> str:
    return f"does not have what is here: {said}; give it the same installation and the same project, and start it again there"
