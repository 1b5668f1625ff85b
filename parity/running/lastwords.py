"""How a process ended, and why it killed itself in its own words: the one line of its output that says so. Pure."""

from __future__ import annotations

import re
import signal

#: The most telling first. ``why`` is the reason, ``at`` the place in the source where one is given.
_SIGNS = tuple(
    re.compile(sign)
    for sign in (
        # A failed check in C++ as absl, glog and TensorFlow write it: "F0000 00:00:1732.5 77 pool.cc:41] Check failed: ..."
        r"^(?:F\d{4} [\d:.]+ +\d+|\d{4}-\d\d-\d\d [\d:.]+: F) +(?P<at>[^\s\]]+:\d+)\] *(?P<why>\S.*)",
        r"^.*?(?P<at>[\w./+-]+:\d+): .*?(?P<why>Assertion [`'].*)",  # assert of the C library
        r"^ *what\(\): +(?P<why>\S.*)",  # an exception that nobody caught
        r"^terminate called (?P<why>after throwing an instance of .*)",
        # The C library's own: a heap or a stack that was written over.
        r"^(?P<why>(?:free|realloc|malloc|malloc_consolidate|munmap_chunk)\(\): .*|corrupted .*|double free .*)",
        r"^(?P<why>\*\*\* .+ \*\*\*: terminated.*)",
        # Of Python the reasons that are not only the signal's name.
        r"^Fatal Python error: (?!Segmentation fault|Aborted|Bus error|Illegal instruction|Floating)(?P<why>.+)",
    )
)


def last_words(printed: str) -> str:
    """The line of what a dead process printed that says why it died, with its place in the source; empty without one."""
    lines = printed.splitlines()
    for sign in _SIGNS:
        for line in lines:
            if found := sign.match(line):
                named = found.groupdict()
                place = f" ({named['at'].rpartition('/')[2]})" if named.get("at") else ""
                return f"{named['why'].strip()}{place}"
    return ""


def epitaph(code: int, doing: str) -> str:
    """How a process ended, by its exit code (negative: the signal that killed it)."""
    if code >= 0:
        return f"exited with code {code} while {doing}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (often the kernel's out-of-memory killer)" if -code == signal.SIGKILL else ""
    return f"killed by {name}{hint} while {doing}"
