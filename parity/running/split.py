"""How a plan is split into shards, the same way on every machine: by what its cases cost. Pure.

A case is never torn apart. Its routes share its exports and the oracle's truth, and whose a failure is follows from them all,
so that each shard's own report says what the report of the whole run says.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heapreplace
from math import prod

from parity.cases.model import ModelCase
from parity.errors import UsageError
from parity.records.lines import Check, Split
from parity.running.selection import Pair

#: Output elements of a layer whose work takes as long as all else that a check does for that layer. Fitted, as everything here, to a
#: cold run of parity's own cases; it decides how even the shards of an unrecorded plan are, and nothing else.
ELEMENTS = 40_000
MODEL_LAYERS = 50  #: of a model of one's own, which is not loaded to be counted


def shard(
    pairs: Sequence[Pair], number: int, of: int, seed: int, recorded: Iterable[Check]
) -> tuple[list[Pair], Split]:
    """The checks of shard ``number`` of ``of``, in their order in the plan, and what the run line says of it.

    recorded: checks of an earlier run, whose seconds balance the shards; without any they are estimated. Raises
    :class:`UsageError` for a shard that there is not.
    """
    if not 1 <= number <= of:
        raise UsageError(f"--shard {number}/{of}: there is no such shard; they are 1/{of} to {of}/{of}")
    shares = packed(costs(pairs, recorded), of)
    where = {case: n for n, share in enumerate(shares) for case in share}
    ids: list[list[str]] = [[] for _ in shares]
    for case, route in pairs:
        ids[where[case.name]].append(f"{case.name}[{route.name}]")
    plan = hashlib.sha256(json.dumps([seed, ids]).encode()).hexdigest()[:16]
    mine = [(case, route) for case, route in pairs if where[case.name] == number - 1]
    return mine, Split(number=number, of=of, plan=plan, checks=len(pairs))


def costs(pairs: Iterable[Pair], recorded: Iterable[Check]) -> dict[str, float]:
    """What each case of a plan costs, by its name: seconds of an earlier run where it was in one, else an estimate to their scale."""
    plan = defaultdict[str, list[Pair]](list)
    for pair in pairs:
        plan[pair[0].name].append(pair)
    guessed = {name: _estimate(its) for name, its in plan.items()}
    took = {name: spent for name, spent in seconds(recorded).items() if name in plan}
    known = sum(guessed[name] for name in took)
    scale = sum(took.values()) / known if known else 1.0
    return {name: took.get(name, scale * guessed[name]) for name in plan}


def seconds(recorded: Iterable[Check]) -> dict[str, float]:
    """What each case took, by its name: its exports once each, its runs, its judging. A case that took no time is left out."""
    exports: dict[tuple[str, str, str], float] = {}
    spent = defaultdict[str, float](float)
    for check in recorded:
        if check.seconds.export is not None:
            exports[check.case, check.framework, check.exporter] = check.seconds.export
        spent[check.case] += (check.seconds.run or 0.0) + (check.seconds.judge or 0.0)
    for (case, _, _), took in exports.items():
        spent[case] += took
    return {case: took for case, took in spent.items() if took}


def packed(costs: Mapping[str, float], of: int) -> list[list[str]]:
    """Names in ``of`` shares of about equal cost: the dearest first, each to the share that has least so far.

    Ties go by the name and by the number of the share. No share is above 4/3 of the best there is (Graham, "Bounds on
    multiprocessing timing anomalies", 1969).
    """
    shares: list[list[str]] = [[] for _ in range(of)]
    loads = [(0.0, n) for n in range(of)]
    heapify(loads)
    for name in dearest_first(costs):
        load, n = loads[0]
        shares[n].append(name)
        heapreplace(loads, (load + costs[name], n))
    return shares


def dearest_first(costs: Mapping[str, float]) -> list[str]:
    """The names by falling cost; those that cost the same by name."""
    return sorted(costs, key=lambda name: (-costs[name], name))


def _estimate(pairs: Sequence[Pair]) -> float:
    """What one case costs on some routes, in checks of a layer."""
    case = pairs[0][0]
    if isinstance(case, ModelCase):
        return float(len(pairs) * (1 + MODEL_LAYERS))
    nodes = case.network.nodes
    elements = sum(prod(case.tensors[node.name].shape) for node in nodes)
    return len(pairs) * (1 + len(nodes) + elements / ELEMENTS)
