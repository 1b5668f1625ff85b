"""Where two models differ as a script: both parts on the values that they got, in their frameworks' own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from textwrap import indent

from parity.axes import Shape
from parity.cases.layouts import FIRST, LAST
from parity.records.difference import Difference
from parity.running.models import bare, sides, templates
from parity.running.models.plan import JUDGE, Plan
from parity.running.models.script import Nothing, handed_over
from parity.running.models.sides import Part, Turns
from parity.running.models.workers import asking, ended, here_of
from parity.running.pool import Pool
from parity.running.process import Job

#: What each kind of model imports, and what it takes; a file's kind is empty.
IMPORTS = {"torch": "import torch", "keras": "import keras", "": "import onnxruntime"}
NEEDS = {"torch": "torch", "keras": "keras on TensorFlow", "": "onnxruntime"}


@dataclass(frozen=True)
class One:
    """One of the two models: its plan, its worker, the file of what it computes, and what that is fed."""

    plan: Plan
    worker: str
    file: Path
    turns: Turns

    @property
    def kind(self) -> str:
        """Its framework; empty for a file."""
        return self.plan.kind


def show(one: One, two: One, pool: Pool, found: Sequence[Difference], fed: Sequence[Path], folder: Path) -> str:
    """Write the script of the first place where two models differ, and say so; where there is none, why not."""
    path = one.plan.script
    assert path is not None
    if not found:
        return "nothing to show: nothing was found to differ"
    why = ""
    for i, file in enumerate(fed):
        script = folder / f"script-{i}" / path.name
        try:
            _write(one, two, pool, found[0], file, script)
        except Nothing as reason:
            return f"none is handed over: {reason}"
        ran = bare.run(script, one.plan.limit)
        if ran.shows:
            return handed_over(script, path, ran)
        why = ran.why_not
    return f"none is handed over: {why}"


def _write(one: One, two: One, pool: Pool, found: Difference, file: Path, script: Path) -> None:
    data = script.with_suffix("")
    data.mkdir(parents=True)
    if found.one is None or found.two is None:
        raise Nothing("one of the two has no part for the other's")
    first = _part(one, pool, found.one.name, file, data / "one.npz")
    second = _part(two, pool, found.two.name, file, data / "two.npz")
    axes = _axes(first.shape, second.shape, (one.kind, two.kind))
    kinds = list(dict.fromkeys((one.kind, two.kind)))
    words = {
        "title": f"{first.title} and {second.title} give different numbers for the same ones.",
        "needs": " and ".join(NEEDS[kind] for kind in kinds),
        "folder": data.name,
        "repeat": one.plan.repeat,
        "one": _function(first, one.kind, "one"),
        "two": _function(second, two.kind, "two"),
        "turned": "" if axes is None else f".transpose({', '.join(map(str, axes))})",
        "names": f"{NEEDS[two.kind]} beside {NEEDS[one.kind]}" if len(kinds) > 1 else "the second beside the first",
    }
    script.write_text(
        templates.made([templates.PAIR], [IMPORTS[kind] for kind in sorted(kinds, reverse=True)], **words)
    )


def _part(side: One, pool: Pool, name: str, file: Path, out: Path) -> Part:
    if side.kind:
        arguments = (asking(side.plan), side.file, name, file, side.turns, out)
        job = Job(side.worker, sides.of_model, arguments, "taking the model apart", side.plan.limit)
    else:
        job = Job(
            JUDGE, sides.of_file, (side.file, name, file, side.turns, out), "taking the file apart", side.plan.limit
        )
    (ending,) = ended(pool, {side.worker if side.kind else JUDGE: job}, here=here_of(side.plan)).values()
    if ending.ending != "ok":
        raise Nothing(ending.message)
    if ending.value is None:
        raise Nothing(f"{side.plan.model.text} has no part there that stands alone")
    found: Part = ending.value
    return found


def _axes(one: Shape, two: Shape, kinds: tuple[str, str]) -> tuple[int, ...] | None:
    """How the first's output is turned to be compared with the second's; None where it is not, or where no order fits."""
    turned = {("torch", "keras"): [LAST], ("keras", "torch"): [FIRST]}.get(kinds, []) if len(one) == 4 else []
    orders = [*turned, None, *permutations(range(len(one)))] if len(one) < 6 else [None]
    return next((o for o in orders if two == (one if o is None else tuple(one[a] for a in o))), None)


def _function(part: Part, kind: str, name: str) -> str:
    """The function of a script that gives what one of the two makes."""
    lines = [f'"""{part.title}."""', *([part.code] if part.code else [])]
    if kind == "torch":
        lines += [f'inputs = [torch.from_numpy(data[f"input/{{i}}"]) for i in range({part.count})]']
        lines += ["with torch.no_grad():", "    return build()(*inputs).numpy()"]
    elif kind == "keras":
        lines += [f'inputs = [keras.ops.convert_to_tensor(data[f"input/{{i}}"]) for i in range({part.count})]']
        lines += ['return keras.ops.convert_to_numpy(build("float32")(*inputs))']
    else:
        lines += ["options = onnxruntime.SessionOptions()"]
        lines += ["options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL"]
        lines += [
            f'session = onnxruntime.InferenceSession(str(HERE / "{name}.onnx"), options, providers=["CPUExecutionProvider"])'
        ]
        lines += ["names = [each.name for each in session.get_inputs()]"]
        lines += ['return session.run(None, {name: data[f"input/{i}"] for i, name in enumerate(names)})[0]']
    return f"def {name}(data):\n" + indent("\n".join(lines), "    ")
