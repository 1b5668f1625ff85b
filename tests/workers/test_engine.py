"""The engine's promises besides survival, on real workers."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from parity_kit import CATALOG, LIMIT, MODULE, case, route

from parity.cases.registry import load
from parity.errors import ParityError
from parity.judging.blame import whose
from parity.records.lines import Check
from parity.routes.catalog import Catalog
from parity.routes.options import Option
from parity.running import engine
from tests.workers.conftest import Runner, run_in

KEPT = [(case("one"), route("kit>reader"))]


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "exports").iterdir())


def test_a_check_says_what_ran_and_how_to_repeat_it(run: Runner) -> None:
    check = run([(case("a/b"), route("kit>reader"))], seed=7)["a/b[kit>reader]"]
    assert (check.model, check.device) == ("ReLU()", "cpu")
    assert (check.input_shape, check.output_shape) == ([2, 3, 4, 5], [2, 3, 4, 5])
    assert shlex.split(check.repeat) == ["parity", "run", "a/b[kit>reader]", "--seed", "7"]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Check]:
    """A cache with one entry, and the check that filled it."""
    folder = tmp_path_factory.mktemp("cold")
    return folder / "cache", run_in(folder, KEPT)["one[kit>reader]"]


@pytest.fixture
def filled(cold: tuple[Path, Check], tmp_path: Path) -> Path:
    """A copy of that entry in the cache of this test's run; gives its folder."""
    shutil.copytree(cold[0], tmp_path / "cache")
    (entry,) = entries(tmp_path)
    return entry


def test_a_warm_run_exports_nothing_and_says_so(run: Runner, cold: tuple[Path, Check], filled: Path) -> None:
    first, warm = cold[1], run(KEPT)["one[kit>reader]"]
    assert (first.status, first.cached, warm.status, warm.cached) == ("pass", False, "pass", True)
    assert warm.exporter == first.exporter == "writer"
    assert (first.seconds.export or 0) > 0
    assert warm.seconds.export is None
    assert (warm.ratio, warm.notes) == (first.ratio, [])


def test_a_file_that_is_refused_is_run_all_the_same_and_refused_out_of_the_cache_too(run: Runner) -> None:
    routes = ("kit>reader", "kit>other", "maker")
    checks = [*((case("lie", "export:lie"), route(name)) for name in routes)]
    checks += [(case("dead", "export:lie", "read:raise"), route("kit>reader"))]
    for cached in (False, True):
        ended = run(checks)
        check = ended["lie[kit>reader]"]
        assert (check.status, check.cached, check.probes[0].status) == ("fail", cached, "pass")
        assert check.failure is not None
        assert (check.failure.kind, check.failure.values, check.failure.inferred) == ("onnx-invalid", None, "right")
        assert check.reason.endswith("; run all the same: its answers agree with the oracle")
        said = "the exporter writer: the file declares a shape that neither shape inference nor kit>reader gives"
        assert whose(check, ended.values()) == said
        dead = ended["dead[kit>reader]"]
        assert dead.failure is not None
        assert (dead.status, dead.failure.kind, dead.step) == ("fail", "onnx-invalid", "run")
        assert dead.reason.endswith("; run all the same: running in reader: RuntimeError: boom")


def test_a_check_says_of_which_framework_it_is_and_which_step_ended_it(run: Runner) -> None:
    ended = run([(case("dead", "export:raise"), route("kit>reader")), (case("well"), route("kit"))])
    assert (ended["dead[kit>reader]"].framework, ended["dead[kit>reader]"].step) == ("maker", "export")
    assert (ended["well[kit]"].framework, ended["well[kit]"].step) == ("kit", None)


def test_another_seed_takes_the_same_export(run: Runner, tmp_path: Path, filled: Path) -> None:
    assert run(KEPT, seed=1)["one[kit>reader]"].cached is True
    assert entries(tmp_path) == [filled]


def test_without_the_cache_nothing_is_read_or_kept(run: Runner, tmp_path: Path, filled: Path) -> None:
    assert run(KEPT, use_cache=False, seed=0)["one[kit>reader]"].cached is False
    assert entries(tmp_path) == [filled]
    shutil.rmtree(filled)
    assert run([(case("one", "read:raise"), route("kit>reader"))], use_cache=False)["one[kit>reader]"].cached is False
    assert entries(tmp_path) == []


