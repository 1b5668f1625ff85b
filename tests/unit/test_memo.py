"""What stands in for a library's function does so only while it may, and only for a function that is as it was known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from parity.routes.exporters import memo
from parity.routes.exporters.memo import Memo, Table, UnlikeError


def listed(x: int) -> list[int]:
    return [x]


class Library:
    """Two modules that call one function, a third that has another, and an object that has its names of something behind it."""

    one = SimpleNamespace(listed=listed)
    two = SimpleNamespace(listed=listed)
    other = SimpleNamespace(listed=lambda x: [x])

    class Behind:
        def __getattr__(self, name: str) -> Any:
            return getattr(Library.one, name)

    behind = Behind()


def refused(function: Callable[..., Any]) -> Callable[..., Any]:
    raise UnlikeError("does more")


HERE = f"{__name__}:Library"
TABLE = Table("listed", (f"{HERE}.one", f"{HERE}.two"), ("x",), lambda listed: lambda x: (*listed(x), "remembered"))


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_left", {})
    monkeypatch.setattr(memo, "_told", set())


def test_it_stands_in_for_all_who_call_it_and_for_no_longer_than_an_export_even_one_that_fails() -> None:
    def export() -> None:
        with Memo([TABLE]).kept():
            assert Library.one.listed(1) == Library.two.listed(1) == (1, "remembered")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        export()
    assert Library.one.listed is Library.two.listed is listed
    assert not memo.news()


def test_a_name_that_an_object_has_of_another_is_not_its_own_afterwards() -> None:
    with Memo([replace(TABLE, users=(f"{HERE}.behind",))]).kept():
        assert Library.behind.listed(1) == (1, "remembered")
    assert not vars(Library.behind)


def test_what_somebody_else_put_in_its_place_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Memo([TABLE])
    with kept.kept():
        pass
    monkeypatch.setattr(Library.one, "listed", lambda x: ["theirs"])
    with kept.kept():
        assert (Library.one.listed(1), Library.two.listed(1)) == (["theirs"], (1, "remembered"))
    assert Library.one.listed(1) == ["theirs"]


def test_nothing_stands_in_while_it_is_turned_off() -> None:
    memo.use(False)
    try:
        with Memo([TABLE]).kept():
            assert Library.one.listed is listed
    finally:
        memo.use(True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(TABLE, name="gone"), "gone is not as it was: "),
        (replace(TABLE, users=("parity.gone",)), "listed is not as it was: "),
        (replace(TABLE, users=(f"{HERE}.one", f"{HERE}.other")), "listed is not the same for all who call it"),
        (replace(TABLE, takes=("x", "y")), "listed takes other arguments"),
        (replace(TABLE, once=refused), "listed does more"),
    ],
)
def test_a_function_that_is_not_as_it_was_is_left_alone_and_that_is_said_once(changed: Table, said: str) -> None:
    kept = Memo([changed])
    for _ in range(2):
        with kept.kept():
            assert Library.one.listed is listed
    (sentence,) = memo.news()
    assert sentence.startswith(f"exports are slower: {said}")
    assert not memo.news()
