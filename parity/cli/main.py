"""The command line: words in, one call, text and an exit code out."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from parity.cli import words
from parity.cli.console import Output, complain
from parity.errors import CodeError, ParityError, UsageError

CODES = """exit codes:
  0  every check passed or fails as declared
  1  a check failed; of `parity check` also: something could not be judged
  2  something was asked for that does not exist or is not valid
  3  parity itself failed, or had no room to write
  4  something required is not here (--require), or nothing could run
  5  nothing was selected
  130  interrupted"""

GATES = """Gates of --fail-on: new-failures (a check fails that did not), drift (a ratio drifted, or ratios cannot be
compared), fewer (fewer checks came to a verdict), environment (something that may move a number changed)."""

STARTING = (
    50_000  #: objects between two collections: what a command imports and declares stays, and is looked at seldom
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (without the program's name) and give its exit code back."""
    typed = sys.argv[1:] if argv is None else list(argv)
    gc.set_threshold(STARTING)
    try:
        options = _parser().parse_args(typed)
        code: int = options.call(options, typed, Output())
    except ParityError as error:
        complain(f"error: {error}", error.lines if isinstance(error, CodeError) else ())
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except Exception as error:  # noqa: BLE001 - whatever is left is a bug of parity's, and is told as one
        if "--debug" in typed or os.environ.get("PARITY_DEBUG"):
            traceback.print_exc()
        said = " ".join(f"{type(error).__name__}: {error}".split())
        complain(f"error: parity itself failed: {said}; please report this, with what --debug adds")
        return ParityError.exit_code
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `{self.prog} --help` shows what there is")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="parity",
        description="Tells rounding noise from bugs between PyTorch, TensorFlow and their ONNX exports.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, call: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
        made.add_argument("--debug", action="store_true", help="print the traceback when parity itself fails")
        made.set_defaults(call=call)
        return made

    which = "a name, a beginning of one up to a /, a glob, or an id case[route]"
    listing = command("list", _list, "print the cases there are")
    listing.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="a name, a beginning of one up to a /, or a glob"
    )
    listing.add_argument("--json", action="store_true", help="one JSON object a case")
    running = command("run", _run, "run checks and judge them")
    running.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help=f"which cases: {which}; without one those of the quick set"
    )
    running.add_argument("--set", choices=("quick", "full"), help="without PATTERN: of each sweep the cases needed for every value to be met (quick), or all (full)")  # fmt: skip
    running.add_argument("--route", action="append", default=[], metavar="R", help="only this route; may be repeated")
    running.add_argument(
        "--device", action="append", default=[], metavar="D", help="cpu (as without it) or cuda; may be repeated"
    )
    running.add_argument("--require", action="append", default=[], metavar="X", help="fail when this device, framework, runtime or route is not here")  # fmt: skip
    running.add_argument("--shard", type=words.shard, metavar="N/OF", help="run one of so many shards of about equal cost, such as 3/8; `parity merge` joins their records")  # fmt: skip
    running.add_argument("--times", type=Path, metavar="RECORDS.jsonl", help="an earlier run whose seconds say what each case costs, for --shard and --dask (estimated)")  # fmt: skip
    running.add_argument("--dask", metavar="ADDRESS", help="run on the workers of a Dask cluster, such as tcp://HOST:8786, started in this project's folder")  # fmt: skip
    running.add_argument("--json", action="store_true", help="print the lines of the records file")
    running.add_argument("--reports", type=Path, metavar="DIR", help="where records and reports go (reports)")
    running.add_argument("--no-cache", action="store_true", help="export everything again and keep nothing")
    running.add_argument(
        "--jobs", type=words.count, metavar="N", help="how many processes compute at a time (one a core)"
    )
    checking = command(
        "check", _check, "check a model of your own: an ONNX file, or a torch module or Keras model and its exports"
    )
    checking.add_argument(
        "model",
        metavar="MODEL",
        help="FILE.onnx, FILE.keras or FILE.pt2, or FILE.py:NAME or PACKAGE.MODULE:NAME of a model, or of a function that gives one; its code is run",
    )
    checking.add_argument(
        "other", nargs="?", metavar="OTHER", help="a second model: are the two the same function, and where not?"
    )
    checking.add_argument("--input", action="append", default=[], metavar="[NAME=]SHAPE[:TYPE]", help="how large an input is, such as 1x3x224x224; may be repeated")  # fmt: skip
    checking.add_argument(
        "--inputs", type=Path, metavar="DATA.npz", help="the arrays to feed, by the names of the inputs"
    )
    checking.add_argument("--runtime", action="append", default=[], metavar="R", help="only this runtime, such as ort; may be repeated")  # fmt: skip
    checking.add_argument("--outputs", action="append", default=[], metavar="NAME=FILE.npz", help="judge what ran elsewhere on --inputs too, by the arrays it gave; may be repeated")  # fmt: skip
    checking.add_argument("--save", type=Path, metavar="DIR", help="write inputs, outputs and exported files there")
    checking.add_argument("--compiled", action="store_true", help="run it by torch.compile, or a Keras model by XLA, too; takes a minute or more")  # fmt: skip
    checking.add_argument("--device", action="append", default=[], metavar="D", help="run on cuda or cuda:1 too, besides the cpu; may be repeated")  # fmt: skip
    checking.add_argument("--limit", type=words.count, metavar="SECONDS", help="how long one step may take (600)")
    checking.add_argument("--json", action="store_true", help="print everything as one JSON document")
    checking.add_argument(
        "--copy-weights", action="store_true", help="of two models: give the second the first's weights"
    )
    checking.add_argument("--report", type=Path, metavar="OUT.html", help="write a page with every operator too")
    checking.add_argument("--script", type=Path, metavar="OUT.py", help="write a script of the frameworks alone that shows the worst finding")  # fmt: skip
    for runner in (running, checking):
        runner.add_argument(
            "--seed", type=words.seed, default=0, metavar="N", help="what parameters and inputs are drawn from (0)"
        )
        runner.add_argument("--memory", type=words.size, metavar="SIZE", help="memory one worker may take, for example 4GiB (three quarters of the machine's)")  # fmt: skip
        runner.add_argument(
            "--threads", type=words.count, default=1, metavar="N", help="threads each worker computes with (1)"
        )
        runner.add_argument("--no-memo", action="store_true", help="have torch's exporter make its tables anew for each export")  # fmt: skip
    caching = command("cache", _cache, "show what is kept of exports, or clear it")
    caching.add_argument(
        "--clear", action="store_true", help="remove all entries; what a run has in hand stays its own"
    )
    caching.add_argument("--json", action="store_true", help="as JSON")
    for user in (running, caching):
        user.add_argument("--cache", type=Path, metavar="DIR", help="where exports are kept (.parity_cache)")
        user.add_argument("--cache-limit", type=words.size, metavar="SIZE", help="how large the cache may stay after a run; what was used the longest ago goes first (2GB)")  # fmt: skip
    showing = command("show", _show, "print the shape after each layer of a case, in both layouts")
    showing.add_argument("case", metavar="CASE", help="the name of a case")
    showing.add_argument("--json", action="store_true", help="the table as JSON")
    for reader in (listing, running, showing):
        reader.add_argument("--cases", type=Path, metavar="DIR", help="the folder of case files (cases)")
    reporting = command("report", _reading("report"), "write the report of a records file")
    reporting.add_argument("file", type=Path, metavar="FILE.jsonl", help="what `parity run` wrote")
    reporting.add_argument("-o", "--output", type=Path, metavar="OUT.html", help="where to (FILE.html)")
    reporting.add_argument(
        "--history",
        type=Path,
        metavar="HISTORY.jsonl",
        help="draw each check's last runs from it (history.jsonl beside the file)",
    )
    comparing = command("compare", _reading("compare"), "print what changed between two runs")
    comparing.epilog = f"{GATES} Exit codes: 0, or 1 when a gate trips; 2 for files that are no records."
    comparing.add_argument("old", type=Path, metavar="OLD.jsonl", help="the records of the earlier run")
    comparing.add_argument("new", type=Path, metavar="NEW.jsonl", help="the records of the later one")
    form = comparing.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON, every check named")
    form.add_argument("--markdown", action="store_true", help="as Markdown")
    comparing.add_argument("-o", "--output", type=Path, metavar="OUT", help="write it there, and print the text")
    comparing.add_argument("--slower", type=words.factor, metavar="X", help="a step is slower when it takes more than X times as long, and half a second (2.0)")  # fmt: skip
    comparing.add_argument("--allow", action="append", default=[], metavar="SHARD", help="what changed in this shard of a merged file (a name or a glob) trips no gate; may be repeated")  # fmt: skip
    merging = command(
        "merge", _reading("merge"), "make one records file of several: the shards of a matrix or of a plan"
    )
    merging.add_argument("files", nargs="+", metavar="[NAME=]FILE.jsonl", help="the records of a shard, and what to call it (the file's name; its folder's for latest.jsonl and records.jsonl)")  # fmt: skip
    merging.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.jsonl", help="where to")
    merging.add_argument("--history", type=Path, metavar="HISTORY.jsonl", help="add the merged run to it")
    for drifting in (running, reporting, comparing):
        drifting.add_argument("--drift", type=words.factor, metavar="X", help="a ratio has drifted when it grew by more than X times, though still under 1 (1.5)")  # fmt: skip
    for gating in (running, comparing):
        gating.add_argument("--fail-on", type=words.gates, default=(), metavar="GATES", help="what makes the exit code 1, with commas: new-failures, drift, fewer, environment")  # fmt: skip
    for also in (running, reporting):
        also.add_argument("--baseline", type=Path, metavar="OLD.jsonl", help="the records of an earlier run to compare with")  # fmt: skip
        also.add_argument("--junit-xml", type=Path, metavar="OUT.xml", help="write JUnit XML too")
        also.add_argument("--markdown", type=Path, metavar="OUT.md", help="write a summary in Markdown too")
        also.add_argument("--github", action=argparse.BooleanOptionalAction, help="annotate the ten worst groups of failures (on GitHub Actions)")  # fmt: skip
    telling = command("env", _env, "print what may move a number here, and which routes can run")
    telling.add_argument("--json", action="store_true", help="as JSON")
    return parser


