"""What a person gets wrong: one line that names it and the mend, and the right exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity.cli.main import main
from parity.records.lines import SCHEMA
from parity.routes import catalog
from tests.cli.conftest import Project
from tests.cli.program import PARTS
from tests.report import made

USAGE = {
    "no command": ((), 2, "the following arguments are required: COMMAND; `parity --help` shows what there is"),
    "a command that is none": (("walk",), 2, "invalid choice: 'walk'"),
    "an option that is none": (("run", "--fast"), 2, "unrecognized arguments: --fast; `parity --help` shows"),
    "an abbreviated option": (("run", "--dev", "cpu"), 2, "unrecognized arguments: --dev"),
    "a case that is none": (("run", "good/ones"), 2, "case 'good/ones' does not exist; did you mean good/one or good/two"),
    "a file of a model": (("run", "model.onnx"), 2, "case 'model.onnx' does not exist, and reads like a file: parity"),
    "a family that is none": (("list", "goods"), 2, "case 'goods' does not exist; did you mean good"),
    "a case to show that is none": (("show", "gon"), 2, "case 'gon' does not exist; did you mean gone"),
    "a family to show": (("show", "good"), 2, "case 'good' is 2 cases; name one of good/one, good/two"),
    "an id with a case that is none": (("run", "goon[kit]"), 2, "case 'goon' does not exist; did you mean good or gone"),
    "an id with a route that is none": (("run", "gone[kitt]"), 2, "route 'kitt' does not exist; did you mean kit"),
    "a route that is none": (("run", "--route", "kit>orrt"), 2, "route 'kit>orrt' does not exist"),
    "a route with an odd option": (("run", "--route", "kit+fast"), 2, "route 'kit+fast' has no option +fast; it has +tf32"),
    "a device that is none": (("run", "--device", "gpu"), 2, "device 'gpu' does not exist; there are cpu, cuda"),
    "a device that is none in a route": (("run", "--route", "kit@tpu"), 2, "device 'tpu' does not exist"),
    "TF32 on a cpu": (("run", "--route", "kit+tf32"), 2, "route 'kit+tf32': a cpu has no TF32; add --device cuda"),
    "something required that is none": (("run", "--require", "kitt"), 2, "--require kitt: is no device, framework"),
    "something required that nothing uses": (
        ("run", "--route", "kit", "--require", "reader"),
        2,
        "--require reader: no selected check uses it",
    ),
    "a required device that is not asked": (
        ("run", "--device", "cpu", "--require", "cuda"),
        2,
        "--require cuda: no selected check uses it; select one with --route or --device",
    ),
    "a glob without a match": (("run", "zzz*"), 5, "pattern 'zzz*' matches no case; `parity list` shows them all"),
    "a glob to list without a match": (("list", "zzz*"), 5, "pattern 'zzz*' matches no case"),
    "a seed that is none": (("run", "--seed", "-1"), 2, "argument --seed: '-1' must be a whole number of at least 0"),
    "a seed of letters": (("run", "--seed", "one"), 2, "argument --seed: 'one' must be a whole number"),
    "threads that are none": (("run", "--threads", "0"), 2, "argument --threads: '0' must be a whole number of at least 1"),
    "jobs that are none": (("run", "--jobs", "0"), 2, "argument --jobs: '0' must be a whole number of at least 1"),
    "a shard that is none": (("run", "--shard", "3"), 2, "argument --shard: '3' must be a shard such as 3/8"),
    "a shard beyond the last": (("run", "--shard", "4/3"), 2, "--shard 4/3: there is no such shard; they are 1/3 to 3/3"),
    "times of nothing": (("run", "--times", "r.jsonl"), 2, "--times needs --shard or --dask: it says what each case costs"),
    "a size that is none": (("run", "--memory", "lots"), 2, "argument --memory: 'lots' must be a size such as 4GiB"),
    "a folder of cases that is none": (("list", "--cases", "none"), 2, "none: there is no such folder of cases; make it"),
    "a records file that is none": (("report", "none.jsonl"), 2, "none.jsonl: cannot be read: No such file or directory"),
    "a folder for records": (("report", "cases"), 2, "cases: cannot be read: Is a directory"),
}  # fmt: skip


@pytest.mark.parametrize("what", USAGE)
def test_what_is_wrong_is_one_line_with_the_mend(
    project: Project, what: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command line in this process: what one of its own adds is the same for all, and the tests below have one."""
    words, code, said = USAGE[what]
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(catalog, "installed", lambda: PARTS)
    assert main(words) == code
    out, err = capfd.readouterr()
    assert err.startswith("parity: error: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert out == ""
    assert not (project.folder / "reports").exists()


CASES = {
    "a syntax error": ("def f(:\n", "parity: error: cases/kit.py:1: is not Python: "),
    "a field out of range": (
        "from parity.layers import Conv2D\n\nConv2D(3, 8, 3, groups=2)\n",
        "parity: error: cases/kit.py:3: Conv2D: groups=2 must divide in_channels=3 and out_channels=8\n",
    ),
    "an entry that covers nothing": (
        "from parity.cases import Case, KnownDivergence\nfrom parity.layers import ReLU\n"
        "CASES = [Case('a', ReLU(), (2, 3, 4, 5))]\n"
        "KNOWN = [KnownDivergence(cases='b', routes='kit', kind='value', reason='r', evidence='e')]\n",
        "parity: error: cases/kit.py: KnownDivergence cases='b' routes='kit' covers no case and route that exists",
    ),
}


@pytest.mark.parametrize("command", ["list", "run"])
@pytest.mark.parametrize("what", CASES)
def test_a_case_file_that_is_wrong_is_one_line_with_its_place(project: Project, what: str, command: str) -> None:
    text, said = CASES[what]
    (project.folder / "cases" / "kit.py").write_text(text)
    done = project.parity(command)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_a_name_used_twice_names_both_files(project: Project) -> None:
    (project.folder / "cases" / "more.py").write_text((project.folder / "cases" / "kit.py").read_text())
    done = project.parity("run")
    assert done.returncode == 2
    assert done.stderr == ("parity: error: case 'good/one' is declared in cases/kit.py and cases/more.py; rename one\n")


def test_a_known_divergence_on_a_device_that_is_not_here_is_no_mistake(project: Project) -> None:
    file = project.folder / "cases" / "kit.py"
    file.write_text(file.read_text().replace('routes="kit"', 'routes="kit@cuda+tf32"'))
    assert project.parity("list").returncode == 0


RECORDS = {
    "a newer schema": (
        b'{"type": "run", "schema": 99}\n',
        f"has schema 99, this parity reads up to {SCHEMA}; upgrade parity",
    ),
    "something else": (b"\x89PNG\r\n\x1a\n", "is not a records file: line 1 is not JSON"),
    "nothing": (b"", "is empty; give a records file that `parity run` wrote"),
    "a line that is damaged": (made.lines(made.records()).replace(b'"pass"', b'"pa', 1), "line 2 is damaged"),
}


@pytest.mark.parametrize("what", RECORDS)
def test_a_file_that_holds_no_records_is_one_line_and_leaves_nothing(tmp_path: Path, what: str) -> None:
    data, said = RECORDS[what]
    (tmp_path / "r.jsonl").write_bytes(data)
    done = Project(tmp_path).parity("report", "r.jsonl")
    assert done.returncode == 2
    assert done.stderr.startswith("parity: error: r.jsonl: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["r.jsonl"]


def test_records_that_are_cut_off_are_rendered_and_say_so(tmp_path: Path) -> None:
    whole = made.lines(made.records())
    (tmp_path / "cut.jsonl").write_bytes(whole[: len(whole) - 400])
    done = Project(tmp_path).parity("report", "cut.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cut.html\n", "")
    assert "This run did not finish: it was cut off" in (tmp_path / "cut.html").read_text()


def test_a_report_that_cannot_be_written_is_one_line_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(made.lines(made.records()))
    done = Project(tmp_path).parity("report", "r.jsonl", "-o", "none/r.html")
    assert done.returncode == 2
    assert (
        done.stderr
        == "parity: error: none/r.html: cannot be written: No such file or directory; name another file with -o\n"
    )


def test_a_report_on_a_full_disk_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(made.lines(made.records()))
    (tmp_path / "r.html").write_text("old")
    done = Project(tmp_path).parity("report", "r.jsonl", environment={"PARITY_TEST_FSIZE": "3000"})
    assert done.returncode == 3
    assert (
        done.stderr
        == "parity: error: r.html: cannot be written: File too large; make room, or name another file with -o\n"
    )
    assert (tmp_path / "r.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "r.jsonl"]


def test_help_and_version_say_what_there_is(project: Project) -> None:
    told = project.parity("--help")
    assert told.returncode == 0
    for word in ("list", "run", "show", "report", "env", "exit codes:", "130  interrupted"):
        assert word in told.stdout
    version = project.parity("--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, "parity 0.1.0\n", "")
    for command in ("list", "run", "show", "report", "env"):
        assert project.parity(command, "--help").returncode == 0


def test_list_prints_a_line_a_case_and_the_same_as_json(project: Project) -> None:
    text = project.parity("list").stdout.splitlines()
    lines = [json.loads(line) for line in project.parity("list", "--json").stdout.splitlines()]
    assert [line.split()[0] for line in text[1:]] == [line["name"] for line in lines]
    assert len(lines) == 8
    assert lines[0] == {
        "name": "good/one",
        "family": "good",
        "model": "ReLU()",
        "input_shape": [2, 3, 4, 5],
        "output_shape": [2, 3, 4, 5],
        "scale": 1.0,
        "mean": 0.0,
        "values": "normal",
        "precision": "float32",
        "mode": "inference",
        "tags": [],
        "quick": True,
    }


def test_list_takes_names_families_and_globs(project: Project) -> None:
    def names(*patterns: str) -> list[str]:
        return [json.loads(line)["name"] for line in project.parity("list", "--json", *patterns).stdout.splitlines()]

    assert names("good") == ["good/one", "good/two"]
    assert names("good/") == ["good/one", "good/two"]
    assert names("*o*e", "dies") == ["good/one", "gone", "dies"]


def test_env_prints_the_routes_that_can_run_and_why_others_cannot(project: Project) -> None:
    said = project.parity("env")
    assert said.returncode == 0
    assert ["route", "kit", "ready"] in [line.split() for line in said.stdout.splitlines()]
    assert "a_module_that_nobody_has is not installed: pip install it" in said.stdout
    told = json.loads(project.parity("env", "--json").stdout)
    assert told["routes"]["kit"] == ""
    assert told["environment"]["packages"]["numpy"]
