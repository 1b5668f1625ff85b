"""Writes docs/porting.md. ``python -m benchmarks.porting`` runs every pair first; ``--page`` takes the figures that are kept.

With names of pairs it runs these alone, writes nothing, and fails where one is not as declared or far from the figure that is kept; of turns of
weights likewise.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.porting.guide import COUNTERPARTS, pairs, turns
from benchmarks.porting.links import ROOT
from benchmarks.porting.page import page
from benchmarks.porting.run import as_said, as_turned, in_float64, moved, namespace, ran, signatures, turned, versions
from parity.cases.registry import load

PAGE = ROOT / "docs" / "porting.md"
KEPT = ROOT / "benchmarks" / "porting" / "figures.json"


def again(chosen: list[str]) -> list[str]:
    """What some pairs do now that they are not said to do: a sentence each."""
    names = namespace()
    in_float64(names)
    of_weights = {name: turned(turns()[name], names) for name in chosen if name in turns()}
    print(of_weights, flush=True)
    chosen = [name for name in chosen if name not in of_weights]
    found = ran([pairs()[name] for name in chosen], names, lambda line: print(line, flush=True))
    kept = json.loads(KEPT.read_text())["pairs"]
    wrong = [f"{name} does not turn" for name, off in of_weights.items() if not as_turned(off)]
    wrong += [f"{name} is not as declared" for name in chosen if not as_said(pairs()[name], found[name])]
    return wrong + [f"{name} was {kept[name]}" for name in chosen if moved(pairs()[name], kept[name], found[name])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pairs and turns to run again")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page of what is kept")
    args = parser.parse_args()
    if args.names:
        sys.exit("; ".join(again(args.names)) or 0)
    if not args.page:
        names = namespace()
        in_float64(names)
        found = ran(pairs().values(), names, lambda line: print(line, flush=True))
        weights = {name: turned(turn, names) for name, turn in turns().items()}
        kept = {
            "versions": versions(names),
            "pairs": found,
            "weights": weights,
            "signatures": signatures(COUNTERPARTS, names),
        }
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")
        wrong = [name for name, pair in pairs().items() if not as_said(pair, found[name])]
        if wrong := wrong + [name for name, off in weights.items() if not as_turned(off)]:
            sys.exit(f"not as declared: {', '.join(wrong)}")
    PAGE.write_text(page(json.loads(KEPT.read_text()), load(ROOT / "cases")))


if __name__ == "__main__":
    main()
