"""Records from anywhere: damaged, endless, nested, full of markup. A sentence or a working result, and soon."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import RecordsError
from parity.records.file import read
from parity.records.lines import Seconds, encode
from tests.cli.conftest import ROOT
from tests.report import made

MEMORY = 2 * 2**30  #: bytes of address space that a command on any of these may take
SECONDS = 120
LIMITED = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
from parity.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

RUN = encode(made.run(3)) + b"\n"
CHECK = encode(made.check()) + b"\n"
SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def parity(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "GITHUB_ACTIONS": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def every_command(folder: Path, name: str) -> list[tuple[str, ...]]:
    """What reads a records file, each where it can meet a hostile one."""
    (folder / "good.jsonl").write_bytes(made.lines(made.records()).replace(b"Z-4242", b"Z-4243"))
    return [
        ("compare", "good.jsonl", name),
        ("compare", name, "good.jsonl", "--json"),
        ("merge", "good.jsonl", name, "-o", "m.jsonl"),
        ("report", name, "-o", "r.html", "--markdown", "s.md", "--junit-xml", "j.xml"),
        ("report", "good.jsonl", "-o", "r.html", "--baseline", name),
    ]


def damaged() -> dict[str, tuple[bytes, str]]:
    nested = b"[" * 300_000
    return {
        "deep": (RUN + b'{"type": "check", "layers": ' + nested + b"\n", "line 2 is damaged"),
        "deep-first": (nested + b"\n", "line 1 is not JSON"),
        "deep-object": (b'{"type":"run","schema":' + b'{"a":' * 100_000 + b"\n", "line 1 is not JSON"),
        "number": (RUN + CHECK.replace(b'"ratio":0.25', b'"ratio":1' + b"0" * 400, 1), "line 2 is damaged"),
        "surrogate": (RUN + CHECK.replace(b"conv2d/k3", b"\\ud800", 1), "line 2 is damaged"),
        "twice": (RUN + CHECK + CHECK, "line 3 is a second line of"),
        "steering": (RUN + CHECK.replace(b'"case"', b'"\\u001b[31m\\n\\u0007"', 1), "line 2 is damaged"),
        "bytes": (bytes(range(256)) * 40, "is not a records file"),
        "zeros": (b"\0" * 2**20, "is not a records file"),
    }


@pytest.mark.parametrize("what", damaged())
def test_what_is_damaged_is_refused_by_every_command_in_one_plain_line(what: str, tmp_path: Path) -> None:
    data, said = damaged()[what]
    (tmp_path / "bad.jsonl").write_bytes(data)
    for words in every_command(tmp_path, "bad.jsonl")[:: 2 if what != "deep" else 1]:
        done = parity(tmp_path, *words)
        assert done.returncode == 2, (words, done.stderr)
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("parity: error: bad.jsonl: ")
        assert said in line
        assert line.isprintable()
        assert len(line) < 600


@pytest.mark.parametrize("before", [b"", RUN, RUN + CHECK], ids=["first", "second", "third"])
def test_a_line_of_200_megabytes_is_refused_without_being_read_whole(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    with path.open("wb") as file:
        file.write(before + b'{"type": "check", "notes": ["')
        for _ in range(200):
            file.write(b"x" * 2**20)
        file.write(b'"]}\n')
    started = time.monotonic()
    before_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RecordsError, match=rf"line {before.count(bytes([10])) + 1} is longer than 16 MiB"):
        read(path)
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_peak < 150 * 1024  # kilobytes


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    done = parity(tmp_path, "compare", "/dev/zero", "/dev/zero")
    assert done.returncode == 2
    assert "/dev/zero: line 1 is longer than 16 MiB" in done.stderr


def test_a_file_of_more_checks_or_bytes_than_any_run_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(RUN + b"".join(encode(made.check(f"c{n}")) + b"\n" for n in range(4)))
    monkeypatch.setattr("parity.records.file.CHECK_LIMIT", 4)
    assert len(read(path).checks) == 4
    monkeypatch.setattr("parity.records.file.CHECK_LIMIT", 3)
    with pytest.raises(RecordsError, match="has more than 3 checks"):
        read(path)
    monkeypatch.setattr("parity.records.file.FILE_LIMIT", 2**10)
    with pytest.raises(RecordsError, match="is larger than"):
        read(path)


class Scripts(HTMLParser):
    """Counts what a browser would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts, self.handlers, self.images = 0, 0, list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.handlers += sum(name.startswith("on") for name, _ in attrs)
        self.images += [value or "" for name, value in attrs if name in ("src", "href")]


