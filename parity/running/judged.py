"""Judgements kept by what was judged: an observation that repeats to the bit is not judged a second time by the same code.

The judge is arrays in and a judgement out, so what decides it can be said: the case, its graph and how it was asked, every bit
of the observation, and the code that judges, which goes in as source. Only what passed is kept: a failure is always judged.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from parity.cases.case import Case
from parity.cases.policies import under
from parity.judging.judge import Judgement
from parity.operators.spelled import spelled_out
from parity.routes.catalog import Route
from parity.running.cache import JUDGEMENTS
from parity.running.sources import ROOT, sources

MOST = 20_000  #: judgements that are kept, the last ones: of the registry's some four runs, and some 40 MB

CASES = 32  #: whose questions are kept between their routes
_questions: dict[str, tuple[Case, dict[str, object]]] = {}

#: The rooms and modules of parity that judge, or say what is judged.
JUDGES = (
    "axes.py",
    "cases",
    "errors.py",
    "files.py",
    "judging",
    "layers",
    "operators",
    "records",
    "running/judged.py",
    "running/steps.py",
)


def judged_key(case: Case, seed: int, route: Route, observation: Path) -> str:
    """The digest of everything that decides a judgement. Raises whatever keeps it from being taken: then nothing is believed."""
    with observation.open("rb") as file:
        seen = hashlib.file_digest(file, "sha256").hexdigest()
    case = under(case, route.options, route.device)
    content = {
        **_question(case),
        "seed": seed,
        "route": [route.tf32, route.device, route.exporter is None],
        "observation": seen,
        "numbers": _numbers(),
        "judges": _judges(),
        "sources": _classes(frozenset([type(case), *(type(node.layer) for node in case.network.nodes)])),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _question(case: Case) -> dict[str, object]:
    """What a case asks, worked out once for all its routes."""
    known = _questions.get(case.name)
    if known is None or known[0] != case:
        if len(_questions) >= CASES:
            del _questions[next(iter(_questions))]
        content: dict[str, object] = {
            "case": case.name,
            "spec": case.spec(),
            "tags": case.tags,
            "graph": spelled_out(case.graph),
            "shapes": {name: [tensor.shape, tensor.folded] for name, tensor in case.tensors.items()},
        }
        known = _questions[case.name] = (case, content)
    return known[1]


def recalled(kept: Path, key: str) -> Judgement | None:
    """The judgement ``key`` of the cache ``kept``; None where there is none, or none that holds: then it is judged."""
    with suppress(sqlite3.Error, msgspec.DecodeError):
        row = _store(kept).execute("SELECT said, digest FROM judgements WHERE key = ?", (key,)).fetchone()
        if row is not None and row[1] == _digest(key, row[0]):
            return msgspec.json.decode(row[0], type=Judgement)
    return None


def keep(kept: Path, key: str, judgement: Judgement) -> None:
    """Keep a judgement that passed as ``key`` of the cache ``kept``. Where that cannot be, it is judged again."""
    if judgement.status != "pass":
        return
    said = msgspec.json.encode(judgement)
    with suppress(sqlite3.Error), _store(kept) as store:  # done whole or not at all
        store.execute("REPLACE INTO judgements (key, said, digest) VALUES (?, ?, ?)", (key, said, _digest(key, said)))
        store.execute("DELETE FROM judgements WHERE number <= (SELECT max(number) FROM judgements) - ?", (MOST,))


@cache  # opened for each judgement it took a fifteenth of the time that judging the quick set takes
def _store(kept: Path) -> sqlite3.Connection:
    """The store of a cache, made where there is none; it stays open as long as this process."""
    store = sqlite3.connect(kept / JUDGEMENTS)
    store.execute("PRAGMA synchronous = OFF")  # what a crash of the machine damages does not hold, and is judged
    store.execute(
        "CREATE TABLE IF NOT EXISTS judgements"
        " (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE, said BLOB, digest TEXT)"
    )
    return store


def _digest(key: str, said: bytes) -> str:
    return hashlib.sha256(key.encode() + said).hexdigest()


@cache
def _numbers() -> dict[str, object]:
    """What decides the last digits of float64 here: numpy, its linear algebra and the processor's instructions."""
    built = np.show_config(mode="dicts")
    return {name: built[name] for name in ("Build Dependencies", "SIMD Extensions")} | {"numpy": np.__version__}


@cache
def _judges() -> str:
    """The digest of parity's own code that judges, as this process found it when it first judged."""
    made = hashlib.sha256()
    for name in JUDGES:
        place = ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            made.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


@cache
def _classes(classes: frozenset[type]) -> dict[str, str]:
    return sources(sorted(classes, key=lambda each: (each.__module__, each.__qualname__)), [])
