"""What the engine asks of worker processes: thin calls around the steps, each importable by name."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from parity.cases.case import Case
from parity.judging.judge import Judgement
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters import memo
from parity.routes.exporters.check import Complaint
from parity.running import cache, judged
from parity.running.key import cache_key
from parity.running.steps import Exported, export_step, judge_step, run_step

JUDGE = "judge"  #: the worker that hosts no framework: it judges, and looks things up in the cache


@dataclass(frozen=True)
class Looked:
    """What the cache had. found: None for a miss; damage: what was wrong with an entry that was there."""

    key: str
    found: Exported | None
    damage: str = ""


def begin(name: str, catalog: Catalog, threads: int, keep: bool) -> None:
    """Ready the worker called ``name``: import its framework or runtime. keep: whether exporters keep tables."""
    memo.use(keep)
    if name != JUDGE:
        catalog.engine(name).start(threads)


def why_no_device(name: str, catalog: Catalog, device: str) -> str:
    """Why the engine of this worker cannot use ``device``; empty where it can."""
    return catalog.engine(name).why_no_device(device)


def look(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path) -> Looked:
    """Look for an export in the cache ``kept``; what is found is linked into ``folder``, which is made."""
    folder.mkdir(exist_ok=True)
    key = cache_key(case, seed, route, catalog)
    try:
        entry = cache.fetch(kept, key, folder)
    except cache.Damaged as damage:
        return Looked(key, None, str(damage))
    if entry is None:
        return Looked(key, None)
    files = {variant: str(entry.files[name]) for variant, name in entry.facts["variants"].items()}
    complaint = entry.facts["complaint"]
    return Looked(key, Exported(files, entry.facts["exporter"], complaint and Complaint(**complaint)))


def export(
    case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path | None, key: str
) -> Exported:
    """Export into ``folder``, which is made, and keep the files in the cache ``kept``, if one is given."""
    shutil.rmtree(folder, ignore_errors=True)  # what an attempt that was stopped may have left
    folder.mkdir()
    made = export_step(case, seed, route, catalog, folder)
    if kept is not None:
        variants = {variant: Path(path).name for variant, path in made.files.items()}
        names = sorted(path.name for path in folder.iterdir())  # with what a large file keeps beside itself
        complaint = None if made.complaint is None else vars(made.complaint)
        facts = {"variants": variants, "exporter": made.exporter, "complaint": complaint}
        cache.store(kept, key, folder, names, facts)
    return made


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
