"""One export for a structure: what is filled, what is exported anew, and that a filled file is believed for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.cases import Case, Sequential
from parity.errors import Broken, Unsupported
from parity.layers import BatchNorm2D, Conv2D, Draw, Dropout, Linear, ReLU
from parity.routes.catalog import Catalog, installed
from parity.routes.exporters.definition import DefinitionFile
from parity.routes.exporters.filled import difference
from parity.running import cache, exports
from parity.running.exports import Looked
from parity.running.key import structure_key
from parity.running.steps import Exported, export_step, ready

onnx = pytest.importorskip("onnx", reason="ONNX files are read and written")

CONV = Case("conv", Sequential(("conv", Conv2D(3, 4, 3)), ("relu", ReLU())), (2, 3, 8, 9))
OPEN = replace(CONV, batches=(1, 5))


class Counting(DefinitionFile):
    """Writes what the definition exporter writes, and counts; a person's exporter in all that the cache knows of it."""

    exported = 0

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        Counting.exported += 1
        super().export(case, model, tapped, path)
        onnx.save(self.changed(onnx.load(path)), path)

    def changed(self, model: Any) -> Any:
        return model


class Folding(Counting):
    """Stores twice each weight and halves the input."""

    def changed(self, model: Any) -> Any:
        for tensor in model.graph.initializer:
            array = onnx.numpy_helper.to_array(tensor)
            if array.ndim == 4:
                tensor.CopyFrom(onnx.numpy_helper.from_array(array * np.float32(1.5), tensor.name))
        return model


class Looking(Counting):
    """Writes another graph where the first weight is below a half, as no marked one of these is."""

    def changed(self, model: Any) -> Any:
        array = onnx.numpy_helper.to_array(model.graph.initializer[0])
        if np.abs(array).max() < 100:
            model.graph.node[0].doc_string = "small"
        return model


class Wavering(Counting):
    """Writes now one graph, now another, whatever the weights are."""

    def changed(self, model: Any) -> Any:
        if Counting.exported % 3 == 1:
            model.graph.node[0].doc_string = "now and then"
        return model


class Choosy(Counting):
    """Refuses numbers that it was not made for."""

    def changed(self, model: Any) -> Any:
        if any(np.abs(onnx.numpy_helper.to_array(tensor)).max() > 100 for tensor in model.graph.initializer):
            raise ValueError("out of range")
        return model


class Shelves:
    """A cache, and exports through it."""

    def __init__(self, kept: Path, scratch: Path, exporter: type[Counting] = Counting) -> None:
        self.kept, self._scratch, self._numbers = kept, scratch, count()
        self.catalog = Catalog(
            installed().frameworks, {"definition": f"{__name__}:{exporter.__name__}"}, installed().runtimes
        )
        self.route = self.catalog.routes()["definition>ort"]

    def folder(self) -> Path:
        made = self._scratch / f"f{next(self._numbers)}"
        made.mkdir()
        return made

    def look(self, case: Case, seed: int = 0) -> Looked:
        return exports.look(case, seed, self.route, self.catalog, self.folder(), self.kept)

    def export(self, case: Case, seed: int = 0) -> tuple[int, Exported]:
        """How many files were exported for it, and what there is."""
        before = Counting.exported
        key = structure_key(case, self.route, self.catalog)
        made = exports.export(case, seed, self.route, self.catalog, self.folder(), self.kept, key)
        return Counting.exported - before, made

    def same(self, made: Exported, case: Case, seed: int = 0) -> bool:
        """Whether the files are those of an export of every variant by itself."""
        files = ready(case, seed, made)
        real = export_step(case, seed, self.route, self.catalog, self.folder())
        assert set(files) == set(real.files)
        assert [Path(path).name for path in files.values()] == [Path(path).name for path in real.files.values()]
        return not any(difference(Path(files[name]), Path(path)) for name, path in real.files.items())


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    with cache.scratch(tmp_path / "cache") as folder:
        yield folder


@pytest.fixture
def shelves(scratch: Path) -> Shelves:
    return Shelves(scratch.parent, scratch)


@pytest.fixture
def no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SAMPLED", 2**256)


@pytest.mark.usefixtures("no_sample")
def test_one_export_of_a_structure_serves_seeds_cases_and_the_integer_probe(shelves: Shelves) -> None:
    made, first = shelves.export(CONV)
    assert made == 2  # as it ships and tapped
    assert sorted(first.files) == sorted(first.places) == ["integer", "shipped", "tapped"]
    assert shelves.same(first, CONV)
    others = [(CONV, 1), (replace(CONV, name="other", scale=1e3), 0), (replace(CONV, draws={"conv.bias": Draw()}), 0)]
    for case, seed in others:
        found = shelves.look(case, seed).found
        assert found is not None
        assert shelves.same(found, case, seed)
        assert shelves.export(case, seed)[0] == 0
    assert shelves.look(replace(CONV, shape=(2, 3, 8, 10))).found is None


@pytest.mark.usefixtures("no_sample")
def test_a_network_without_parameters_needs_nothing_put_in(shelves: Shelves) -> None:
    case = Case("relu", ReLU(), (2, 3, 4, 5))
    made, first = shelves.export(case)
    assert (made, first.places) == (1, {})
    assert shelves.same(first, case)
    assert shelves.look(case, 7).found is not None


