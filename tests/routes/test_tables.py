"""Tables that exporters make anew each time are remembered, and nobody can tell by a file or by what an exporter then sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parity.cases.probes import parameters_of
from parity.cases.registry import load
from parity.routes.catalog import installed
from parity.routes.exporters import memo, tables
from parity.routes.exporters.dynamo import exported
from tests.faults.harness import started

torch = pytest.importorskip("torch", reason="compares files of the real exporter")
pytest.importorskip("onnxscript", reason="compares files of the real exporter")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _ready() -> None:
    started("torch")


@pytest.fixture
def library() -> Iterator[Any]:
    """Operators of a person's own, gone afterwards."""
    made = torch.library.Library("parity_tables", "DEF")
    yield made
    made._destroy()


@contextmanager
def without() -> Iterator[None]:
    """Exports meanwhile make every table anew."""
    memo.use(False)
    try:
        yield
    finally:
        memo.use(True)


class Attention(torch.nn.Module):  # type: ignore[misc]
    """Of a person's own: heads, a mask that is a buffer, a norm, a loop, and a choice made in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = torch.nn.LayerNorm(8)
        self.register_buffer("mask", torch.triu(torch.full((5, 5), float("-inf")), 1))

    def forward(self, x: Any) -> Any:
        for _ in range(2):
            x = self.norm(x + self.mixed(x, x, x, attn_mask=self.mask)[0])
        return torch.nn.functional.gelu(x).cumsum(1)


class Calling(torch.nn.Module):  # type: ignore[misc]
    """Calls an operator that a person defined."""

    def forward(self, x: Any) -> Any:
        return torch.ops.parity_tables.twice(x) + 1


def written(model: Any, *arguments: Any, **how: Any) -> bytes:
    return exported(model, arguments, **how).model_proto.SerializeToString()  # type: ignore[no-any-return]


def of_case(name: str, method: str, folder: Path) -> bytes:
    case = load(ROOT / "cases").cases[name]
    catalog = installed()
    model = catalog.framework("torch").build(case, parameters_of(case, "shipped", 0), False)
    exporter, path = catalog.exporter("dynamo"), folder / "file.onnx"
    if method == "export":
        exporter.export(case, model, False, path)
    else:
        exporter.export_open(case, model, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("relu/image", "export"),
        ("conv2d/groups-stride-dilation", "export"),
        ("batchnorm2d/training", "export"),
        ("dropout/training", "export"),
        ("maxpool2d/ceil-four-sides", "export"),
        ("residual_block/same-odd", "export"),
        ("keras_cnn/small", "export_open"),
    ],
)
def test_a_file_is_the_same_to_the_byte_with_remembered_tables(name: str, method: str, tmp_path: Path) -> None:
    with without():
        plain = of_case(name, method, tmp_path)
    assert [of_case(name, method, tmp_path) for _ in range(3)] == [plain] * 3


def test_a_file_of_a_module_of_ones_own_is_too_and_so_is_its_program() -> None:
    model, x = Attention().eval(), torch.zeros(2, 5, 8)
    with without():
        plain = written(model, x, optimize=False)
    assert [written(model, x, optimize=False) for _ in range(3)] == [plain] * 3


def test_every_table_of_the_versions_that_are_pinned_is_remembered() -> None:
    written(torch.nn.ReLU(), torch.zeros(1))
    assert [table.found().name for table in tables.MEMO.tables] == [table.name for table in tables.MEMO.tables]
    assert not memo.news()


def test_nothing_of_torch_is_another_after_an_export() -> None:
    def names() -> list[Any]:
        return [getattr(user, table.name) for table in tables.MEMO.tables for user in table.found().users]

    before = names()
    written(torch.nn.ReLU(), torch.zeros(1))
    assert all(was is found for was, found in zip(before, names(), strict=True))


def test_an_operator_that_is_defined_again_in_another_way_is_composed_in_that_way() -> None:
    x, files = torch.zeros(2, 3), []
    for factor in (2, 3):
        made = torch.library.Library("parity_tables", "DEF")
        made.define("twice(Tensor x) -> Tensor")
        made.impl("twice", lambda x, factor=factor: x * factor, "CompositeImplicitAutograd")
        with without():
            plain = written(Calling(), x)
        files.append(written(Calling(), x))
        assert files[-1] == plain
        made._destroy()
    assert files[0] != files[1]


def test_an_operator_and_its_function_that_are_defined_between_two_exports_are_taken_by_the_second(
    library: Any,
) -> None:
    import onnxscript
    from onnxscript.function_libs.torch_lib.registration import default_registry

    x = torch.zeros(2, 3)
    written(torch.nn.ReLU(), x)
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: x * 2, "CompositeImplicitAutograd")
    composed = written(Calling(), x)

    def twice(x: Any) -> Any:
        return onnxscript.opset18.Add(x, x)

    twice.__annotations__ = dict.fromkeys(("x", "return"), onnxscript.FLOAT)  # a signature is read off them
    opset = onnxscript.values.Opset("parity_tables", 1)
    default_registry.register(onnxscript.TracedOnnxFunction(opset, twice), "parity_tables::twice")
    try:
        with without():
            plain = written(Calling(), x)
        assert written(Calling(), x) == plain != composed
    finally:
        del default_registry._registry["parity_tables::twice"]
