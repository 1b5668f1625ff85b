"""What runs behind a pytest session: one order in, one run's records out."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from parity.cli import runs
from parity.cli.console import complain
from parity.errors import ParityError
from parity.plugin.background import Order
from parity.running import loading, selection


def main(told: int) -> int:
    """Run the :class:`Order` on stdin; 0 where its records were written to their end, whatever is in them.

    told: a pipe. What comes on it is why to stop; it ends with the pytest session.
    """
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    # A session that a shell runs in the background, or nohup, ignores Ctrl-C, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    why = _listen(told)
    try:
        runs.execute(plan(order), lambda line: None, Path(order.folder), why)
    except ParityError as error:
        complain(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return 0  # before there was any record
    except Exception as error:  # noqa: BLE001 - whatever is left is a bug of parity's, and is told as one
        traceback.print_exc()
        complain(f"error: parity itself failed: {type(error).__name__}: {error}")
        return ParityError.exit_code
    return 0


def plan(order: Order) -> runs.Plan:
    """The order as a run's plan."""
    registry, catalog = loading.load(Path(order.cases), Path(order.cache))
    routes = {name: selection.route(catalog.every_route(), name) for _, name in order.checks}
    return runs.Plan(
        pairs=[(selection.one(registry.cases, case), routes[route]) for case, route in order.checks],
        divergences=registry.known,
        catalog=catalog,
        seed=order.seed,
        required=order.required,
        cases=registry.folder,
        reports=Path(order.reports),
        cache=Path(order.cache),
        typed=order.typed,
        again="",
        threads=1,
        jobs=order.jobs,
        memory_limit=None,
        use_cache=True,
        cache_limit=order.cache_limit,
    )


def _listen(told: int) -> Callable[[], str]:
    """Turn what comes on a pipe, or its end, into Ctrl-C; what is given back says why that was."""
    why = "interrupted"

    def hear() -> None:
        nonlocal why
        why = os.read(told, 2**12).decode(errors="replace") or why
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=hear, daemon=True).start()
    return lambda: why
