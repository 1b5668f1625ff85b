"""The key of an export in the cache: a digest of everything that decides what its files hold. Imports no framework.

What is settled before an export begins goes in as it is: the case, its graph and shapes, the whole numbers that its integer
probe stores, and the versions of what takes part. What runs in it goes in as source (:mod:`parity.running.sources`), and so
does the drawing of parameters, which takes seconds for a large network.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from parity.axes import Array
from parity.cases import parameters
from parity.cases.case import Case
from parity.cases.probes import parameters_of, variants
from parity.operators.graph import Graph
from parity.routes.catalog import Catalog, Route
from parity.running import steps
from parity.running.sources import sources


def cache_key(case: Case, seed: int, route: Route, catalog: Catalog) -> str:
    """The digest. Raises whatever keeps it from being taken: then nothing is believed of the cache, and nothing kept."""
    parts = catalog.parts(route)[:2]  # the framework and the exporter; the runtime only reads the file
    distributions = sorted({name for part in parts for name in part.distributions} | {"numpy"})
    classes = [type(case), *(type(node.layer) for node in case.network.nodes), *(type(part) for part in parts)]
    made = variants(case)
    content = {
        "case": case.name,
        "spec": case.spec(),
        "graph": _plain(case.graph),
        "shapes": {name: [tensor.shape, tensor.folded] for name, tensor in case.tensors.items()},
        "variants": made,
        "integers": _plain(parameters_of(case, "integer", seed)) if "integer" in made else None,
        "seed": seed,
        "exporter": route.exporter,
        "versions": {name: v for name in distributions if (v := _version(name))},
        "sources": sources(classes, [steps.__name__, parameters.__name__]),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def spelled_out(graph: Graph) -> Any:
    """A graph as JSON can say it, arrays by their digest."""
    return _plain(graph)


def _plain(value: Any) -> Any:
    """A value as JSON can say it, arrays by their digest. What JSON cannot say stays, and is refused there."""
    if isinstance(value, Graph):
        nodes = [[n.domain, n.kind, n.opset, n.inputs, n.outputs, _plain(n.attributes)] for n in value.nodes]
        return [value.opset, value.inputs, value.outputs, nodes, _plain(value.constants)]
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "items"):
        return {str(name): _plain(item) for name, item in value.items()}
    return value


def _array(array: Array) -> list[Any]:
    return [str(array.dtype), array.shape, hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()]
