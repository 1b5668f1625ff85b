"""What a Dask worker does for a run: the checks of one case after the other. Runs there; imports no framework.

A case runs in worker processes of parity's own, as it does on one machine: what kills one of them costs one check. They stay for
the run's next case. Where the Dask worker itself dies, its case knows how often that was: the scheduler keeps beside each task
where it has begun.
"""

from __future__ import annotations

import atexit
import hashlib
import pickle
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import parity
from parity.cases import registry
from parity.errors import UsageError
from parity.records.lines import Check
from parity.routes.catalog import Catalog
from parity.running import engine, environment
from parity.running.pool import Pool

BEGINNINGS = 2  #: of a case; once it has begun so often without an end it is not tried again
KEPT_SECONDS = 60.0  #: for which processes wait for the next case of their run
BETWEEN = ("cloudpickle", "dask", "distributed", "msgspec")  #: packages that what is sent goes through

Facts = dict[str, str]


@dataclass(frozen=True)
class Order:
    """What the cases of one run have in common; folders as seen from where a Dask worker was started.

    run: unlike every other; how: the other options of :func:`parity.running.engine.run`; facts: what the caller has, and a worker
    must have too.
    """

    run: str
    seed: int
    catalog: Catalog
    cases: str
    cache: str
    how: Mapping[str, Any]
    facts: Facts


@dataclass(frozen=True)
class Ended:
    """What came of a case: its checks and the arrays of those that failed, by file name; or the Dask workers that died of it,
    or what broke before there was a check.
    """

    checks: list[Check] = field(default_factory=list)
    arrays: dict[str, bytes] = field(default_factory=dict)
    died: list[str] = field(default_factory=list)
    broken: str = ""


def facts(catalog: Catalog, cases: str) -> Facts:
    """What has to be the same on both sides, by what it is called. Raises :class:`UsageError` where the folder of cases is not here."""
    folder = Path(cases)
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder where it was started")
    found = {"Python": platform.python_version(), "parity": version("parity")}
    for name in BETWEEN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found | environment.packages(catalog) | {"code of parity": _code(), f"files of {cases}": _digest(folder)}


def unlike(here: Facts, there: Facts) -> list[str]:
    """What is not the same, a phrase each: ``torch 2.13.0 here, 2.12.0 there``."""
    found = []
    for name in here | there:
        one, other = here.get(name, "absent"), there.get(name, "absent")
        if one != other:
            found.append(f"other {name}" if " of " in name else f"{name} {one} here, {other} there")
    return found


def checks(work: bytes, begun: Sequence[str], key: str, order: Order) -> Ended:
    """The checks of one case, as a Dask task.

    work: pickled, the case and its routes; begun: the Dask workers on which it had begun under an earlier key, each of which died;
    key: the task's own.
    """
    from distributed import get_client, get_worker

    client, here = get_client(), get_worker().address
    died = [*begun, *client.get_metadata([key], [])]
    if len(died) >= BEGINNINGS:
        return Ended(died=died)
    client.set_metadata([key], [*died[len(begun) :], here])
    with _pool(order) as pool, TemporaryDirectory() as folder:
        arrays = Path(folder, "arrays")
        made: list[Check] = []
        engine.run(
            [(case, route) for case, routes in [pickle.loads(work)] for route in routes],
            seed=order.seed,
            catalog=order.catalog,
            cases_folder=Path(order.cases),
            cache_folder=Path(order.cache),
            arrays_folder=arrays,
            emit=made.append,
            pool=pool,
            **order.how,
        )
        kept = {path.name: path.read_bytes() for path in arrays.glob("*")}
    client.set_metadata([key], died[len(begun) :])
    return Ended(made, kept)


@cache
def _code() -> str:
    """A digest of parity's own files as they were when this process first asked: what it has loaded does not change with them."""
    return _digest(Path(parity.__file__).parent)


def _digest(folder: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


# ---- processes that wait for the next case --------------------------------------------------------------------------


@dataclass
class _Warm:
    run: str
    pool: Pool
    close: ExitStack
    timer: threading.Timer | None = None


_lock = threading.Lock()
_idle: list[_Warm] = []
_mounted = ""  # the digest of the folder of cases that is mounted


@contextmanager
def _pool(order: Order) -> Iterator[Pool]:
    """Processes for one case of a run: such as wait for it, or new ones, which then wait for the next."""
    warm = _taken(order.run) or _started(order)
    try:
        yield warm.pool
    except BaseException:
        warm.close.close()
        raise
    with _lock:
        _idle.append(warm)
        warm.timer = threading.Timer(KEPT_SECONDS, _ended, [warm])
        warm.timer.daemon = True
        warm.timer.start()


def _taken(run: str) -> _Warm | None:
    with _lock:
        warm = next((each for each in _idle if each.run == run), None)
        if warm is not None:
            _idle.remove(warm)
            assert warm.timer is not None
            warm.timer.cancel()
        return warm


def _started(order: Order) -> _Warm:
    """Processes for a run that this Dask worker is to have a part in. Raises :class:`UsageError` where it is not like the caller."""
    global _mounted
    here = facts(order.catalog, order.cases)
    if found := unlike(order.facts, here):
        raise UsageError(", ".join(found))
    files = here[f"files of {order.cases}"]
    with _lock:
        if files != _mounted:
            registry.forget()
            _mounted = files
        registry.mount(Path(order.cases))
        others = [each for each in _idle if each.run != order.run]
    for each in others:  # their run is over, or can start them again
        _ended(each)
    close = ExitStack()
    of_workers = {
        name: order.how[name] for name in ("threads", "memory_limit", "memo", "use_cache") if name in order.how
    }
    opened = engine.opened(order.catalog, Path(order.cases), Path(order.cache), **of_workers)
    return _Warm(order.run, close.enter_context(opened), close)


def _ended(warm: _Warm) -> None:
    """End processes that still wait."""
    with _lock:
        if warm not in _idle:
            return
        _idle.remove(warm)
    warm.close.close()


@atexit.register
def _end_all() -> None:
    for warm in list(_idle):
        _ended(warm)
