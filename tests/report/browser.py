"""A real Chromium for tests: the one of the system, driven by Playwright, which here never fetches a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def found() -> str:
    """The path of the browser; without one the test is skipped, where CI is set it fails."""
    path = os.environ.get("CHROMIUM") or next((at for name in NAMES if (at := shutil.which(name))), None)
    if path is None:
        said = f"no browser: none of {', '.join(NAMES)} is on the path"
        if os.environ.get("CI"):
            pytest.fail(f"{said}; CI must not skip the tests of the report")
        pytest.skip(said)
    return path


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser, with a profile of its own that is thrown away."""
    path = found()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def opened(context: BrowserContext, file: Path) -> tuple[Page, list[str]]:
    """A page, and what troubles it: requests beside its own, errors, dialogs, and words on the console."""
    shown = context.new_page()
    trouble: list[str] = []
    shown.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else trouble.append(r.url))
    shown.on("pageerror", lambda error: trouble.append(str(error)))
    shown.on("console", lambda message: trouble.append(message.text))
    shown.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
    shown.goto(file.as_uri())
    return shown, trouble


def axe(context: BrowserContext, file: Path) -> list[str]:
    """What axe-core finds of serious or critical impact, a sentence each, with everything on the page open.

    The page's own policy lets no foreign script in; the audit runs in a context that bypasses it.
    """
    source = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.evaluate(source)
    result: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    page.close()
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {found['nodes'][0]['html'][:200]}: {found['nodes'][0]['failureSummary']}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
    ]
