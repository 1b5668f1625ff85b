"""``pytest --parity``: every case on every route as a test. Without the option it does nothing.

pytest loads this in every project that has parity installed, so it imports nothing but pytest: the rest comes with the
option, and the frameworks only in processes of their own.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity.api import Checked

NAME = "parity-checks"  #: under which what the option brings is registered


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, as ``parity run`` has them."""
    group = parser.getgroup("parity", "parity: checks of networks across frameworks")
    add = group.addoption
    add("--parity", action="store_true", help="collect the checks of the project's cases, each case on each route")
    add("--parity-set", choices=("quick", "full"), default="quick", help="where no case is named: of each sweep those needed for every value to be met (quick), or all")  # fmt: skip
    add("--parity-route", action="append", default=[], metavar="R", help="only this route; may be repeated")
    add("--parity-device", action="append", default=[], metavar="D", help="cpu (without it) or cuda; may be repeated")
    add("--parity-require", action="append", default=[], metavar="X", help="fail, and not skip, what did not run for want of this device, framework, runtime or route")  # fmt: skip
    add("--parity-seed", type=_seed, default=0, metavar="N", help="what parameters and inputs are drawn from (0)")
    add("--parity-jobs", type=_count, metavar="N", help="how many processes compute at a time (one a core)")
    add("--parity-reports", metavar="DIR", help="where records and reports go (reports)")
    add("--parity-cache", metavar="DIR", help="where exports are kept (.parity_cache)")


@pytest.hookimpl(trylast=True)  # once all other markers are registered
def pytest_configure(config: pytest.Config) -> None:
    """Bring in the rest where it was asked for."""
    if not config.getoption("parity"):
        return
    from parity.errors import ParityError
    from parity.plugin.session import Checks

    try:
        config.pluginmanager.register(Checks(config), NAME)
    except ParityError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture
def assert_parity(request: pytest.FixtureRequest) -> Callable[..., Checked]:
    """:func:`parity.assert_parity`, drawing from ``--parity-seed``; where it fails it also writes a page in the report folder."""
    from parity import check
    from parity.cases import project

    option = request.config.option

    def checked(model: Any, other: Any = None, **how: Any) -> Checked:
        __tracebackhide__ = True
        found = check(model, other, **{"seed": option.parity_seed, **how})
        if found.verdict != "pass":
            name = re.sub(r"[^A-Za-z0-9.+=-]+", "_", request.node.nodeid).strip("_")[-150:]
            page = Path(option.parity_reports or project.find(Path()).reports) / f"{name}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            found.report(page)
            pytest.fail(f"parity: {found.verdict}\n{found}\n  page      {page}", pytrace=False)
        return found

    return checked


def _seed(text: str) -> int:
    return _whole(text, 0)


def _count(text: str) -> int:
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least {least}")
    return int(text)
