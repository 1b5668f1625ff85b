"""What both doors begin with: the cases of a project, the routes there are, and known divergences held against both."""

from __future__ import annotations

from pathlib import Path

from parity.cases import known, project, registry
from parity.cases.registry import Registry
from parity.routes.catalog import Catalog, installed
from parity.running import selection


def load(folder: Path | None = None) -> tuple[Registry, Catalog]:
    """The cases of ``folder``, of the project here without one, and the parts that are installed.

    Raises :class:`parity.errors.UsageError` for what is wrong in a case file, or an entry of ``KNOWN`` that covers nothing.
    """
    loaded = registry.load(folder or project.find(Path()).cases)
    catalog = installed()
    known.refuse_unmatched(loaded.known, loaded.cases.values(), selection.every_name(catalog.every_route()))
    return loaded, catalog
