"""How a second model is fed what the first one is."""

from __future__ import annotations

import pytest

from parity.cases.feeds import Feed
from parity.cases.layouts import feeding
from parity.errors import UsageError
from parity.operators.file import Declared


def test_whole_numbers_may_be_of_another_width_and_nothing_else_may() -> None:
    fed = [Feed("tokens", "int64", (2, 9), "whole numbers")]
    (turn,) = feeding(fed, [Declared("ids", ("batch", 9), "int32")], ("torch", "keras"))
    assert (turn.here, turn.dtype, turn.axes) == ("tokens", "int32", None)
    with pytest.raises(UsageError, match="wants 'ids' as float32, the first 'tokens' as int64"):
        feeding(fed, [Declared("ids", ("batch", 9), "float32")], ("torch", "keras"))
