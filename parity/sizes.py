"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def parsed(text: str) -> int | None:
    """Bytes of a size such as ``4GiB``, ``500MB`` or ``1000000``; None for what is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(|[kmgt]i?)b?", text.strip().lower())
    return None if found is None else int(float(found[1]) * UNITS[found[2]])


def spelled(size: int) -> str:
    """A size in the largest decimal unit of which there is one: ``1.5 GB``, ``0 B``."""
    for sign in "TGMk":
        if size >= UNITS[sign.lower()]:
            return f"{size / UNITS[sign.lower()]:.1f} {sign}B"
    return f"{size} B"
