"""A pytest session with parity's checks in it: they run in the background, and end in one records file.

One process runs the checks and writes the records. Under xdist the controller starts it, and the items of all workers
read the one file, so that no check is lost, run twice or merged.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parity.cli import runs
from parity.errors import ParityError
from parity.plugin.background import Background, Order
from parity.plugin.collection import Collection
from parity.plugin.items import STOPPED, TAIL, CaseFile, CheckItem, Selected
from parity.plugin.tail import FILE, Tail
from parity.report import terminal
from parity.running.interrupts import undisturbed

SENT = "parity_folder"  #: under which xdist's workers are told the folder of the records
MARKUP = {"good": "green", "bad": "red", "warn": "yellow"}
BROKEN = (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)  #: endings of a session that broke


class Checks:
    """The plugin behind ``--parity``."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._where = config, config.invocation_params.dir
        self._collection = Collection(config)
        folders = self._collection.folders
        self._reports = Path(config.option.parity_reports or folders.reports)
        self._cache = Path(config.option.parity_cache or folders.cache)
        self._background: Background | None = None
        self._planned = self._failures = 0
        self._why: str | None = None  # the session was stopped, and why
        self._trouble = ""
        folder: str = getattr(config, "workerinput", {}).get(SENT, "")
        self._begun = bool(folder)  # by xdist's controller
        if folder:
            config.stash[TAIL] = Tail(Path(folder))

    def pytest_report_header(self) -> str:
        """What may be collected."""
        registry = self._collection.registry
        return f"parity: {len(registry.cases)} cases of {registry.folder}, seed {self._config.option.parity_seed}"

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """The checks of a case file."""
        found = yield
        selected = self._collection.files.get(file_path.resolve())
        if selected is None:
            return found
        # pytest imports what is named as a test file, or given by path: a second time, as another module.
        others = [collector for collector in found if not isinstance(collector, pytest.Module)]
        return [*others, CaseFile.from_parent(parent, path=file_path, selected=selected.values())]

    def pytest_sessionstart(self) -> None:
        """Make the folder of the records where xdist's workers have to be told of it."""
        if self._config.pluginmanager.hasplugin("dsession"):
            self._prepare()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell one of xdist's workers."""
        assert self._background is not None
        node.workerinput[SENT] = str(self._background.folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Start what the first of xdist's workers collected; the others collect the same."""
        assert self._background is not None
        if not self._background.started:
            self._start(self._collection.of_nodes(ids, self._config.rootpath))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Start what was selected, before the first test of any kind."""
        if self._begun:
            return
        self._begun = True
        selected = [one.selected for one in item.session.items if isinstance(one, CheckItem)]
        if selected and not self._config.option.setuponly:
            self._prepare()
            self._start(selected)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let an item see to its report."""
        report = yield
        if isinstance(item, CheckItem):
            item.settle(report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stop as soon as ``-x`` asks for it: under xdist, the workers finish what they have in hand first."""
        self._failures += report.failed and not hasattr(report, "wasxfail")
        most = self._config.option.maxfail or 0
        if 0 < most <= self._failures and self._why is None:
            self._why = f"stopping after {self._failures} failures"
            self._stop(self._why)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the session was stopped, and why: a plain Ctrl-C says nothing."""
        if self._why is None:
            self._why = str(excinfo.value)

    @pytest.hookimpl(tryfirst=True)  # before xdist waits for workers that wait for us
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End the records; a session whose checks broke down is never green."""
        if self._background is None:
            return
        if self._why is None and exitstatus in BROKEN:
            self._why = "an internal error"
        if self._why is None:
            self._trouble = self._background.wait()
        else:
            with undisturbed():
                self._stop(self._why)
                self._trouble = self._background.wait()
        if self._trouble:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """How the checks ended, and where their records are."""
        if self._config.option.collectonly or self._config.option.setuponly:
            return
        terminalreporter.write_sep("=", "parity")
        if self._background is None or not self._background.started:
            terminalreporter.write_line("no check was selected")
            return
        tail = self._config.stash[TAIL]
        tail.update()
        last = terminal.last_line(list(tail.checks.values()))
        terminalreporter.write_line(last.text, **{MARKUP[last.style]: True})
        shown = [os.path.relpath(self._background.folder / FILE, self._where), str(self._reports / "latest.html")]
        terminalreporter.write_line(f"records: {shown[0]}; report: {shown[1]}")
        if self._trouble:
            terminalreporter.write_line(f"error: {self._trouble}", red=True)

    def _prepare(self) -> None:
        """Make the folder of the records, and be ready to run."""
        try:
            folder = runs.new_folder(self._where / self._reports, datetime.now(UTC))
        except ParityError as error:
            raise pytest.UsageError(str(error)) from None
        self._background = Background(folder)
        self._config.stash[TAIL] = Tail(folder)

    def _start(self, selected: Iterable[Selected]) -> None:
        """Run these checks, each once."""
        assert self._background is not None
        checks = list(dict.fromkeys((one.case.name, one.route.name) for one in selected))
        if not checks:
            return
        order = Order(
            checks=checks,
            seed=self._config.option.parity_seed,
            required=self._collection.required,
            cases=str(self._collection.registry.folder),
            reports=str(self._reports),
            cache=str(self._cache),
            jobs=self._config.option.parity_jobs or self._collection.folders.jobs,
            cache_limit=self._collection.folders.cache_limit,
            folder=str(self._background.folder),
            typed=["pytest", *self._config.invocation_params.args],
        )
        self._planned = len(checks)
        self._background.start(order, self._where)

    def _stop(self, why: str) -> None:
        """Stop what is still running, if anything is."""
        tail = self._config.stash.get(TAIL, None)
        if self._background is None or not self._background.started or tail is None:
            return
        tail.update()
        if len(tail.checks) < self._planned:
            self._background.stop(f"{STOPPED}{why}" if why else "interrupted")