class _Version(argparse.Action):
    """Prints the version; looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        Output().line(f"parity {version('parity')}")
        parser.exit()


def _list(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    from parity.cli import listing
    from parity.running import loading, selection

    registry, catalog = loading.load(options.cases)
    chosen = selection.cases(registry.cases, options.patterns)
    for line in listing.json_lines(chosen) if options.json else listing.lines(chosen):
        out.line(line)
    complain(f"{len(chosen)} cases; routes: {', '.join(catalog.routes())}")
    return 0


def _run(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    from contextlib import ExitStack
    from dataclasses import replace

    from parity.cases import project
    from parity.cli import reading, runs
    from parity.cli.console import Bar
    from parity.records import changes
    from parity.records.file import read
    from parity.records.lines import Check, Line, encode
    from parity.records.verdict import BAD
    from parity.report import comparison, terminal
    from parity.running import cluster, loading, selection, split

    if options.fail_on and options.baseline is None:
        raise UsageError("--fail-on needs --baseline OLD.jsonl: gates are about what changed")
    baseline = read(options.baseline) if options.baseline is not None else None
    registry, catalog = loading.load(options.cases, options.cache)
    here = project.find(Path())
    devices = selection.devices(options.device, options.require)
    if options.set and options.patterns:
        raise UsageError("--set says which cases are taken where none is named: leave it out beside PATTERN")
    taken = registry.cases if options.patterns else selection.of_set(registry.cases, options.set or "quick")
    pairs = selection.checks(taken, catalog.every_route(), options.patterns, options.route, devices)
    required = selection.required(catalog, options.require, pairs)
    if options.times is not None and options.shard is None and options.dask is None:
        raise UsageError("--times needs --shard or --dask: it says what each case costs")
    recorded = read(options.times).checks if options.times is not None else []
    part = None
    if options.shard is not None:
        number, of = options.shard
        pairs, part = split.shard(pairs, number, of, options.seed, recorded)
    plan = runs.Plan(
        pairs=pairs,
        divergences=registry.known,
        catalog=catalog,
        seed=options.seed,
        required=required,
        cases=registry.folder,
        reports=options.reports or here.reports,
        cache=options.cache or here.cache,
        typed=["parity", *typed],
        again=_again(options),
        threads=options.threads,
        jobs=options.jobs or here.jobs,
        memory_limit=options.memory,
        use_cache=not options.no_cache,
        memo=not options.no_memo,
        cache_limit=here.cache_limit if options.cache_limit is None else options.cache_limit,
        baseline=baseline,
        split=part,
        # Of a run of some checks, those that were not asked for have not vanished.
        narrowed=bool(options.patterns or options.route or options.device or options.shard)
        or len(taken) < len(registry.cases),
        drift=options.drift or changes.DRIFT,
    )
    with ExitStack() as stack:
        if options.dask is not None:
            joined = cluster.joined(options.dask, catalog, registry.folder, options.threads, recorded)
            plan = replace(plan, cluster=stack.enter_context(joined))
        bar = stack.enter_context(Bar(len(pairs)))

        def heard(line: Line) -> None:
            if options.json:
                out.line(encode(line).decode())
            if isinstance(line, Check):
                bar.step(line.status in BAD)

        outcome = runs.execute(plan, heard)
    made, changed = outcome.records, outcome.changes
    if not options.json:
        out.styled(terminal.result(made.checks, made.run.lam))
        if changed is not None:
            out.styled([*comparison.lines(changed), terminal.Text("")])
        out.line(f"report: {outcome.report}")
    reading.also(options, made, changed)
    for sentence in outcome.missing:
        complain(f"error: {sentence}")
    if not made.finished:
        complain("interrupted; what had ended is kept")
    code = outcome.exit_code
    if options.fail_on and changed is not None and code in (0, runs.FAILED, runs.MISSING):
        code = reading.gated(changes.tripped(changed, options.fail_on)) or (runs.MISSING if outcome.missing else 0)
    if not options.json:
        out.styled([terminal.last_line(made.checks)])
    return code


def _check(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
    from parity.cli import check

    return check.check(options, typed, out)


def _show(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    import json

    from parity.cases.model import ModelCase
    from parity.cli import show
    from parity.running import loading, selection

    registry, _ = loading.load(options.cases)
    case = selection.one(registry.cases, options.case)
    if isinstance(case, ModelCase):
        raise UsageError(f"case {case.name!r} is a model of your own; `parity check {case.typed(case.first)}` shows it")
    for line in [json.dumps(show.plain(case))] if options.json else show.lines(case):
        out.line(line)
    return 0


def _reading(name: str) -> Callable[[argparse.Namespace, Sequence[str], Output], int]:
    """A command of :mod:`parity.cli.reading`, which is imported only to run it."""

    def call(options: argparse.Namespace, typed: Sequence[str], out: Output) -> int:
        from parity.cli import reading

        code: int = getattr(reading, name)(options, typed, out)
        return code

    return call


def _cache(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    from parity.cases import project
    from parity.cli import cache

    here = project.find(Path())
    limit = here.cache_limit if options.cache_limit is None else options.cache_limit
    return cache.cache(options.cache or here.cache, limit, options.clear, options.json, out)


def _env(options: argparse.Namespace, _typed: Sequence[str], out: Output) -> int:
    from parity.cli import listing
    from parity.routes.catalog import installed
    from parity.running import environment

    catalog = installed()
    machine = environment.environment(catalog, 1)
    absent = {name: catalog.why_absent(route) for name, route in catalog.routes().items()}
    said = [listing.environment_json(machine, absent)] if options.json else listing.environment(machine, absent)
    for line in said:
        out.line(line)
    return 0


def _again(options: argparse.Namespace) -> str:
    """What a command needs besides an id and a seed to repeat a check as it was run."""
    import shlex

    said = f" --cases {shlex.quote(str(options.cases))}" if options.cases else ""
    return said + (f" --threads {options.threads}" if options.threads != 1 else "")
