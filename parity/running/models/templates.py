"""The texts of scripts: what each does around the part of a model that it shows. ``$name`` is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template

HEAD = '''"""$title

Exit status 1 while that is so, 0 once it is not.
It needs $needs, and what lies in the folder $folder beside it.

Found by: $repeat
"""

$imports

import numpy as np
$frameworks

HERE = Path(__file__).with_suffix("")
'''

COMPARE = '''

def compare(name, got, expected, allowed):
    """Say how many numbers are off by more than rounding may do, and which is the worst; whether there are any."""
    if got.shape != expected.shape:
        print(f"{name}: shape {got.shape}, expected {expected.shape}")
        return True
    got, expected, allowed = (np.atleast_1d(each).astype(np.float64) for each in (got, expected, allowed))
    with np.errstate(all="ignore"):
        over = np.abs(got - expected) / allowed
    over[np.isnan(over)] = np.inf
    over[(got == expected) | (np.isnan(got) & np.isnan(expected)) | np.isinf(allowed)] = 0
    at = tuple(map(int, np.unravel_index(over.argmax(), over.shape)))
    print(
        f"{name}: {(over > 1).sum()} of {over.size} numbers wrong; at {at} {got[at]:.9g}, "
        f"expected {expected[at]:.9g}, rounding may take it {allowed[at]:.2g} off"
    )
    return bool(over[at] > 1)
'''

VALUES = """data = dict(np.load(HERE / "values.npz"))
allowed = data["allowed"]  # how far float32 may round each number of the output, derived from what it is computed of
"""

TORCH = (
    VALUES
    + """inputs = [torch.from_numpy(data[f"input/{i}"]) for i in range($count)]
"""
    + COMPARE
    + """

$code


def wide(tensor):
    return tensor.double() if tensor.is_floating_point() else tensor


with torch.no_grad():
    expected = build().double()(*map(wide, inputs)).numpy()
    own = build()(*inputs).numpy()
"""
)

TORCH_KERNEL = """
sys.exit(int(compare("torch in float32 beside torch in float64", own, expected, allowed)))
"""

IN_ORT = '''

def in_ort(path, optimise=False):
    """The first output of a file in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return session.run(None, dict(zip(names, arrays)))[0]
'''

IN_REFERENCE = '''

def in_reference(path):
    """The first output of a file in ONNX's reference evaluator."""
    evaluator = ReferenceEvaluator(str(path))
    return evaluator.run(None, dict(zip(evaluator.input_names, arrays)))[0]
'''


@dataclass(frozen=True)
class Runner:
    """How a script runs a file: the text that defines it, what that imports, the call, and what it says ran."""

    text: str
    imports: str
    call: str
    says: str


OPTIMISED = "optimised"
_PLAIN = Runner(IN_ORT, "import onnxruntime", "in_ort(path)", "ONNX Runtime without its optimiser")

#: By the name of the runtime in the catalog, and ONNX Runtime with its optimiser.
RUNNERS = {
    "onnxruntime": _PLAIN,
    "onnx-reference": Runner(
        IN_REFERENCE,
        "from onnx.reference import ReferenceEvaluator",
        "in_reference(path)",
        "ONNX's reference evaluator",
    ),
    OPTIMISED: replace(_PLAIN, call="in_ort(path, optimise=True)", says="ONNX Runtime with its optimiser"),
}

EXPORTED = """

arrays = [data[f"input/{i}"] for i in range($count)]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "piece.onnx"
    $export
    got = $call

compare("the framework itself in float32", own, expected, allowed)
sys.exit(int(compare("what it exports, in $runs", got, expected, allowed)))
"""

KERAS = (
    VALUES
    + """inputs = [data[f"input/{i}"] for i in range($count)]
"""
    + COMPARE
    + '''

$code


def wide(array):
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def numbers(tensor):
    """What a layer gives as numpy has it, its floats as they are."""
    return keras.ops.convert_to_numpy(tensor)


expected = numbers(build("float64")(*[keras.ops.convert_to_tensor(wide(each)) for each in inputs]))
own = numbers(build("float32")(*map(keras.ops.convert_to_tensor, inputs)))
'''
)

KERAS_KERNEL = """
sys.exit(int(compare("Keras in float32 beside Keras in float64", own, expected, allowed)))
"""

KERAS_CALL = """symbols = [keras.Input(batch_shape=each.shape, dtype=each.dtype.name) for each in inputs]
    model = keras.Model(symbols, build("float32")(*symbols))
    model([keras.ops.convert_to_tensor(each) for each in inputs])  # Keras exports no model that was never called
    model.export(str(path), format="onnx", verbose=False)"""

#: How each exporter is called, by its label.
CALLS = {
    "torch": "torch.onnx.export(build(), tuple(inputs), str(path), dynamo=True)",
    "torchscript": "torch.onnx.export(build(), tuple(inputs), str(path), dynamo=False)",
    "tensorflow": KERAS_CALL,
}

FILE = (
    """

def tensor(name):
    return numpy_helper.to_array(onnx.load_tensor(HERE / "test_data_set_0" / name))


path = HERE / "model.onnx"
model = onnx.load(path)
arrays = [tensor(f"input_{i}.pb") for i in range(len(model.graph.input))]
exact = np.load(HERE / "exact.npz")  # the output in float64, and how far float32 may round each of its numbers
expected, allowed = exact["expected"], exact["allowed"]
"""
    + COMPARE
)

ASKED = """

for node in model.graph.node:
    print(onnx.helper.printable_node(node))
"""

PAIR = (
    COMPARE
    + """

$one


$two


first, second = (dict(np.load(HERE / name)) for name in ("one.npz", "two.npz"))
# Two honest runs in float32 may be as far apart as both may round; what they were fed is the same but for that.
allowed = first["allowed"]$turned
sys.exit(int(compare("$names", two(second), one(first)$turned, allowed)))
"""
)


def made(parts: Sequence[str], modules: Sequence[str], **words: object) -> str:
    """A script of its parts.

    modules: what it imports beside numpy, as its lines say it; words: what stands for each ``$name``.
    """
    text = "".join([HEAD, *parts])
    imports = ["import sys", *(["import tempfile"] if "tempfile." in text else []), "from pathlib import Path"]
    return Template(text).substitute(words, imports="\n".join(imports), frameworks="\n".join(modules)).rstrip() + "\n"


def of_file(asked: Sequence[str], **words: object) -> str:
    """The script of a file beside it. asked: what runs it, by names of :data:`RUNNERS`, the last of which decides."""
    runners = [RUNNERS[name] for name in asked]
    *first, last = [f'compare("{each.says}", {each.call}, expected, allowed)' for each in runners]
    end = "\n".join([*first, f"sys.exit(int({last}))"])
    modules = dict.fromkeys(["import onnx", "from onnx import numpy_helper", *(each.imports for each in runners)])
    needs = " and ".join(sorted({module.split()[1].partition(".")[0] for module in modules}))
    texts = dict.fromkeys(each.text for each in runners)
    return made([FILE, *texts, ASKED, end], sorted(modules, reverse=True), needs=needs, **words)
