"""The files of a case had from the cache: exported once for a structure, and filled with the parameters that the case draws.

The entry of a structure holds its file, exported with marked parameters (:mod:`parity.cases.structure`), and where each of
them lies in it (:mod:`parity.routes.exporters.places`). Where one does not lie there as it is, folded into another or computed with,
and for parameters that an exporter may look at, an export is made with these very parameters, and kept by their digest. Of
the files that are filled one in ``SAMPLED`` is held against such an export before it is believed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from parity.cases.case import Case
from parity.cases.parameters import Parameters
from parity.cases.probes import Variant, parameters_of, variants
from parity.cases.structure import digest, marked, marks, plain, structure
from parity.errors import Broken
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters import memo
from parity.routes.exporters.check import Complaint
from parity.routes.exporters.filled import held
from parity.routes.exporters.places import Place, Unplaced, fill, places
from parity.running import cache
from parity.running.key import entry_key, structure_key
from parity.running.steps import Exported, NoOpenBatch, export_file

SAMPLED = 50  #: one filled file in so many is held against an export
REMEMBERED = 64  #: sets of parameters whose digest is kept in mind: the exporters of a case ask one after another


class Facts(msgspec.Struct, frozen=True):
    """What an entry says beside its file.

    exporter: whose it is; file: its name, empty where there is none: no batch axis was left open, or no other parameters can
    be put into it, and unplaced then says why; complaint: what there is against the file; places: where the parameters of a
    structure lie.
    """

    exporter: str
    file: str = ""
    unplaced: str = ""
    complaint: Complaint | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Looked:
    """What the cache had. key: of the structure, for who exports it; found: None where anything is missing; damage: what was
    wrong with an entry that was there.
    """

    key: str
    found: Exported | None
    damage: str = ""


@dataclass(frozen=True)
class _Had:
    """An entry's file, linked to where this run may read it, and what it says."""

    path: Path
    facts: Facts


@dataclass(frozen=True)
class _Drawn:
    """What is known of a set of parameters without them."""

    digest: str
    plain: bool


def look(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path) -> Looked:
    """Look for the files of a case in the cache ``kept``; what is found is linked into ``folder``, which must exist."""
    key = structure_key(case, route, catalog)
    shelf = _Shelf(case, seed, route, catalog, folder, kept, key, make=False)
    found = {variant: shelf.had(variant) for variant in variants(case)}
    had = {variant: one for variant, one in found.items() if one is not None}
    return Looked(key, _exported(had, route, catalog, folder) if len(had) == len(found) else None, shelf.damage)


def export(case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path, key: str) -> Exported:
    """The same, and what is not there is exported and kept. ``key`` is the structure's, as a look gave it.

    Raises as :func:`parity.running.steps.export_step`, and ``Broken("cache")`` for a filled file that no export gives.
    """
    shelf = _Shelf(case, seed, route, catalog, folder, kept, key, make=True)
    found = {variant: shelf.had(variant) for variant in variants(case)}
    made = _exported({variant: one for variant, one in found.items() if one is not None}, route, catalog, folder)
    return replace(made, notes=memo.news())


def _exported(had: Mapping[Variant, _Had], route: Route, catalog: Catalog, folder: Path) -> Exported:
    assert route.exporter is not None
    there = {variant: one for variant, one in had.items() if one.facts.file}
    complaints = [one.facts.complaint for one in there.values() if one.facts.complaint is not None]
    return Exported(
        {variant: str(one.path) for variant, one in there.items()},
        route.export,
        complaints[0] if complaints else None,  # the network as it ships is the first
        {variant: one.facts.places for variant, one in there.items() if one.facts.places},
        str(folder),
    )


