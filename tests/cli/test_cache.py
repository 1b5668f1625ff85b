"""``parity cache``, and the limit that a run keeps."""

from __future__ import annotations

import json

from tests.cli.conftest import Project


def test_the_cache_is_shown_kept_within_its_limit_and_cleared(project: Project) -> None:
    assert project.parity("cache").stdout == ".parity_cache: 0 entries, 0 B; limit 2.0 GB\n"
    project.parity("run", "good", "--route", "kit>reader")
    first, judged, used, writer = project.parity("cache").stdout.splitlines()
    assert first.startswith(".parity_cache: 1 entry, ")
    assert judged.startswith("judgements")
    assert used.startswith("used    20")
    assert writer.split()[:3] == ["writer", "1", "entries"]

    shown = json.loads(project.parity("cache", "--json", "--cache-limit", "1MiB").stdout)
    assert (shown["entries"], shown["limit"]) == (1, 2**20)
    assert shown["exporters"] == {"writer": {"entries": 1, "bytes": shown["bytes"]}}
    assert shown["oldest"] <= shown["newest"]

    (project.folder / "pyproject.toml").write_text("[tool.parity]\ncache-limit = '1B'\njobs = 1\n")
    again = project.parity("run", "good", "--route", "kit>reader")
    assert again.returncode == 0
    assert {check.cached for check in project.latest().checks} == {True}
    assert json.loads(project.parity("cache", "--json").stdout)["entries"] == 0

    project.parity("run", "good", "--route", "kit>reader", "--cache-limit", "2GB", "--jobs", "2")
    cleared = project.parity("cache", "--clear")
    assert (cleared.returncode, cleared.stdout) == (0, ".parity_cache: 0 entries, 0 B; limit 1 B\n")
