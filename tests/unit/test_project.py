"""Where a project keeps its folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.cases.project import CACHE_LIMIT, Project, find
from parity.errors import UsageError


def test_without_a_pyproject_the_usual_names_are_used(tmp_path: Path) -> None:
    assert find(tmp_path) == Project(tmp_path / "cases", tmp_path / "reports", tmp_path / ".parity_cache")


def test_the_settings_of_the_nearest_folder_that_has_them_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.parity]\ncases = "checks/cnn"\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'another'\n")
    monkeypatch.chdir(inner)
    assert find(Path()) == Project(Path("../../checks/cnn"), Path("../../reports"), Path("../../.parity_cache"))
    monkeypatch.chdir(tmp_path)
    assert find(Path()).cases == Path("checks/cnn")


def test_how_it_is_run_is_said_beside_the_folders(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.parity]\njobs = 3\ncache-limit = '500MB'\n")
    assert (find(tmp_path).jobs, find(tmp_path).cache_limit) == (3, 500_000_000)
    (tmp_path / "pyproject.toml").write_text("[tool.parity]\n")
    assert (find(tmp_path).jobs, find(tmp_path).cache_limit) == (None, CACHE_LIMIT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.parity\n", "is not valid TOML"),
        ('[tool.parity]\ncase = "x"\n', "[tool.parity] case is not a setting; there are cases, reports, cache, jobs"),
        ("[tool.parity]\ncases = 3\n", "[tool.parity] cases=3 must be the name of a folder"),
        ('[tool.parity]\ncases = ""\n', "[tool.parity] cases='' must be the name of a folder"),
        ("[tool.parity]\njobs = 0\n", "[tool.parity] jobs=0 must be a whole number of at least 1"),
        ("[tool.parity]\njobs = true\n", "[tool.parity] jobs=True must be a whole number of at least 1"),
        ("[tool.parity]\ncache-limit = 3\n", "[tool.parity] cache-limit=3 must be a size such as '2GB'"),
        ("[tool]\nparity = 3\n", "tool.parity=3 must be a table"),
    ],
)
def test_settings_that_are_wrong_are_named_with_their_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        find(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/pyproject.toml: ")
    assert said in str(caught.value)


def test_a_pyproject_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        find(tmp_path)
