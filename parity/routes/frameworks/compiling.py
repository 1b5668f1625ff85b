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
    """The same module behind torch.compile, whose default backend is inductor; by this process alone.

    torch counts every module and shape that one piece of code was compiled for, and beyond the eighth it runs the code as it is
    without a word. So the count begins anew here, and to reach its end raises
    :class:`torch._dynamo.exc.FailOnRecompileLimitHit`.
    """
    import torch

    torch.compiler.reset()
    options = {"compile_threads": 1}  # it starts as many processes as there are cores otherwise
    made = torch.compile(module, options=options)
    made.forward = torch._dynamo.config.patch(fail_on_recompile_limit_hit=True)(made.forward)
    return made
