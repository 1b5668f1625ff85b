"""The command line on the small parts of ``tests/kit``: ``python -m tests.cli.program ARGS``.

Everything but the frameworks is what a person runs. ``PARITY_TEST_FSIZE`` limits the size of files from the first record on,
which is a full disk as far as writing goes; ``PARITY_TEST_BUG`` plants an exception in the engine.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import Any

from parity_kit import CATALOG, MODULE

from parity.cli import main as cli
from parity.routes import catalog
from parity.routes.catalog import Catalog

PARTS = Catalog({**CATALOG.frameworks, "absent": f"{MODULE}:Absent"}, CATALOG.exporters, CATALOG.runtimes)


def main() -> int:
    catalog.installed = lambda: PARTS  # type: ignore[assignment]
    if limit := os.environ.get("PARITY_TEST_FSIZE"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if "PARITY_TEST_BUG" in os.environ:
        from parity.running import engine

        def broken(*_: Any, **__: Any) -> None:
            raise ZeroDivisionError("planted")

        engine.run = broken  # type: ignore[assignment]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
