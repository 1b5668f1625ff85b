"""``parity check`` from the words to the screen, the document and the exit code."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from parity.cli.main import main
from parity.records.model import ModelCheck
from tests.check import models
from tests.check.conftest import Command

pytest.importorskip("onnxruntime", reason="the command runs real runtimes")


def document(text: str) -> ModelCheck:
    return msgspec.json.decode(text, type=ModelCheck)


def test_a_model_that_torch_exported_passes_and_its_operators_have_the_lines_of_the_code(
    parity: Command, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="torch exports the model")
    models.exported(tmp_path / "net.onnx")
    done = parity("net.onnx")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "PASS  net.onnx: of 3 routes 3 pass"
    order = ["honestly rounded?", "figures", "repeat", "worst operators"]
    places = [next(i for i, line in enumerate(lines) if line.strip().startswith(word)) for word in order]
    assert places == sorted(places)
    assert "x 2x3x12x14 float32: an image N C H W: values 0 to 1, normalised about 0, and constant" in done.stdout
    assert re.search(r"Gemm +head +models\.py:\d+ ", done.stdout)
    assert "top-1 100%, top-5 100%" in done.stdout
    assert "repeat    parity check net.onnx" in done.stdout


def test_the_document_has_the_line_of_the_person_s_own_code_with_its_text(parity: Command, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch exports the model")
    models.exported(tmp_path / "net.onnx")
    found = document(parity("net.onnx", "--runtime", "ort", "--json").stdout)
    assert [route.name for route in found.routes] == ["ort", "ort plain"]
    head = next(operator for operator in found.graphs[0].operators if operator.kind == "Gemm")
    assert head.module == "head"
    assert head.source is not None
    assert head.source.file == models.__file__
    line = Path(models.__file__).read_text().splitlines()[head.source.line - 1]
    assert "the line that is shown" in line
    assert head.source.text in line


def test_several_inputs_and_outputs_of_every_type_are_drawn_run_and_judged(parity: Command, tmp_path: Path) -> None:
    models.saved(models.several(), tmp_path / "several.onnx")
    done = parity("several.onnx", "--input", "ids=3x6", "--input", "features=3x3:float32", "--json", "--seed", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    found = document(done.stdout)
    assert {each.name: (each.dtype, each.shape) for each in found.inputs} == {
        "ids": ("int64", [3, 6]),
        "mask": ("int64", [3, 6]),  # its axes have names that ids gave a size
        "features": ("float32", [3, 3]),
        "switch": ("bool", [3, 1]),
    }
    assert {each.name: each.values for each in found.inputs}["ids"] == "whole numbers 0 to 6"
    for route in found.routes:
        answer = route.answers[0]
        assert [output.name for output in answer.outputs] == ["score", "best"]
        assert [output.dtype for output in answer.outputs] == ["float32", "int64"]
        assert [output.figure.status for output in answer.outputs] == ["pass", "pass"]
    assert {figure.figure.status for figure in found.routes[1].answers[0].operators} == {"pass"}
    assert found.tried == ["drawn", "the last alone", "t 4"]
    assert found.seed == 4


def test_real_data_is_fed_as_it_is(parity: Command, tmp_path: Path) -> None:
    models.saved(models.chain(), tmp_path / "chain.onnx")
    np.savez(tmp_path / "data.npz", x=np.ones((1, 3, 9, 10), np.float32))
    found = document(parity("chain.onnx", "--inputs", "data.npz", "--json").stdout)
    assert found.status == "pass"
    assert found.tried == ["given"]
    assert [each.values for each in found.inputs] == ["given"]
    assert found.repeat == "parity check chain.onnx --inputs data.npz"


def test_data_beside_the_file_is_found(parity: Command, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    onnx.save(
        models.chain(),
        tmp_path / "there" / "big.onnx",
        save_as_external_data=True,
        location="big.data",
        size_threshold=0,
    )
    done = parity("there/big.onnx", "--input", "1x3x8x9")
    assert done.returncode == 0, done.stdout + done.stderr


def test_functions_of_a_file_are_opened_and_what_is_stored_need_not_be_fed(parity: Command, tmp_path: Path) -> None:
    inner = [helper.make_node("Add", ["a", "w"], ["t"]), helper.make_node("Relu", ["t"], ["b"])]
    twice = helper.make_function("own", "Twice", ["a", "w"], ["b"], inner, [helper.make_opsetid("", 21)])
    nodes = [helper.make_node("Twice", [a, "w"], [b], domain="own") for a, b in (("x", "u"), ("u", "y"))]
    inputs = [models.value(name, TensorProto.FLOAT, [2, 4]) for name in ("w", "x")]  # the first one is stored
    proto = models.made(nodes, inputs, ["y"], {"w": models.weight(2, 4)})
    proto.functions.append(twice)
    proto.opset_import.append(helper.make_opsetid("own", 1))
    models.saved(proto, tmp_path / "functions.onnx")
    done = parity("functions.onnx", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = document(done.stdout)
    assert [each.name for each in found.inputs] == ["x"]
    assert [operator.kind for operator in found.graphs[0].operators] == ["Add", "Relu", "Add", "Relu"]
    assert len(found.routes[1].answers[0].operators) == 4


def test_an_operator_without_a_rule_leaves_the_rest_judged_and_the_run_is_not_green(
    parity: Command, tmp_path: Path
) -> None:
    proto = models.chain()
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["goes"]), helper.make_node("Relu", ["v"], ["w"])],
        "body",
        [
            models.value("i", TensorProto.INT64, []),
            models.value("go", TensorProto.BOOL, []),
            models.value("v", TensorProto.FLOAT, None),
        ],
        [models.value("goes", TensorProto.BOOL, []), models.value("w", TensorProto.FLOAT, None)],
    )
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array(2), "times"))
    proto.graph.node.append(helper.make_node("Loop", ["times", "", "y"], ["z"], name="loop", body=body))
    proto.graph.output[0].CopyFrom(models.value("z", TensorProto.FLOAT, None))
    models.saved(proto, tmp_path / "loop.onnx")
    done = parity("loop.onnx", "--input", "1x3x8x9")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("NOT JUDGED  loop.onnx")
    assert "unjudged  1 Loop: no rule for Loop" in done.stdout
    found = document(parity("loop.onnx", "--input", "1x3x8x9", "--json").stdout)
    (answer, *_) = found.routes[1].answers
    assert [figure.figure.status for figure in answer.operators] == ["pass"] * 6 + ["not judged"]
    assert answer.outputs[0].figure.status == "not judged"
    assert answer.outputs[0].familiar is not None
    assert answer.outputs[0].familiar.against == "ort"


def broken(name: str, folder: Path) -> None:
    whole = models.chain().SerializeToString()
    content: dict[str, bytes] = {
        "text.onnx": b"this is no model",
        "empty.onnx": b"",
        "cut.onnx": whole[: len(whole) // 2],
        "nothing.onnx": helper.make_model(onnx.GraphProto(name="none")).SerializeToString(),
        "picture.onnx": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    }
    if name in content:
        (folder / name).write_bytes(content[name])
    elif name == "far.onnx":
        onnx.save(models.chain(), folder / name, save_as_external_data=True, location="far.data", size_threshold=0)
        (folder / "far.data").unlink()
    elif name == "short.onnx":
        onnx.save(models.chain(), folder / name, save_as_external_data=True, location="short.data", size_threshold=0)
        (folder / "short.data").write_bytes((folder / "short.data").read_bytes()[:100])
    elif name == "folder.onnx":
        (folder / name).mkdir()
    elif name == "sizes.onnx":
        proto = models.chain()
        proto.graph.initializer[0].dims[0] += 1
        models.saved(proto, folder / name)
    elif name == "chain.onnx":
        models.saved(models.chain(), folder / name)
    elif name == "several.onnx":
        models.saved(models.several(), folder / name)
    np.savez(folder / "y.npz", y=np.ones(3))
    np.savez(folder / "double.npz", x=np.ones((1, 3, 8, 9)))
    np.savez(folder / "objects.npz", x=np.array([None, "a"], dtype=object))
    np.save(folder / "one.npy", np.ones(3))


BAD: list[tuple[str, list[str], str]] = [
    ("none.onnx", [], "none.onnx: there is no such file; name one that exists"),
    ("folder.onnx", [], "folder.onnx: there is no such file; name one that exists"),
    ("net.pt", [], "net.pt: loading a pickle runs whatever code is in it; give FILE.py:NAME of a function that makes the model"),
    ("net.safetensors", [], "net.safetensors: it holds weights and no model; give FILE.py:NAME of a function"),
    ("net.tflite", [], "net.tflite: it is no ONNX file and names no model; write FILE.onnx, FILE.keras, FILE.pt2, FILE.py:NAME or"),
    ("text.onnx", [], "cannot be read as an ONNX file"),
    ("empty.onnx", [], "cannot be read as an ONNX file: it holds no model; give a whole file with its data beside it"),
    ("nothing.onnx", [], "cannot be read as an ONNX file: it holds no model; give a whole file"),
    ("cut.onnx", [], "cannot be read as an ONNX file"),
    ("picture.onnx", [], "cannot be read as an ONNX file"),
    ("far.onnx", ["--input", "1x3x8x9"], "give a whole file with its data beside it"),
    ("short.onnx", ["--input", "1x3x8x9"], "give a whole file"),
    ("sizes.onnx", ["--input", "1x3x8x9"], "give a"),
    ("chain.onnx", [], "input 'x' is 1x3xheightxwidth, and nothing says how large its free axes are; give it by --input x=1x3x224x224, for example"),
    ("chain.onnx", ["--input", "1x3x8"], "input 'x' is 1x3x8, the model wants 1x3xheightxwidth; give it so"),
    ("chain.onnx", ["--input", "1x4x8x9"], "input 'x' is 1x4x8x9, the model wants 1x3xheightxwidth; give it so"),
    ("chain.onnx", ["--input", "1x3x0x9"], "input 'x': 1x3x0x9 holds no number"),
    ("chain.onnx", ["--input", "1x3x8x9:int8"], "input 'x' is int8, the model wants float32; give it as float32"),
    ("chain.onnx", ["--input", "z=1x3x8x9"], "--input z: the model has no such input; its inputs are x"),
    ("chain.onnx", ["--input", "1x3x8x9", "--input", "x=1x3x8x9"], "--input x: given twice; give it once"),
    ("chain.onnx", ["--input", "1*3"], "'1*3' is no shape; write sizes such as 1x3x224x224"),
    ("chain.onnx", ["--input", "1x3:real"], "'real' is no type; there are float16"),
    ("chain.onnx", ["--inputs", "none.npz"], "--inputs none.npz: No such file or directory; write it by numpy.savez"),
    ("chain.onnx", ["--inputs", "y.npz"], "--inputs y: the model has no such input; its inputs are x"),
    ("chain.onnx", ["--inputs", "double.npz"], "input 'x' is float64, the model wants float32; give it as float32"),
    ("chain.onnx", ["--inputs", "objects.npz"], "--inputs objects.npz: "),
    ("chain.onnx", ["--inputs", "one.npy"], "it holds one array without a name; write it by numpy.savez"),
    ("chain.onnx", ["--inputs", "chain.onnx"], "--inputs chain.onnx: "),
    ("several.onnx", ["--input", "3x6"], "the model's inputs are ids, mask, features, switch; write NAME=3x6"),
    ("several.onnx", ["--input", "ids=3x6", "--input", "features=2x3"], "input 'features' is 2x3, the model wants nx3"),
    ("chain.onnx", ["--input", "1x3x8x9", "--runtime", "trt"], "--runtime trt: there is no such runtime; there are "),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words", "said"), BAD, ids=[f"{n} {' '.join(w)}".strip() for n, w, _ in BAD])
def test_what_a_person_gets_wrong_is_one_sentence_with_the_mend(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    words: list[str],
    said: str,
) -> None:
    """The command line in this process: a process of its own for each takes longer, and what it adds is the same for all."""
    broken(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    code = main(["check", name, *words])
    out, err = capfd.readouterr()
    assert code == 2, out + err
    assert out == ""
    # A machine that is busy with other things is told of progress before.
    (line,) = (each for each in err.splitlines() if " steps, " not in each)
    assert line.startswith("parity: error: ")
    assert said in line
    assert "; " in line
