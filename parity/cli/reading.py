"""The commands that read records files: ``report``, ``compare``, ``merge``; and what ``run`` shares with them.

Imports that not every one of them needs are made where they are used: light commands start in no time.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from parity import files
from parity.cli.console import Output, command, complain
from parity.errors import ParityError, UsageError
from parity.records import changes, history, joining, shards
from parity.records.changes import DRIFT, SLOWER, Comparison
from parity.records.file import Records, read
from parity.records.lines import Line, encode
from parity.report import comparison, github, junit, markdown

TRIPPED = 1  #: exit code when a gate of ``--fail-on`` trips


def report(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    """``parity report``: the HTML report of a records file, and whatever else was asked for."""
    from parity.report.html import render

    path: Path = options.output or options.file.with_suffix(".html")
    found = read(options.file)
    changed = None
    if options.baseline is not None:
        changed = changes.compare(read(options.baseline), found, drift=options.drift or DRIFT)
    if options.history is not None and not options.history.exists():
        raise UsageError(f"{options.history}: there is no such file; name the history that `parity run` writes")
    points = history.load(options.history or options.file.with_name(history.NAME), found.run.started)
    put(path, render(found, comparison=changed, history=points), "-o")
    out.line(str(path))
    also(options, found, changed)
    return 0


def compare(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    """``parity compare``: what changed between two records files; the gates decide the exit code."""
    old, new = read(options.old), read(options.new)
    factors = {"drift": options.drift or DRIFT, "slower": options.slower or SLOWER}
    found = changes.compare(old, new, **factors)
    held = changes.compare(shards.without(old, options.allow), shards.without(new, options.allow), **factors)
    tripped = changes.tripped(held, options.fail_on)
    text = comparison.lines(found)
    said = "\n".join(line.text for line in text)
    if options.json:
        said = json.dumps(comparison.plain(found, tripped), allow_nan=False)
    elif options.markdown:
        said = markdown.comparison(found).rstrip("\n")
    if options.output is not None:
        put(options.output, said + "\n", "-o")
    if options.output is not None or not (options.json or options.markdown):
        out.styled(text)
    else:
        out.line(said)
    return gated(tripped)


def merge(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    """``parity merge``: the records of several runs as those of one; of shards of a plan, as those of the run they are."""
    from parity.running.environment import arguments

    named = [_named(word) for word in options.files]
    for _, path in named:
        if options.output.exists() and path.exists() and path.samefile(options.output):
            raise UsageError(f"{path}: is to be merged and written; name another file with -o")
    found, argv = [(name, read(path)) for name, path in named], arguments(["parity", *typed])
    of_a_plan = any(joining.is_shard(records) for _, records in found)
    made = (joining.join if of_a_plan else shards.merge)(found, argv)
    assert made.end is not None
    lines: list[Line] = [made.run, *made.checks, made.end]
    put(options.output, b"".join(encode(line) + b"\n" for line in lines), "-o")
    if options.history is not None:
        remember(options.history, made)
    out.line(
        f"{options.output}: {changes.many(len(made.checks), 'check')} of {changes.many(len(made.run.joined or made.run.shards), 'shard')}"
    )
    if of_a_plan and not made.finished:
        complain(f"error: {made.end.reason}; run what is missing and merge again")
        return joining.MISSING
    return 0


def also(options: argparse.Namespace, found: Records, changed: Comparison | None) -> None:
    """What ``run`` and ``report`` write besides the report: JUnit XML, Markdown, annotations of GitHub Actions."""
    if options.junit_xml is not None:
        put(options.junit_xml, junit.junit(found), "--junit-xml")
    if options.markdown is not None:
        put(options.markdown, markdown.summary(found, changed), "--markdown")
    asked = os.environ.get("GITHUB_ACTIONS") == "true" if options.github is None else options.github
    if asked:
        new = {change.label for change in changed.of("new failure")} if changed is not None else set[str]()
        for line in github.commands(found, new):
            command(line)


def gated(tripped: Sequence[str]) -> int:
    """Say which gates tripped; the exit code they make."""
    for sentence in tripped:
        complain(f"error: {sentence}")
    return TRIPPED if tripped else 0


def remember(path: Path, found: Records) -> None:
    """Add a run to a history. Raises :class:`ParityError` where that cannot be done."""
    try:
        history.append(path, found)
    except OSError as error:
        raise _refused(path, error, "--history") from None


def put(path: Path, content: str | bytes, option: str) -> None:
    """Write a file that ``option`` named, whole or not at all. Raises :class:`ParityError` where that cannot be done."""
    try:
        files.replace(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise _refused(path, error, option) from None


def _refused(path: Path, error: OSError, option: str) -> ParityError:
    full = error.errno in files.FULL
    mend = f"make room, or name another file with {option}" if full else f"name another file with {option}"
    return (ParityError if full else UsageError)(f"{path}: cannot be written: {error.strerror}; {mend}")


def _named(word: str) -> tuple[str, Path]:
    """``NAME=FILE`` taken apart; a file whose own name has a ``=`` is a file."""
    name, equals, path = word.partition("=")
    return (name, Path(path)) if equals and not Path(word).exists() else (shards.name(Path(word)), Path(word))
