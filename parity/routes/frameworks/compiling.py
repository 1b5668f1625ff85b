"""torch's compiler: whether it can be used here, and a module behind it."""

from __future__ import annotations

import os
import sys
from shutil import which
from typing import Any


def why_no_compiler() -> str:
    """Why nothing can be compiled here; empty where it can. torch's compiler writes C++, for another compiler to read."""
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")  # as inductor looks for it
    return "" if which(compiler) else f"there is no C++ compiler {compiler}; install one, or name it by CXX"


def compiled(module: Any) -> Any:
    """The same module behind torch.compile, whose default backend is inductor; by this process alone."""
    import torch

    options = {"compile_threads": 1}  # it starts as many processes as there are cores otherwise
    return torch.compile(module, options=options)
