"""What the engine asks of worker processes: thin calls around the steps, each importable by name."""

from __future__ import annotations

from pathlib import Path

from parity.cases.case import Case
from parity.routes.catalog import Catalog, Route
from parity.running import exports
from parity.running.exports import Looked
from parity.running.steps import Exported, export_step, judge_step, run_step

JUDGE = "judge"  #: the worker that hosts no framework: it judges, and looks things up in the cache


def begin(name: str, catalog: Catalog, threads: int) -> None:
    """Ready the worker called ``name``: import its framework or runtime."""
    if name != JUDGE:
        catalog.engine(name).start(threads)


def why_no_device(name: str, catalog: Catalog, device: str) -> str:
    """Why the engine of this worker cannot use ``device``; empty where it can."""
    return catalog.engine(name).why_no_device(device)


def look(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path) -> Looked:
    """Look for an export in the cache ``kept``; what is found is linked into ``folder``, which is made."""
    folder.mkdir(exist_ok=True)
    return exports.look(case, seed, route, catalog, folder, kept)


def export(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path | None) -> Exported:
    """Export into ``folder``, which is made: through the cache ``kept``; where there is none, every file by itself."""
    folder.mkdir(exist_ok=True)
    if kept is None:
        return export_step(case, seed, route, catalog, folder)
    return exports.export(case, seed, route, catalog, folder, kept)


__all__ = ["JUDGE", "Looked", "begin", "export", "judge_step", "look", "run_step", "why_no_device"]