def test_markup_in_every_field_stays_text_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "plain.jsonl").write_bytes(made.lines(made.records()))
    lines = []
    for raw in made.lines(made.records()).splitlines():
        line = json.loads(raw)
        for name in ("case", "route", "device", "reason", "model", "exporter", "repeat", "arrays", "id", "started"):
            if name in line:
                line[name] = f"{line[name]}{SCRIPT}"
        if line["type"] == "run":
            line["environment"]["packages"] = {SCRIPT: SCRIPT}
            line["environment"]["cpu"] = SCRIPT
        if line.get("failure"):
            line["failure"] |= {"message": SCRIPT, "born": SCRIPT, "where": SCRIPT, "pattern": SCRIPT}
            line["layers"] = [{**layer, "node": SCRIPT, "layer": SCRIPT} for layer in line.get("layers", [])]
        lines.append(json.dumps(line))
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    for words in every_command(tmp_path, "bad.jsonl"):
        done = parity(tmp_path, *words, *(("-o", "page.html") if words[0] == "report" else ()))
        assert done.returncode == 0, done.stderr
        if words[0] == "report":
            page = Scripts((tmp_path / "page.html").read_text())
            assert (page.scripts, page.handlers) == (1, 0)
            assert not [link for link in page.images if link.startswith(("x", "javascript"))]
    assert not re.search("<(script|img)", (tmp_path / "s.md").read_text())
    assert len(ElementTree.parse(tmp_path / "j.xml").getroot()[0]) == len(made.every_ending())


MANY = 40_000  #: checks of a night of hundreds of networks


def many(folder: Path, failing: int) -> None:
    """old.jsonl, in which :data:`MANY` checks pass, and new.jsonl, in which the first ``failing`` of them fail."""
    fails = encode(made.failing("CASE", "ROUTE"))
    alone = fails.replace(b'"born":"conv2"', b'"born":null').replace(b'"where":"conv2"', b'"where":null')
    passes = encode(made.check("CASE", "ROUTE", layers=[], probes=[]))
    with (folder / "old.jsonl").open("wb") as old, (folder / "new.jsonl").open("wb") as new:
        old.write(encode(made.run(MANY)) + b"\n")
        new.write(encode(made.run(MANY, id="new")) + b"\n")
        for n in range(MANY):
            case, route = b"family%d/case%d" % (n % 50, n // 2), (b"torch", b"torch>ort")[n % 2]
            # Half of the failures have a reason of their own: letters, since figures are not told apart.
            own = bytes(b"abcdefghij"[int(digit)] for digit in str(n))
            line = (
                passes if n >= failing else fails if n % 4 < 2 else alone.replace(b'"reason":"', b'"reason":"%s' % own)
            )
            for file, made_of in ((old, passes), (new, line)):
                file.write(made_of.replace(b'"CASE"', b'"%s"' % case).replace(b'"ROUTE"', b'"%s"' % route) + b"\n")


def test_tens_of_thousands_of_failures_are_compared_and_merged_in_bounded_time_and_memory(tmp_path: Path) -> None:
    many(tmp_path, failing=MANY)
    started = time.monotonic()
    done = parity(
        tmp_path, "compare", "old.jsonl", "new.jsonl", "--markdown", "-o", "c.md", "--fail-on", "new-failures"
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{MANY:,} new failures")
    assert len(done.stdout) < 20_000
    assert (tmp_path / "c.md").stat().st_size < 2**20
    done = parity(tmp_path, "merge", "old.jsonl", "new.jsonl", "-o", "m.jsonl", "--history", "h.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"m.jsonl: {2 * MANY:,} checks of 2 shards\n"
    assert time.monotonic() - started < SECONDS / 2


def test_tens_of_thousands_of_checks_are_reported_in_bounded_time_and_memory(tmp_path: Path) -> None:
    many(tmp_path, failing=10_000)
    forms = ("-o", "r.html", "--junit-xml", "j.xml", "--markdown", "s.md", "--github")
    done = parity(tmp_path, "report", "new.jsonl", "--baseline", "old.jsonl", *forms)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("::error") == len(done.stderr.splitlines()) == 10
    assert (tmp_path / "s.md").stat().st_size < 2**20
    assert "10,000 new failures" in (tmp_path / "r.html").read_text()


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=3)), max_size=8), st.integers(0, 4000))
def test_records_with_bytes_changed_anywhere_are_read_or_refused_with_one_line(
    changes: list[tuple[int, bytes]], cut: int
) -> None:
    import tempfile

    data = bytearray(made.lines(made.records(made.every_ending()[:3])))
    for at, new in changes:
        data[at % len(data) : at % len(data) + len(new)] = new
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(data[: len(data) - cut]))
        file.flush()
        said = ""
        try:
            read(Path(file.name))
        except RecordsError as error:
            said = str(error)
    assert "\n" not in said
    assert len(said) < 700


def test_a_number_that_is_only_a_little_odd_does_no_harm(tmp_path: Path) -> None:
    odd = [
        made.check("a", ratio=-1.0),
        made.check("b", ratio=1e308),
        made.check("c", ratio="Infinity"),
        made.check("d", ratio="NaN"),
        made.check("e", ratio=-0.0),
        made.failing("f", ratio="-Infinity"),
        msgspec.structs.replace(made.check("g"), seconds=Seconds(run=-1e308, judge=1e308)),
    ]
    (tmp_path / "odd.jsonl").write_bytes(made.lines(made.records(odd)))
    for words in every_command(tmp_path, "odd.jsonl"):
        done = parity(tmp_path, *words)
        assert done.returncode == 0, (words, done.stderr)
