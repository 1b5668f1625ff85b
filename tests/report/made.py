"""Records made by hand: one check for every way to end, names and messages that try to be markup."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
import numpy as np

from parity.judging.pictures import errors_grid, values_grid
from parity.records.file import Records
from parity.records.lines import (
    Check,
    End,
    Environment,
    Failure,
    Git,
    Gpu,
    Grid,
    Known,
    LayerFigure,
    Pictures,
    Place,
    ProbeFigure,
    Run,
    Seconds,
    Sight,
    Sketch,
)
from parity.records.wording import count

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def environment() -> Environment:
    return Environment(
        parity="0.1.0",
        python="CPython 3.11.9",
        system="Linux 6.1",
        machine="x86_64",
        cpu="A processor & its <name>",
        cpu_flags=["avx2", "fma"],
        cores=2,
        memory_bytes=8 * 2**30,
        threads=1,
        packages={"numpy": "2.4.6", "torch": "2.13.0+cpu"},
        gpus=[Gpu(name="NVIDIA H100", driver="575.1")],
        flags={"TF_ENABLE_ONEDNN_OPTS": "0"},
    )


def run(planned: int, **changes: Any) -> Run:
    given: dict[str, Any] = {
        "schema": 1,
        "id": "20260131T120000Z-4242",
        "started": "2026-01-31T12:00:00+00:00",
        "argv": ["parity", "run", HOSTILE],
        "seed": 7,
        "lam": 3.0,
        "planned": planned,
        "environment": environment(),
        "git": Git(commit="0123abcd", dirty=True),
    }
    return Run(**{**given, **changes})


def check(name: str = "conv2d/k3", route: str = "torch", status: Any = "pass", **changes: Any) -> Check:
    given: dict[str, Any] = {
        "case": name,
        "route": route,
        "device": "cpu",
        "framework": re.split("[>@]", route)[0].removesuffix("script"),
        "status": status,
        "ratio": 0.25,
        "need": 0.5,
        "model": "Conv2D(3, 8, 3)",
        "input_shape": [2, 3, 11, 14],
        "output_shape": [2, 8, 9, 12],
        "probes": [ProbeFigure(probe="data", status="pass", ratio=0.25, need=0.5)],
        "layers": [layer("conv2d")],
        "seconds": Seconds(run=0.01, judge=0.002),
        "repeat": f"parity run '{name}[{route}]' --seed 7",
    }
    return Check(**{**given, **changes})


def layer(node: str, ratio: Any = 0.25, **changes: Any) -> LayerFigure:
    good = isinstance(ratio, float) and ratio <= 1
    given = {"node": node, "layer": "Conv2D(3, 8, 3)", "shape": [2, 8, 9, 12], "status": "pass" if good else "fail"}
    return LayerFigure(**{**given, "ratio": ratio, "need": ratio, **changes})


def failing(name: str = "net", route: str = "torch>ort", kind: Any = "value", **changes: Any) -> Check:
    place = Place(index={"n": 0, "c": 3, "h": 1, "w": 2}, expected=1.25, got=1.5, allowed=1e-7, ulps=2097152.0)
    failure = Failure(
        kind=kind,
        message=f"conv2: {HOSTILE}",
        probe="data",
        where="conv2",
        born="conv2",
        place=place,
        wrong=3,
        elements=1728,
        explained="TF32",
        sketch=Sketch(elements=3, sums=[1e5, -2e5, 3e5, 1e5, -2e5, 1e5, 2e5, -3e5]),
    )
    given: dict[str, Any] = {
        "status": "fail",
        "reason": failure.message,
        "ratio": 2.5e6,
        "need": 7.5e6,
        "layers": [layer("conv1", 0.4), layer("conv2", 2.5e6), layer("relu", 0.0)],
        "failure": failure,
        "arrays": "20260131T120000Z-4242/arrays/net.npz",
        "notes": ["a note", "Traceback:\n  line 1\n" + HOSTILE],
        "exporter": "dynamo",
        "cached": False,
    }
    return check(name, route, **{**given, **changes})


@cache
def grid(tiles: int = 4, size: int = 6, signed: bool = False) -> Grid:
    """A grid of waves; no two tiles alike, one element not finite."""
    rows, columns = np.mgrid[:size, : size + 1]
    waves = [np.sin(rows * (i + 1) / 3) * np.cos(columns / (i + 2)) for i in range(tiles)]
    waves[-1][0, 0] = np.nan
    return errors_grid(waves, 14) if signed else values_grid(waves, 14)


def pictured(name: str = "pictured", route: str = "torch", **changes: Any) -> Check:
    """A failure with all that a record can hold."""
    whole = failing(name, route)
    assert whole.failure is not None
    pictures = Pictures(image=1, channels=[0, 2, 3, 7], expected=grid(), got=grid(), error=grid(signed=True))
    sight = Sight(of="input", rows=[0, 2], columns=[1, 3], padding=True)
    more: dict[str, Any] = {
        "maps": grid(16, 14),
        "errors": grid(16, 14, signed=True),
        "parameters": 224,
        "field": [3, 3],
    }
    layers = [layer("conv1", 0.4, **more), layer("conv2", 2.5e6, **more), layer("relu", 0.0, shape=[2, 96], field=None)]
    given: dict[str, Any] = {
        "failure": msgspec.structs.replace(whole.failure, pictures=pictures, sight=sight, pattern="border only"),
        "layers": layers,
        "histogram": [3, *[0] * 8, 40, 7, 2, 0, 0, 1, *[0] * 6],
        "filters": grid(24, 3),
    }
    return failing(name, route, **{**given, **changes})


def every_ending() -> list[Check]:
    """One check at least for each status."""
    known = Known(reason="it rounds twice", evidence=f"measured {HOSTILE}", link="https://example.org/issues/1?a=b&c=d")
    nothing: dict[str, Any] = {"ratio": None, "need": None, "probes": [], "layers": []}
    return [
        check("conv2d/k3", "torch"),
        check("conv2d/k3", "torch>ort", ratio=0.9),
        failing("net", "torch"),
        failing("net", "torch>ort", ratio="NaN", need="Infinity"),
        pictured("pictured", "torch"),
        check(
            "pictured",
            "tensorflow",
            layers=[layer("conv1", 0.3, maps=grid(16, 14), errors=grid(16, 14, signed=True))],
            filters=grid(24, 3),
            histogram=[10, *[0] * 8, 43, *[0] * 11],
        ),
        failing("shapes", "torch", kind="shape", ratio=None, need=None, layers=[]),
        check("boom", "torch", "error", reason="running in torch: RuntimeError: boom", **nothing),
        check("boom", "torch>ort", "crash", reason="killed by SIGSEGV while exporting with dynamo", **nothing),
        check("slow", "torch", "timeout", reason="ran longer than 3 s while running in torch", **nothing),
        check("old", "torch", "stale", reason="declared divergence no longer reproduces", known=known),
        failing("odd", "torch>ort", status="known", reason="it rounds twice", known=known),
        check("rare", "torch", "unsupported", reason=f"torch cannot {HOSTILE}", **nothing),
        check("conv2d/k3", "torch@cuda", "not run", reason="no cuda device", **nothing),
        check(HOSTILE, "torch", "not run", reason="interrupted", **nothing),
    ]


def records(
    checks: list[Check] | None = None, *, finished: bool = True, reason: str = "", planned: int | None = None
) -> Records:
    """A run of these checks, by default every ending."""
    checks = every_ending() if checks is None else checks
    counts, not_run = count(checks)
    end = End(finished=finished, counts=counts, not_run=not_run, exit_code=1, seconds=12.5, reason=reason)
    return Records(run(len(checks) if planned is None else planned), checks, end)


def lines(made: Records) -> bytes:
    """The records as the file has them."""
    from parity.records.lines import encode

    every = [made.run, *made.checks, *([] if made.end is None else [made.end])]
    return b"".join(encode(line) + b"\n" for line in every)
