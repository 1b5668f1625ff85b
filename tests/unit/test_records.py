"""The records file: what is written is read back, what is damaged is named, nothing is lost on a full disk."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import RecordsError
from parity.records.file import Writer, read
from parity.records.lines import SCHEMA, Check, End, Run, decode, encode, json_schema, number, value, worst
from parity.records.verdict import STATUSES, Status
from tests.report import made

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "records.schema.json"
floats = st.floats(allow_nan=True, allow_infinity=True)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@given(floats)
def test_every_float_comes_back_from_its_spelling(x: float) -> None:
    spelled = json.loads(json.dumps(number(x), allow_nan=False))
    back = value(spelled)
    assert math.isnan(back) if math.isnan(x) else (back == x and math.copysign(1, back) == math.copysign(1, x))


@given(st.builds(made.check, name=st.text(), ratio=floats.map(number), notes=st.lists(st.text())))
def test_a_check_comes_back_as_it_was_written(check: Check) -> None:
    line = encode(check)
    assert b"\n" not in line
    back = decode(line)
    assert back == check or check.ratio != check.ratio


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    wrote = made.records()
    path = tmp_path / "r.jsonl"
    with Writer(path) as writer:
        for line in [wrote.run, *wrote.checks, wrote.end]:
            assert line is not None
            writer.write(line)
    back = read(path)
    assert (back.run, back.checks, back.end, back.cut) == (wrote.run, wrote.checks, wrote.end, "")
    assert back.finished


def test_every_status_there_is_is_among_the_samples() -> None:
    assert {check.status for check in made.every_ending()} == set(STATUSES) == set(get_args(Status))


def test_the_schema_in_the_docs_is_the_one_of_the_types() -> None:
    assert json.loads(SCHEMA_FILE.read_text()) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_page_names_every_field_status_and_the_number_of_the_schema() -> None:
    page = SCHEMA_FILE.with_name("records.md").read_text()
    named = [
        *STATUSES,
        *(name for part in (Run, Check, End) for name in part.__struct_fields__),
    ]
    assert [name for name in named if f"`{name}`" not in page] == []
    assert f"version of this format, now {SCHEMA} " in page


def test_every_line_satisfies_the_schema_in_the_docs() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
    for line in made.lines(made.records()).splitlines():
        validator.validate(json.loads(line))


@pytest.mark.parametrize("field", ["ratio", "need"])
@pytest.mark.parametrize(
    ("spelled", "good"),
    [("NaN", True), ("Infinity", True), ("-Infinity", True), (1, True), (None, True), ("nan", False), ("1.0", False), ([], False)],
)  # fmt: skip
def test_the_schema_and_the_reader_take_the_same_spellings_of_a_figure(field: str, spelled: Any, good: bool) -> None:
    line = json.loads(encode(made.check())) | {field: spelled}
    errors = list(jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).iter_errors(line))
    assert (not errors) == good
    try:
        back = decode(json.dumps(line).encode())
    except msgspec.ValidationError:
        assert not good
        return
    assert good
    assert isinstance(back, Check)
    assert isinstance(getattr(back, field), float | str | None)


def test_the_schema_refuses_a_field_that_it_does_not_name() -> None:
    line = json.loads(encode(made.check())) | {"hostname": "secret"}
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(line))


def test_a_file_cut_off_in_its_last_line_keeps_the_lines_before(tmp_path: Path) -> None:
    whole = made.lines(made.records())
    head, last = whole[: whole.rstrip().rindex(b"\n") + 1], whole.rstrip().rsplit(b"\n", 1)[1]
    for kept in (0, 1, len(last) // 2, len(last) - 1):
        back = read(write(tmp_path / "cut.jsonl", head + last[:kept]))
        assert back.checks == made.every_ending()
        assert back.end is None
        assert not back.finished
        assert bool(back.cut) == (kept > 0)


def test_a_file_cut_off_anywhere_is_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = made.lines(made.records(made.every_ending()[:2]))
    first = whole.index(b"\n")
    for length in range(0, len(whole) - 1, 7):
        path = write(tmp_path / "cut.jsonl", whole[:length])
        if length < first:
            with pytest.raises(RecordsError, match=r"^[^\n]*cut\.jsonl: is [^\n]*$"):
                read(path)
        else:
            assert not read(path).finished


REFUSED = {
    "damaged in the middle": (b'RUN{"type":"check",\nEND', "line 2 is damaged"),
    "bytes that are no text": (b"RUN\xff\xfe\nEND", "line 2 is damaged"),
    "nested beyond any sense": (b"RUN" + b"[" * 100_000 + b"\n", "line 2 is damaged"),
    "a status that is none": (b"RUN" + encode(made.check()).replace(b'"pass"', b'"green"', 1) + b"\n", "line 2 is damaged"),
    "nothing": (b"", "is empty"),
    "white space": (b"\n \n", "is empty"),
    "no JSON": (b"<html>\n", "is not a records file: line 1 is not JSON"),
    "JSON of something else": (b'{"a": 1}\n', "is not a records file: line 1 is not a run line"),
    "a list": (b"[]\n", "is not a records file: line 1 is not a run line"),
    "no run line": (encode(made.check()) + b"\n", "is not a records file: line 1 is not a run line"),
    "two runs": (b"RUNRUN", "line 2 starts a second run"),
    "lines after the end": (b"RUNEND" + encode(made.check()) + b"\n", "line 3 follows the end line"),
    "a run line without its fields": (b'{"type": "run", "schema": 1}\n', "line 1 is not a valid run line"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_whole_records_file_is_refused_with_a_sentence(tmp_path: Path, what: str) -> None:
    data, said = REFUSED[what]
    whole = made.lines(made.records())
    first, last = whole.split(b"\n", 1)[0] + b"\n", whole.rstrip().rsplit(b"\n", 1)[1] + b"\n"
    path = write(tmp_path / "bad.jsonl", data.replace(b"RUN", first).replace(b"END", last))
    with pytest.raises(RecordsError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_newer_schema_is_refused_with_the_mend_even_when_its_fields_are_unknown(tmp_path: Path) -> None:
    path = write(tmp_path / "new.jsonl", b'{"type": "run", "schema": 99, "more": {}}\n')
    with pytest.raises(RecordsError, match=rf"has schema 99, this parity reads up to {SCHEMA}; upgrade"):
        read(path)


def test_a_missing_file_and_a_folder_are_refused_with_their_name(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"none\.jsonl: cannot be read: No such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(RecordsError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_writer_never_touches_a_file_that_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", b"mine")
    with pytest.raises(FileExistsError):
        Writer(path)
    assert path.read_bytes() == b"mine"


FULL = """
import resource, sys
from pathlib import Path
from parity.records.file import Writer
from tests.report import made
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
writer = Writer(Path(sys.argv[1]))
writer.write(made.run(1000))
try:
    for n in range(1000):
        writer.write(made.check(f"case/{n}" + "x" * 900))
except OSError as error:
    print(n, error.strerror)
writer.write(made.records([]).end)
"""


def test_a_line_that_does_not_fit_on_the_disk_is_taken_back_and_a_smaller_one_still_fits(tmp_path: Path) -> None:
    path, limit = tmp_path / "r.jsonl", 6000
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(limit)], check=True, capture_output=True, text=True
    ).stdout
    kept, message = said.split(" ", 1)
    assert "too large" in message
    back = read(path)
    assert [check.case for check in back.checks] == [f"case/{n}" + "x" * 900 for n in range(int(kept))]
    assert int(kept) > 1
    assert back.end is not None
    assert path.stat().st_size <= limit


@pytest.mark.parametrize(
    ("figures", "largest"),
    [([], None), ([None], None), ([0.5, None, 2.0], 2.0), ([1.0, "Infinity"], "Infinity"), ([1e9, "NaN", "Infinity"], "NaN")],
)  # fmt: skip
def test_the_worst_figure_is_the_largest_with_nan_above_all(figures: list[Any], largest: Any) -> None:
    assert worst(iter(figures)) == largest