def test_a_table_that_an_exporter_cannot_keep_is_told_once_and_not_looked_for_without_a_memo(run: Runner) -> None:
    checks = [(case(name, "export:look"), route("kit>reader")) for name in ("a", "b")]
    for memo in (True, False):
        notes = [note for check in run(checks, use_cache=False, memo=memo).values() for note in check.notes]
        assert [note.partition(" is ")[0] for note in notes] == ["exports are slower: gone"] * memo, memo


def test_a_failed_export_is_never_kept(run: Runner, tmp_path: Path) -> None:
    run([(case("one", "export:broken"), route("kit>reader"))])
    assert not (tmp_path / "cache" / "exports").exists()


def test_a_damaged_entry_is_made_again_and_every_check_on_it_says_so(run: Runner, filled: Path) -> None:
    file = filled / "shipped.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    for check in run([*KEPT, (case("one"), route("kit>other"))]).values():
        assert (check.status, check.cached) == ("pass", False)
        assert check.notes == ["cache entry was damaged and made again: shipped.onnx is not what was stored"]
    check = run(KEPT)["one[kit>reader]"]
    assert (check.cached, check.notes) == (True, [])


def test_a_look_that_fails_costs_time_and_no_verdict(run: Runner, filled: Path) -> None:
    (filled / "entry.json").unlink()
    (filled / "entry.json").mkdir()
    check = run(KEPT)["one[kit>reader]"]
    assert (check.status, check.cached) == ("pass", False)
    assert check.notes[0].startswith("not cached: looking in the cache: IsADirectoryError")


def test_what_is_absent_is_not_run_with_the_reason_and_the_mend(run: Runner) -> None:
    catalog = Catalog({"kit": f"{MODULE}:Kit", "absent": f"{MODULE}:Absent"})
    made = run([(case("one"), catalog.routes()[name]) for name in ("kit", "absent")], catalog=catalog)
    assert made["one[kit]"].status == "pass"
    gone = made["one[absent]"]
    assert (gone.status, gone.reason) == ("not run", "a_module_that_nobody_has is not installed: pip install it")


def test_a_device_that_is_not_there_is_not_run_whatever_else_fails(run: Runner) -> None:
    broken, fine = case("broken", "export:raise"), case("fine")
    checks = [
        (c, route(name, device=d)) for c in (broken, fine) for name in ("kit", "kit>reader") for d in ("cuda", "cpu")
    ]
    made = run(checks)
    assert made["broken[kit>reader]"].status == "error"
    assert made["fine[kit>reader]"].status == made["fine[kit]"].status == made["broken[kit]"].status == "pass"
    for name in ("broken", "fine"):
        for base, owner in (("kit", "kit"), ("kit>reader", "reader")):
            check = made[f"{name}[{base}@cuda]"]
            assert (check.status, check.reason) == ("not run", f"the {owner} sees no cuda device")
            assert check.device == "cuda"


def test_an_engine_that_cannot_start_costs_its_own_checks_and_is_tried_once(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "START_LIMIT", 4.0)
    names = ("failing", "crashing", "hanging")
    catalog = Catalog({"kit": f"{MODULE}:Kit", **{name: f"{MODULE}:{name.title()}" for name in names}})
    cases = [case("one"), case("two"), case("three")]
    made = run([(c, catalog.routes()[name]) for c in cases for name in ("kit", *names)], catalog=catalog)
    for c in cases:
        assert made[f"{c.name}[kit]"].status == "pass"
        reasons = {
            "failing": ("error", "starting failing: ImportError: a library of it is missing"),
            "crashing": ("crash", "killed by SIGSEGV while starting crashing"),
            "hanging": ("timeout", "ran longer than 4 s while starting hanging"),
        }
        for name, expected in reasons.items():
            check = made[f"{c.name}[{name}]"]
            assert (check.status, check.reason) == expected


def test_an_option_that_needs_longer_has_it_beyond_the_limit_of_a_case(run: Runner) -> None:
    late = case("late", "run:doze", time_limit=4 * LIMIT)
    compiled = route(of_run=(Option("compiled", "takes its time", longer=60.0),), options=("compiled",))
    found = run([(late, route()), (late, compiled)])
    assert {name: check.status for name, check in found.items()} == {
        "late[kit]": "timeout",
        "late[kit+compiled]": "pass",
    }


