"""A case on a route as a pytest item, and a case file as what holds them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from parity.cases.model import AnyCase
from parity.plugin.tail import EndedError, Tail
from parity.records.lines import Check
from parity.records.wording import ending, figure, one_line
from parity.report import terminal
from parity.routes.catalog import Route

TAIL = pytest.StashKey[Tail]()  #: of pytest's config: the records of the session
STOPPED = "pytest stopped: "  #: how the reason of a check begins that did not run because the session ended first
TOP = 1  #: the line that pytest is told where a reason is of no line in particular


@dataclass(frozen=True)
class Selected:
    """A check that was asked for. required: what is required of what it uses; markers: words that ``-m`` takes."""

    case: AnyCase
    route: Route
    required: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``case[route]``, as records and the command line spell it."""
        return f"{self.case.name}[{self.route.name}]"


class CaseFile(pytest.File):
    """A file of cases and the checks asked for of it."""

    def __init__(self, *, selected: Iterable[Selected], **rest: Any) -> None:
        super().__init__(**rest)
        self._selected = selected

    def collect(self) -> Iterator[CheckItem]:
        for one in self._selected:
            # Said in full, so that pytest reads the route as a parameter; --lf compares ids in parts.
            yield CheckItem.from_parent(self, name=one.id, nodeid=f"{self.nodeid}::{one.id}", selected=one)


class CheckItem(pytest.Item):
    """One case on one route. It computes nothing: it waits for its record, ``check``."""

    check: Check | None

    def __init__(self, *, selected: Selected, **rest: Any) -> None:
        super().__init__(**rest)
        self.selected, self.check, self._line = selected, None, ""
        case, route = selected.case, selected.route
        self.add_marker(pytest.mark.parity(family=case.family, route=route.name, device=route.device))
        for tag in case.tags:
            self.add_marker(pytest.mark.parity(tag=tag))
        for word in selected.markers:
            self.add_marker(word)

    def runtest(self) -> None:
        try:
            self.check = self.config.stash[TAIL].check(self.name)
            self._end(self.check)
        except EndedError as error:
            pytest.fail(f"parity ended before this check did: {error}", pytrace=False)

    def _end(self, check: Check) -> None:
        """End as the check did, in pytest's words."""
        self.user_properties += [("parity", check.status), ("ratio", figure(check.ratio))]
        if check.status == "not run" and self.selected.required and not check.reason.startswith(STOPPED):
            pytest.fail(f"{' and '.join(self.selected.required)} is required: {check.reason}", pytrace=False)
        if check.status in ("unsupported", "not run"):
            pytest.skip(f"{check.status}: {check.reason}")
        if check.status == "known" and not self.config.option.runxfail:
            raise pytest.xfail.Exception(check.reason)
        if check.status != "pass":
            tail = self.config.stash[TAIL]
            checks = [item for item in self.session.items if isinstance(item, CheckItem)]
            same = [item.name for item in checks if item.selected.case is self.selected.case]
            block = terminal.screen(check, [tail.check(name) for name in same], tail.lam)
            self._line = one_line(f"{ending(check)}: {check.reason}")
            pytest.fail("\n".join(line.text for line in block), pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        made = super().repr_failure(excinfo, style)
        crash = getattr(made, "reprcrash", None)
        if crash is not None and self._line:
            crash.message = self._line  # what pytest's summary and JUnit say, where the block has its own place
        return made

    def reportinfo(self) -> tuple[os.PathLike[str], None, str]:
        # Not the id: pytest would take its end off the node id that it prints, and turn the dots of it into colons.
        return self.path, None, f"{self.selected.case.name} on {self.selected.route.name}"

    def settle(self, report: pytest.TestReport) -> None:
        """Give a report the check's own seconds in place of those its item waited; to a skip, the case file as its place."""
        if report.when != "call" or self.check is None:
            return
        spent = self.check.seconds
        report.duration = sum(seconds or 0.0 for seconds in (spent.export, spent.run, spent.judge))
        if report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (os.fspath(self.path), TOP, report.longrepr[2])


def words(case: AnyCase, route: Route) -> dict[str, str]:
    """Markers of a check: word -> what it stands for. ``torch>ort@cuda`` is ``torch-ort-cuda``, as ``-m`` reads no ``>``."""
    named = [("family", case.family), ("route", route.name), ("device", route.device)]
    named += [("tag", tag) for tag in case.tags]
    made = {re.sub(r"[^\w.+-]+", "-", name).strip("_-"): f"{kind} {name}" for kind, name in reversed(named)}
    return {word: said for word, said in made.items() if word}
