"""A script run as somebody upstream runs it: alone in an empty folder, in an environment that has no parity."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SHOWN = 1  #: the exit status of a script that shows its bug
RAISED = 3  #: of one that raised

#: Runs a script with parity gone; what it raises is not mistaken for what it shows.
BARE = f"""
import runpy, sys, traceback

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "parity":
            raise ModuleNotFoundError("parity is not to be had here", name=name)

sys.meta_path.insert(0, Gone())
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
except SystemExit:
    raise
except BaseException:
    traceback.print_exc()
    sys.exit({RAISED})
"""


@dataclass(frozen=True)
class Ran:
    """What a script did: whether it shows its bug, what it printed, and if it does not show it, why."""

    shows: bool
    printed: str
    why_not: str = ""

    @property
    def last(self) -> str:
        """The last line that it printed."""
        return (self.printed.strip().splitlines() or [""])[-1]


def run(script: Path, limit: float) -> Ran:
    """Run a script, and the folder of its name beside it, from a folder that has nothing else. ``limit`` is in seconds."""
    with tempfile.TemporaryDirectory(prefix="parity-bare-") as name:
        folder = Path(name)
        shutil.copyfile(script, folder / script.name)
        if script.with_suffix("").is_dir():
            shutil.copytree(script.with_suffix(""), folder / script.stem)
        command = [sys.executable, "-I", "-c", BARE, script.name]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            return Ran(False, "", f"it ran longer than {limit:g} s")
    if done.returncode == SHOWN:
        return Ran(True, done.stdout)
    said = (done.stderr.strip().splitlines() or [""])[-1][:200]
    ends = {0: "it finds nothing wrong", RAISED: f"it raised {said}"}
    return Ran(False, done.stdout, ends.get(done.returncode, f"it ended with exit status {done.returncode}: {said}"))
