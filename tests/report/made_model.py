"""Documents of checks of a model, made here."""

from __future__ import annotations

from typing import Any

from parity.records.difference import Source
from parity.records.model import (
    FORM,
    Answer,
    Familiar,
    Figure,
    Finding,
    GraphFigure,
    Input,
    ModelCheck,
    Operator,
    OperatorFigure,
    OutputFigure,
    RouteFigure,
    Worst,
)
from tests.report import made

SOURCE = Source(file="/home/me/net.py", line=7, text="x = self.conv(x)")
OPERATORS = [
    Operator(kind="Conv", name="c", module="stem.0", source=SOURCE),
    *(Operator(kind="Relu", name=f"r{i}") for i in range(14)),
]


def answer(ratio: Any, operators: Any = ()) -> Answer:
    beside = Familiar(
        against="the oracle", absolute=1e-7, relative=2e-6, cosine=1.0, decibels=140.0, top1=1.0, top5=0.9
    )
    figure = Figure(status="pass", ratio=ratio) if ratio is not None else Figure(status="not judged", reason="no rule")
    output = OutputFigure(name="y", shape=[2, 10], dtype="float32", figure=figure, familiar=beside)
    figures = tuple(
        OperatorFigure(operator=i, figure=Figure(status="pass", ratio=each)) for i, each in enumerate(operators)
    )
    return Answer(inputs="drawn", outputs=(output,), operators=figures)


def graph(**changed: Any) -> GraphFigure:
    return GraphFigure(**{"name": "net.onnx", "operators": tuple(OPERATORS), **changed})


def check(**changed: Any) -> ModelCheck:
    ratios = [0.5, *(0.01 * i for i in range(14))]
    routes = [
        RouteFigure(name="ort", runtime="ort", optimises=True, status="pass", repeats=True, answers=(answer(0.25),)),
        RouteFigure(
            name="ort plain",
            runtime="ort",
            optimises=False,
            status="pass",
            repeats=True,
            answers=(answer(0.2, ratios),),
        ),
    ]
    fields: dict[str, Any] = {
        "form": FORM,
        "model": "net.onnx",
        "status": "pass",
        "seed": 0,
        "lam": 3.0,
        "inputs": [Input(name="x", dtype="float32", shape=[1, 3, 8, 9], values="normal")],
        "tried": ["drawn"],
        "graphs": [graph()],
        "routes": routes,
        "findings": [],
        "notes": [],
        "repeat": "parity check net.onnx",
        "seconds": 1.0,
        "environment": made.records().run.environment,
    }
    return ModelCheck(**{**fields, **changed})


def failing() -> dict[str, Any]:
    figure = Figure(
        status="fail",
        ratio=90.0,
        kind="value",
        wrong=3,
        elements=144,
        worst=Worst(index=[0, 1, 2, 3], expected=1.5, got=1.75, allowed=1e-6),
    )
    found = Finding(
        routes=["ort plain"],
        inputs="drawn",
        what="too far",
        operator=0,
        born="c, Conv, of module stem.0",
        source=SOURCE,
        whose="the runtime ort: another is right",
        figure=figure,
    )
    bad = RouteFigure(name="ort plain", runtime="ort", optimises=False, status="fail", repeats=True)
    return {"status": "fail", "findings": [found], "routes": [bad]}
