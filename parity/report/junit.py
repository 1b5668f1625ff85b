"""Records as JUnit XML, for whatever reads test results. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from parity.records.file import Records
from parity.records.lines import Check, Shard
from parity.records.shards import label, parts, shard_of
from parity.records.wording import ending, short
from parity.report.terminal import screen

#: What XML 1.0 cannot say.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Skips, named after what pytest calls the like.
_SKIPS = {"known": "parity.known", "unsupported": "parity.unsupported", "not run": "parity.not-run"}
_FAILURES = ("fail", "stale")


def junit(records: Records) -> str:
    """The XML: a suite for each shard, a test case for each check; what a failure prints is its text."""
    root = Element("testsuites", name="parity")
    peers: dict[tuple[int | None, str], list[Check]] = {}
    suites: dict[str, list[Check]] = {shard.name: [] for shard in parts(records)}
    for check in records.checks:
        suites[shard_of(records, check)].append(check)
        peers.setdefault((check.shard, check.case), []).append(check)
    for shard in parts(records):
        suite = SubElement(root, "testsuite", _suite(shard, suites[shard.name]))
        for check in suites[shard.name]:
            case = SubElement(suite, "testcase", _case(records, check))
            _outcome(case, check, peers[check.shard, check.case], shard.run.lam)
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(shard: Shard, checks: list[Check]) -> dict[str, str]:
    statuses = [check.status for check in checks]
    failures = sum(status in _FAILURES for status in statuses)
    skipped = sum(status in _SKIPS for status in statuses)
    seconds = shard.end.seconds if shard.end is not None else sum(map(_seconds, checks))
    return {
        "name": _legal(f"parity {shard.name}".strip()),
        "tests": str(len(checks)),
        "failures": str(failures),
        "errors": str(len(checks) - failures - skipped - statuses.count("pass")),
        "skipped": str(skipped),
        "time": f"{seconds:.3f}",
        "timestamp": _legal(shard.run.started),
    }


def _case(records: Records, check: Check) -> dict[str, str]:
    family = check.case.split("/")[0]
    return {
        "classname": _legal(f"parity.{family}"),
        "name": _legal(label(records, check)),
        "time": f"{_seconds(check):.3f}",
    }


def _outcome(case: Element, check: Check, others: list[Check], lam: float) -> None:
    if check.status == "pass":
        return
    message = _legal(short(check.reason, 1000))
    if check.status in _SKIPS:
        SubElement(case, "skipped", type=_SKIPS[check.status], message=message)
        return
    tag = "failure" if check.status in _FAILURES else "error"
    node = SubElement(case, tag, type=f"parity.{ending(check)}", message=message)
    node.text = _legal("\n".join(line.text for line in screen(check, others, lam)))


def _seconds(check: Check) -> float:
    steps = check.seconds
    return sum(taken for taken in (steps.export, steps.run, steps.judge) if taken is not None)


def _legal(text: str) -> str:
    """Text as XML can say it: a character that it cannot becomes its number, as pytest writes it."""
    return _ILLEGAL.sub(lambda found: f"#x{ord(found.group()):02X}", text)