class _Shelf:
    """The entries of one case and exporter. make: whether what is missing is exported; damage: what an entry had, if any."""

    def __init__(
        self, case: Case, seed: int, route: Route, catalog: Catalog, folder: Path, kept: Path, key: str, make: bool
    ) -> None:
        self._case, self._seed, self._route, self._catalog = case, seed, route, catalog
        self._folder, self._kept, self._make = folder, kept, make
        self._structure, self._key = structure(case), key
        #: As which variant each is exported: integers are put into the network as it ships, which may be the open one too.
        self._as: dict[Variant, Variant] = {"integer": "shipped"}
        if route.exporter is not None and catalog.exporter(route.exporter).opens:
            self._as["open"] = "shipped"
        self.damage = ""

    def had(self, variant: Variant) -> _Had | None:
        """The file of a variant, as it is or to be filled; None where it would have to be exported."""
        drawn = _drawn(self._case, variant, self._seed)
        if drawn.plain:
            kind = self._as.get(variant, variant)
            of = self._entry(entry_key(self._key, kind), f"{variant}-structure", partial(self._of_structure, kind))
            if of is None:
                return None
            if of.facts.places:
                return of if self._holds(variant, of, drawn) else None
            if not of.facts.unplaced:
                return self._as_it_is(variant, of)
        kind = (
            variant if variant == "integer" else self._as.get(variant, variant)
        )  # integers have a digest of their own
        own = self._entry(
            entry_key(self._key, kind, drawn.digest), f"{variant}-own", partial(self._of_parameters, kind)
        )
        return None if own is None else self._as_it_is(variant, own)

    def _entry(self, key: str, name: str, make: Callable[[Path], Facts]) -> _Had | None:
        """An entry, its file in the folder ``name``; where there is none, ``make`` is asked to put it there."""
        into = self._folder / name
        shutil.rmtree(into, ignore_errors=True)  # of a look that did not find everything
        into.mkdir()
        try:
            entry = cache.fetch(self._kept, key, into)
        except cache.Damaged as damage:
            self.damage = self.damage or str(damage)
            entry = None
        if entry is not None:
            facts = msgspec.convert(entry.facts, Facts)
        elif self._make:
            facts = make(into)
            # With what a large file keeps beside itself.
            cache.store(self._kept, key, into, sorted(p.name for p in into.iterdir()), msgspec.to_builtins(facts))
        else:
            return None
        return _Had(into / facts.file, facts)

    def _as_it_is(self, variant: Variant, had: _Had) -> _Had:
        """An entry whose file is the variant's, with what lies beside it, under the name that it has in every message."""
        if not had.facts.file:
            return had
        path = self._folder / f"{variant}.onnx"
        had.path.rename(path)
        for beside in had.path.parent.iterdir():
            beside.rename(self._folder / beside.name)
        return _Had(path, had.facts)

    def _of_structure(self, variant: Variant, into: Path) -> Facts:
        path = into / f"{variant}.onnx"
        try:
            complaint = self._export(marked(self._structure), variant, path)
            return self._facts(path.name, complaint=complaint, places=places(path, self._structure))
        except NoOpenBatch:
            return self._facts()
        except Exception as error:
            # What is told of a case is how the export with its own parameters ends, not one that it did not ask for.
            if not marks(self._structure):
                raise
            _empty(into)
            return self._facts(
                unplaced=str(error) if isinstance(error, Unplaced) else f"{type(error).__name__}: {error}"
            )

    def _of_parameters(self, variant: Variant, into: Path) -> Facts:
        path = into / f"{variant}.onnx"
        try:
            return self._facts(path.name, complaint=self._export(self._parameters(variant), variant, path))
        except NoOpenBatch:
            return self._facts()

    def _holds(self, variant: Variant, of: _Had, drawn: _Drawn) -> bool:
        """Whether a file of the structure may be filled: it is not in the sample, or was compared."""
        key = entry_key(self._key, f"sample of {variant}", drawn.digest)
        if int(key, 16) % SAMPLED:
            return True
        return self._entry(key, f"{variant}-sample", partial(self._compare, variant, of)) is not None

    def _compare(self, variant: Variant, of: _Had, into: Path) -> Facts:
        parameters = self._parameters(variant)
        exported, filled = into / f"{variant}.onnx", into / "filled.onnx"
        fill(of.path, filled, of.facts.places, parameters)
        said, _ = held(filled, exported, partial(self._export, parameters, variant, exported))
        if said:
            raise Broken("cache", f"{variant}.onnx, filled with its parameters, is not what an export gives: {said}")
        _empty(into)
        return self._facts()

    def _facts(self, file: str = "", **more: Any) -> Facts:
        assert self._route.exporter is not None
        return Facts(self._catalog.exporter(self._route.exporter).name, file, **more)

    def _export(self, parameters: Parameters, variant: Variant, path: Path) -> Complaint | None:
        return export_file(self._structure, parameters, variant, self._route, self._catalog, path)

    def _parameters(self, variant: Variant) -> Parameters:
        return parameters_of(self._case, variant, self._seed)


_known: dict[str, _Drawn] = {}


def _drawn(case: Case, variant: Variant, seed: int) -> _Drawn:
    asked = json.dumps([case.name, case.spec(), variant == "integer", seed], sort_keys=True)
    if asked not in _known:
        while len(_known) >= REMEMBERED:
            del _known[next(iter(_known))]
        parameters = parameters_of(case, variant, seed)
        _known[asked] = _Drawn(digest(parameters), plain(parameters))
    return _known[asked]


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