def test_the_arrays_of_a_failing_check_are_kept_whole_and_of_no_other(run: Runner, tmp_path: Path) -> None:
    made = run([(case("good"), route()), (case("bad", "run:wrong"), route())])
    assert made["good[kit]"].arrays == ""
    bad = made["bad[kit]"]
    assert (bad.status, bad.failure is not None and bad.failure.kind) == ("fail", "value")
    assert [path.name for path in (tmp_path / "arrays").iterdir()] == [Path(bad.arrays).name]
    with np.load(tmp_path / bad.arrays) as arrays:
        assert np.array_equal(arrays["observed"], arrays["expected"].astype(np.float32) + 1)


def test_an_array_folder_that_cannot_be_made_costs_the_arrays_only(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "arrays").write_text("a file is in the way")
    bad = run([(case("bad", "run:wrong"), route())])["bad[kit]"]
    assert (bad.status, bad.arrays) == ("fail", "")
    assert bad.notes == ["its arrays could not be kept in arrays: File exists"]


def test_settle_has_the_last_word_on_a_check(run: Runner) -> None:
    def settle(check: Check) -> Check:
        return check if check.status == "pass" else Check(**{**_fields(check), "status": "known"})

    made = run([(case("good"), route()), (case("bad", "run:wrong"), route())], settle=settle)
    assert [made[f"{name}[kit]"].status for name in ("good", "bad")] == ["pass", "known"]


def _fields(check: Check) -> dict[str, object]:
    return {name: getattr(check, name) for name in check.__struct_fields__}


@pytest.mark.parametrize("fault", ["run:full", "export:no-space"])
def test_a_full_disk_ends_the_run_with_one_line(run: Runner, tmp_path: Path, fault: str) -> None:
    with pytest.raises(ParityError, match=r"^cache folder .*: .*No space left on device.*; make it writable.*$"):
        run([(case("one", fault), route("kit")), (case("one", fault), route("kit>reader"))])
    assert not list((tmp_path / "cache").glob("scratch-*"))


def test_a_cache_folder_that_cannot_be_made_is_one_line(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    with pytest.raises(ParityError, match=r"^cache folder .*/cache: cannot be written: File exists; make it writable"):
        run([(case("one"), route())])


def test_what_emit_raises_comes_through_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def emit(check: Check) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        engine.run(
            [(case("one"), route())],
            seed=0,
            catalog=CATALOG,
            cases_folder=None,
            cache_folder=tmp_path / "cache",
            arrays_folder=tmp_path / "arrays",
            emit=emit,
        )
    assert not list((tmp_path / "cache").glob("scratch-*"))


def test_no_checks_start_no_workers(run: Runner) -> None:
    assert run([]) == {}


def test_a_layer_defined_in_a_case_file_reaches_the_worker_and_leaves_the_folder_as_it_was(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "own.py").write_text(
        "from parity.cases import Case\n"
        "from parity.layers import Layer, layer\n"
        "@layer\n"
        "class Negate(Layer):\n"
        "    def to_onnx(self, op, x):\n"
        "        return op.Neg(x)\n"
        "    def to_torch(self, torch, x):\n"
        "        return torch.neg\n"
        "    def to_keras(self, keras, x):\n"
        "        return keras.ops.negative\n"
        "CASES = [Case('negate', Negate(), (2, 3, 4, 5))]\n"
    )
    cases = load(folder).cases
    check = run([(cases["negate"], route())], cases_folder=folder)["negate[kit]"]
    assert (check.status, check.model) == ("pass", "Negate()")
    assert [path.name for path in folder.iterdir()] == ["own.py"]


def test_a_route_whose_exporter_writes_no_gradients_says_so_and_exports_nothing(run: Runner) -> None:
    asked = replace(case("slope", "export:raise"), mode="gradient")
    check = run([(asked, route("kit>reader"))])["slope[kit>reader]"]
    assert (check.status, check.step) == ("unsupported", "export")
    assert check.reason == "the writer exporter writes a network and not its gradients"
    assert not check.seconds.export
