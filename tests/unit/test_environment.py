"""The environment record: what moves a number is in it, and nothing that tells who ran it."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from parity.records.lines import Gpu
from parity.routes.catalog import Catalog, installed
from parity.running import environment


def test_the_environment_names_versions_machine_and_threads() -> None:
    made = environment.environment(installed(), 3)
    assert made.threads == 3
    assert made.cores >= 1
    assert made.memory_bytes > 2**20
    assert made.machine == platform.machine()
    assert made.packages["numpy"] == version("numpy")
    assert made.cpu


def test_the_packages_are_those_that_the_parts_name_and_are_installed() -> None:
    found = environment.packages(installed())
    named = {name for part in installed().every_part() for name in part.distributions}
    assert set(found) <= named | set(environment.PACKAGES)
    assert "numpy" in environment.packages(Catalog())


def test_nothing_tells_who_ran_it_or_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    monkeypatch.setenv("XLA_FLAGS", f"--dump={Path.home()}/dump")
    text = msgspec.json.encode(environment.environment(installed(), 1)).decode()
    assert "hunter2" not in text
    assert str(Path.home()) + "/" not in text
    assert "--dump=~/dump" in text
    assert socket.gethostname() not in json.loads(text).values()


def test_only_listed_variables_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.flags_of({"OMP_NUM_THREADS": "2", "PATH": "/bin", "AWS_SECRET": "x"}) == {"OMP_NUM_THREADS": "2"}


def test_a_command_line_hides_the_home_folder_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    typed = ["parity", "run", "/home/ada/cases", "--reports=/home/ada", "/home/adalbert/x", "conv2d/*"]
    assert environment.arguments(typed) == ["parity", "run", "~/cases", "--reports=~", "/home/adalbert/x", "conv2d/*"]


INTEL = """processor\t: 0
model name\t: An Intel: with a colon
flags\t\t: fpu sse sse4_2 avx avx2 avx512f amx_bf16 fma f16c aes

processor\t: 1
model name\t: Another
flags\t\t: fpu avx10
"""


def test_the_processor_is_read_from_the_first_one_listed() -> None:
    name, flags = environment.cpu_of(INTEL)
    assert name == "An Intel: with a colon"
    assert flags == ["amx_bf16", "avx", "avx2", "avx512f", "f16c", "fma", "sse4_2"]


def test_an_arm_processor_lists_its_features() -> None:
    assert environment.cpu_of("processor : 0\nFeatures : fp asimd sve crc32\n") == ("", ["asimd", "sve"])
    assert environment.cpu_of("") == ("", [])


def test_gpus_are_read_from_what_nvidia_smi_prints() -> None:
    assert environment.gpus_of(["NVIDIA H100 80GB, HBM3, 575.57.08", "", "no devices"]) == [
        Gpu(name="NVIDIA H100 80GB, HBM3", driver="575.57.08")
    ]


@pytest.mark.parametrize(("body", "found"), [("echo 'GPU X, 1.2'", 1), ("exit 9", 0), ("echo; echo 'GPU X, 1.2'; exit 1", 0), ("exec sleep 60", 0)])  # fmt: skip
def test_a_tool_that_fails_or_hangs_counts_as_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, found: int
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{body}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(environment, "ASK_SECONDS", 1.0)
    assert len(environment.environment(Catalog(), 1).gpus) == found


def git(folder: Path, *words: str) -> str:
    told = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e", *words]
    return subprocess.run(told, check=True, capture_output=True, text=True).stdout.strip()


def test_the_checkout_is_named_with_whether_it_has_changes(tmp_path: Path) -> None:
    assert environment.git(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert environment.git(tmp_path) is None  # no commit yet
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "one")
    state = environment.git(tmp_path)
    assert state is not None
    assert (state.commit, state.dirty) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "reports").write_text("what a run leaves is no change")
    state = environment.git(tmp_path)
    assert state is not None
    assert not state.dirty
    (tmp_path / "a").write_text("2")
    state = environment.git(tmp_path)
    assert state is not None
    assert state.dirty


def test_without_git_there_is_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.git(Path(__file__).parent) is None