@pytest.mark.usefixtures("no_sample")
def test_what_is_folded_is_exported_for_each_set_of_parameters_and_kept(scratch: Path) -> None:
    shelves = Shelves(scratch.parent, scratch, Folding)
    made, first = shelves.export(CONV)
    assert (made, first.places) == (2 + 3, {})  # each structure once in vain
    assert shelves.same(first, CONV)
    assert shelves.look(CONV).found is not None
    assert shelves.look(CONV, 1).found is None
    made, other = shelves.export(CONV, 1)
    assert made == 3
    assert shelves.same(other, CONV, 1)


@pytest.mark.usefixtures("no_sample")
def test_parameters_that_an_exporter_may_look_at_are_exported_with(shelves: Shelves) -> None:
    fresh = {f"norm.{n}": Draw(centre=c, spread=0.0) for n, c in dict(gamma=1.0, beta=0.0, mean=0.0, var=1.0).items()}
    case = Case("norm", Sequential(("norm", BatchNorm2D(3)), ("relu", ReLU())), (2, 3, 8, 9))
    assert set(shelves.export(case)[1].places) == {"shipped", "tapped"}
    made, untrained = shelves.export(replace(case, draws=fresh))
    assert (made, untrained.places) == (2, {})
    assert shelves.same(untrained, replace(case, draws=fresh))


@pytest.mark.usefixtures("no_sample")
def test_how_an_export_ends_is_told_of_the_parameters_that_a_case_has(scratch: Path) -> None:
    shelves = Shelves(scratch.parent, scratch, Choosy)
    made, first = shelves.export(CONV)
    assert (made, first.places) == (2 + 3, {})
    with pytest.raises(ValueError, match="out of range"):
        shelves.export(replace(CONV, draws={"conv.weight": Draw(centre=1e3)}))
    with pytest.raises(Unsupported, match="draws nothing"):
        shelves.export(Case("dropout", Dropout(), (2, 3, 4, 5), mode="training"))


@pytest.mark.usefixtures("no_sample")
def test_that_no_batch_axis_is_left_open_is_kept_too(shelves: Shelves) -> None:
    made, first = shelves.export(OPEN)
    assert (made, "open" in first.files) == (2, False)
    found = shelves.look(OPEN, 3).found
    assert found is not None
    assert sorted(found.files) == ["integer", "shipped", "tapped"]


def test_a_file_in_the_sample_is_exported_once_more_and_that_it_held_is_kept(
    shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "SAMPLED", 1)
    made, first = shelves.export(CONV)
    assert made == 2 + 3
    assert shelves.same(first, CONV)
    assert shelves.look(CONV).found is not None
    assert shelves.export(CONV)[0] == 0
    assert shelves.look(CONV, 1).found is None
    assert shelves.export(CONV, 1)[0] == 3


def test_a_file_in_the_sample_that_no_export_gives_is_a_failure_each_time(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelves = Shelves(scratch.parent, scratch, Looking)
    monkeypatch.setattr(exports, "SAMPLED", 1)
    for _ in range(2):
        with pytest.raises(Broken, match=r"is not what an export gives: node 0 .* is not in it") as caught:
            shelves.export(CONV)
        assert caught.value.kind == "cache"
        assert shelves.look(CONV).found is None


def test_an_exporter_that_gives_now_one_graph_now_another_gave_both(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelves = Shelves(scratch.parent, scratch, Wavering)
    monkeypatch.setattr(exports, "SAMPLED", 1)
    made, _ = shelves.export(CONV)
    assert made > 2 + 3  # so one was exported again
    assert shelves.look(CONV).found is not None


def test_the_sample_is_a_share_and_the_same_on_every_run(shelves: Shelves, monkeypatch: pytest.MonkeyPatch) -> None:
    assert exports.SAMPLED == 50
    monkeypatch.setattr(exports, "SAMPLED", 5)
    case = Case("linear", Linear(3, 2), (4, 3))
    # It is the same each time, and takes longer than all else: the sources of this exporter are every test there is.
    key = structure_key(case, shelves.route, shelves.catalog)
    monkeypatch.setattr(exports, "structure_key", lambda *_: key)
    shelves.export(case)
    sampled = [seed for seed in range(1, 51) if shelves.look(case, seed).found is None]
    assert 3 <= len(sampled) <= 40  # of 100 files, two in each look
    assert [seed for seed in sampled if shelves.look(case, seed).found is not None] == []


def test_damage_is_told_and_made_good(shelves: Shelves) -> None:
    shelves.export(CONV)
    for entry in (shelves.kept / "exports").iterdir():
        for path in entry.glob("*.onnx"):
            path.write_bytes(path.read_bytes()[:-1])
    looked = shelves.look(CONV)
    assert looked.found is None
    assert looked.damage in ("shipped.onnx is not what was stored", "tapped.onnx is not what was stored")
    made, again = shelves.export(CONV)
    assert made == 2
    assert shelves.same(again, CONV)


def test_two_that_fill_one_folder_at_once_leave_whole_files(shelves: Shelves) -> None:
    _, made = shelves.export(CONV)
    first = ready(CONV, 0, made)
    assert first == ready(CONV, 0, made)
    assert sorted(path.name for path in Path(made.folder).glob("*.onnx*")) == [
        "integer.onnx",
        "shipped.onnx",
        "tapped.onnx",
    ]
