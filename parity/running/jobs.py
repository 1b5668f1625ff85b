"""What the engine asks of worker processes: thin calls around the steps, each importable by name."""

from __future__ import annotations

import shutil
from pathlib import Path

from parity.cases.case import Case
from parity.judging.judge import Judgement
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters import memo
from parity.running import exports, judged
from parity.running.exports import Looked
from parity.running.steps import Exported, export_step, judge_step, run_step

JUDGE = "judge"  #: the worker that hosts no framework: it judges, and looks things up in the cache


def begin(name: str, catalog: Catalog, threads: int, keep: bool, kept: Path | None) -> None:
    """Ready the worker called ``name``: import its framework or runtime. keep: whether exporters keep tables, in the cache ``kept`` too."""
    memo.use(keep, kept)
    if name != JUDGE:
        catalog.engine(name).start(threads)


def why_no_device(name: str, catalog: Catalog, device: str) -> str:
    """Why the engine of this worker cannot use ``device``; empty where it can."""
    return catalog.engine(name).why_no_device(device)


def look(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path) -> Looked:
    """Look for an export in the cache ``kept``; what is found is linked into ``folder``, which is made."""
    folder.mkdir(exist_ok=True)
    return exports.look(case, seed, route, catalog, folder, kept)


def export(
    case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path | None, key: str
) -> Exported:
    """Export into ``folder``, which is made: through the cache ``kept``, where ``key`` is the structure's; where there is no
    cache, every file by itself.
    """
    shutil.rmtree(folder, ignore_errors=True)  # what an attempt that was stopped may have left
    folder.mkdir()
    if kept is None:
        return export_step(case, seed, route, catalog, folder)
    return exports.export(case, seed, route, catalog, folder, kept, key)


def judge(case: Case, seed: int, route: Route, observation: Path, arrays: Path, kept: Path | None) -> Judgement:
    """Judge an observation file, or take what the cache ``kept``, if one is given, has of these very bits."""
    if kept is None:
        return judge_step(case, seed, route, observation, arrays)
    try:
        key = judged.judged_key(case, seed, route, observation)
    except Exception:  # noqa: BLE001 - whatever keeps it from being taken costs the time of judging, no verdict
        return judge_step(case, seed, route, observation, arrays)
    found = judged.recalled(kept, key)
    if found is None:
        found = judge_step(case, seed, route, observation, arrays)
        judged.keep(kept, key, found)
    return found


__all__ = ["JUDGE", "Looked", "begin", "export", "judge", "look", "run_step", "why_no_device"]
