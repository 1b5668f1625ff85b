"""Does what a page of docs/ says: writes its files into a folder and runs its commands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: A code block, with the path that stands alone above it when the block is a file.
BLOCK = re.compile(r"(?:^`(?P<path>[\w./-]+)`\n\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block. ``path`` is None for commands."""

    path: str | None
    body: str


def blocks(page: str) -> list[Block]:
    """Every code block of ``docs/page`` in order; each must be a file or commands, or the page cannot be followed."""
    found = []
    for match in BLOCK.finditer((ROOT / "docs" / page).read_text()):
        path, kind = match["path"], match["kind"]
        assert path or kind == "sh", (
            f"{page}: a {kind or 'bare'} block is neither a file nor commands:\n{match['body']}"
        )
        found.append(Block(path, match["body"]))
    return found


def follow(page: str, folder: Path, **variables: str) -> list[subprocess.CompletedProcess[str]]:
    """Write each file and run each command line of a page in ``folder``, in the order of the page.

    The commands find this Python's ``parity`` and ``pip``. Fails with what was printed when one does not succeed.
    """
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"} | variables
    ended = []
    for block in blocks(page):
        if block.path is not None:
            (folder / block.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.path).write_text(block.body)
            continue
        for line in block.body.splitlines():
            done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{page}: {line!r} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            ended.append(done)
    return ended
