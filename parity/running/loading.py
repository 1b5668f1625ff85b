"""What both doors begin with: the cases of a project, the routes there are, and known divergences held against both."""

from __future__ import annotations

from pathlib import Path

from parity.cases import known, pairs, project, registry
from parity.cases.registry import Registry
from parity.routes.catalog import Catalog, installed
from parity.running import selection


def load(folder: Path | None = None, cache: Path | None = None) -> tuple[Registry, Catalog]:
    """The cases of ``folder``, of the project here without one, and the parts that are installed.

    cache: of the project here without one; what sweeps draw is kept there.

    Raises :class:`parity.errors.UsageError` for what is wrong in a case file, or an entry of ``KNOWN`` that covers nothing.
    """
    here = project.find(Path())
    with pairs.kept(cache or here.cache):
        loaded = registry.load(folder or here.cases)
    catalog = installed()
    known.refuse_unmatched(loaded.known, loaded.cases.values(), selection.every_name(catalog.every_route()))
    return loaded, catalog
