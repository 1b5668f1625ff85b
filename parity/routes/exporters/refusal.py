"""What an exporter says when it stops: that it has no such operator, or what else kept it."""

from __future__ import annotations

import re

_SAYS_NO = re.compile(r"\bnot (yet )?(supported|implemented)\b|\bunsupported\b|no onnx function", re.IGNORECASE)

#: What Keras puts before what an operation says.
_CALLED = "Exception encountered when calling "


def refusal(error: BaseException, packages: tuple[str, ...]) -> str:
    """The exporter's words, if it stopped since it has no ONNX for something; empty where anything else stopped it.

    packages: the exporter's own. What is said by code elsewhere, such as a spelling's or the framework's, is an error.
    """
    cause = root(error)
    said = _first_line(cause)
    says_no = isinstance(cause, NotImplementedError) or _SAYS_NO.search(said)
    return (said or type(cause).__name__) if says_no and _raised_in(cause, packages) else ""


def root(error: BaseException) -> BaseException:
    """The exception that an exporter's own was raised from: what it wraps says why, the wrapping what to do next."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line and not line.startswith(_CALLED)), "")


def _raised_in(error: BaseException, packages: tuple[str, ...]) -> bool:
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return any(where == package or where.startswith(f"{package}.") for package in packages)
