"""The keys of exports in the cache: digests of everything that decides what their files hold. Imports no framework.

What is settled before an export begins goes in as it is: the structure of the case, its graph and shapes, the parameters of a
file that is of these alone, and the versions of what takes part. What runs in it goes in as source
(:mod:`parity.running.sources`).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from parity.cases import structure
from parity.cases.case import Case
from parity.operators.spelled import spelled_out
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters import places
from parity.running import steps
from parity.running.sources import sources

EXPORTS = "parity.running.exports"  #: what an entry says beside its file; it imports this module


def structure_key(case: Case, route: Route, catalog: Catalog) -> str:
    """The digest of what decides the files that a route's exporter makes of a case, but for its parameters.

    Raises whatever keeps it from being taken: then nothing is believed of the cache, and nothing kept.
    """
    parts = catalog.parts(route)[:-1]  # the last is the runtime, which only reads the file
    distributions = sorted({name for part in parts for name in part.distributions} | {"numpy"})
    classes = [type(case), *(type(node.layer) for node in case.network.nodes), *(type(part) for part in parts)]
    bare = structure.structure(case)
    content = {
        "spec": bare.spec(),
        "tags": bare.tags,
        "graph": spelled_out(bare.graph),
        "shapes": {name: [tensor.shape, tensor.folded] for name, tensor in bare.tensors.items()},
        "exporter": route.export,
        "versions": {name: v for name in distributions if (v := _version(name))},
        "sources": sources(classes, [steps.__name__, structure.__name__, places.__name__, EXPORTS]),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def entry_key(structure: str, what: str, parameters: str = "") -> str:
    """The digest of one entry of a structure. what: which file; parameters: the digest of those that it alone is of."""
    return hashlib.sha256(f"{structure} {what} {parameters}".encode()).hexdigest()


@cache  # reading them is half of what a key takes, and what a process has imported stays
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
