"""Graphs of operators from ONNX files and back. The only file of this room that knows onnx, and only when asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array, Shape
from parity.errors import UsageError
from parity.operators.formats import numpy_type
from parity.operators.graph import Graph, Node, Value
from parity.operators.table import OPERATORS

IR_VERSION = 10  #: read by ONNX Runtime since 1.20
LAYER = "parity.layer"  #: under what a file that parity writes keeps the layer of an operator


def write(
    graph: Graph,
    inputs: Mapping[str, tuple[Shape, str]],
    stored: Mapping[str, Array],
    shapes: Mapping[str, Shape] | None = None,
) -> Any:
    """The graph as an ``onnx.ModelProto``: ``inputs`` are fed, by shape and stored type, ``stored`` are initializers.

    Every input of the graph must be one or the other. Attributes that are floats become float32, as ONNX has no other. The
    outputs' shapes are those of ONNX's own inference, and those of ``shapes`` where it gives none: of a GroupNormalization it knows
    only the type. The model passes the strict checker or its error is raised.
    """
    import onnx
    from onnx import helper, numpy_helper

    missing = [name for name in graph.inputs if name not in inputs and name not in stored]
    if missing:
        raise ValueError(f"nothing is given for the inputs {', '.join(missing)} of the graph")
    nodes = [_node(node) for node in graph.nodes]
    constants = {**graph.constants, **stored}
    feeds = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(numpy_type(dtype)), list(shape))
        for name, (shape, dtype) in inputs.items()
    ]
    initializers = [numpy_helper.from_array(np.asarray(array, order="C"), name) for name, array in constants.items()]
    empty = [onnx.ValueInfoProto(name=name) for name in graph.outputs]
    made = helper.make_graph(nodes, "definition", feeds, empty, initializers)
    opset = helper.make_opsetid("", graph.opset)
    model = helper.make_model(made, opset_imports=[opset], producer_name="parity", ir_version=IR_VERSION)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for output in inferred.graph.output:
        tensor = output.type.tensor_type
        if shapes is not None and output.name in shapes and not tensor.HasField("shape"):
            output.CopyFrom(helper.make_tensor_value_info(output.name, tensor.elem_type, shapes[output.name]))
    onnx.checker.check_model(inferred, full_check=True)
    return inferred


def _node(node: Node) -> Any:
    from onnx import helper, numpy_helper

    def spelled(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return numpy_helper.from_array(value)
        return list(value) if isinstance(value, tuple) else value

    attributes = {name: spelled(value) for name, value in node.attributes.items()}
    if "to" in attributes:  # parity names types, ONNX numbers them
        attributes["to"] = helper.np_dtype_to_tensor_dtype(numpy_type(attributes["to"]))
    made = helper.make_node(node.kind, node.inputs, node.outputs, name=node.name, domain=node.domain, **attributes)
    if node.scope:
        made.metadata_props.add(key=LAYER, value=node.scope)
    return made


# ---- reading --------------------------------------------------------------------------------------------------------


def read(source: Path | Any, decimal: bool = True) -> Graph:
    """An ONNX file (or model) as a graph: any opset from 9 on, local functions inlined, constants as they are stored.

    decimal: an attribute that is a float is stored as float32, so 1e-5 comes back as 9.9999997e-06. The oracle of what
    somebody *meant* reads the short decimal, or the fraction of small numbers, that such a number stands for; the oracle of
    what a runtime was given, which only sees the float32, does not (``decimal=False``).

    Raises :class:`UsageError` for what is no ONNX file or lacks its external data.
    """
    import onnx

    model = source if isinstance(source, onnx.ModelProto) else load(Path(source))
    folder = "" if isinstance(source, onnx.ModelProto) else str(Path(source).parent)
    if model.functions:
        from onnx import inliner

        model = inliner.inline_local_functions(model)
    opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in model.opset_import}
    return _graph(model.graph, opsets, folder, decimal)


def load(path: Path) -> Any:
    """The ``onnx.ModelProto`` in a file, with the data that lies beside it.

    Raises :class:`UsageError` for what is no ONNX file, was cut off or lacks its external data.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path)
        if not model.ir_version or not model.graph.output:
            raise ValueError("it holds no model")
        return model
    except (DecodeError, onnx.checker.ValidationError, OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())[:200]
        raise UsageError(
            f"{path}: cannot be read as an ONNX file: {said}; give a whole file with its data beside it"
        ) from None


@dataclass(frozen=True)
class Declared:
    """What a file says of one of its inputs or outputs.

    shape: a size an axis, and for an axis that is free its name, which may be empty; None where not even the rank is known.
    dtype: numpy's name of the stored type; ONNX's own for one that numpy lacks, and "" for what is no tensor.
    """

    name: str
    shape: tuple[int | str, ...] | None
    dtype: str


def declared(model: Any) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """The inputs of an ``onnx.ModelProto`` that have to be fed, and its outputs, both in the order of the file."""
    stored = {t.name for t in model.graph.initializer} | {s.values.name for s in model.graph.sparse_initializer}
    inputs = tuple(_declared(value) for value in model.graph.input if value.name not in stored)
    return inputs, tuple(_declared(value) for value in model.graph.output)


def _declared(value: Any) -> Declared:
    if value.type.WhichOneof("value") not in ("tensor_type", None):
        return Declared(value.name, None, "")
    tensor = value.type.tensor_type
    shape = None
    if tensor.HasField("shape"):
        shape = tuple(d.dim_value if d.HasField("dim_value") else d.dim_param for d in tensor.shape.dim)
    return Declared(value.name, shape, _type_name(tensor.elem_type) if tensor.elem_type else "")


def _graph(graph: Any, opsets: Mapping[str, int], folder: str, decimal: bool) -> Graph:
    from onnx import numpy_helper

    constants = {t.name: numpy_helper.to_array(t, folder) for t in graph.initializer}
    for sparse in graph.sparse_initializer:
        constants[sparse.values.name] = _dense(sparse)
    nodes = tuple(_read_node(node, opsets, folder, decimal) for node in graph.node)
    inputs = tuple(i.name for i in graph.input if i.name not in constants)
    return Graph(nodes, inputs, tuple(o.name for o in graph.output), constants, opsets.get("", 1))


def _dense(sparse: Any) -> Array:
    from onnx import numpy_helper

    values, places = numpy_helper.to_array(sparse.values), numpy_helper.to_array(sparse.indices)
    array = np.zeros(list(sparse.dims), values.dtype)
    if places.ndim == 1:
        array.reshape(-1)[places] = values
    else:
        array[tuple(places.T)] = values
    return array


def _read_node(node: Any, opsets: Mapping[str, int], folder: str, decimal: bool) -> Node:
    domain = "" if node.domain == "ai.onnx" else node.domain
    meta = {entry.key: entry.value for entry in node.metadata_props}
    attributes = {a.name: _attribute(a, opsets, folder, decimal) for a in node.attribute}
    if isinstance(attributes.get("to"), int):
        attributes["to"] = _type_name(attributes["to"])
    for name in ("dtype", "output_dtype"):
        if isinstance(attributes.get(name), int):
            attributes[name] = _type_name(attributes[name]) if attributes[name] else None
    opset = opsets.get(domain, 1)
    known = (domain, node.op_type) in OPERATORS or node.op_type == "If"
    body = None
    if not known and _has_body(node.op_type, opset, domain):
        body = partial(_body, node.SerializeToString(), domain, opset, decimal)
    scopes = meta.get("pkg.torch.onnx.name_scopes", "")
    return Node(
        node.op_type,
        tuple(node.input),
        tuple(node.output),
        attributes,
        node.name,
        domain,
        _module(scopes) or meta.get(LAYER, ""),
        opset,
        meta,
        body,
    )


def _has_body(kind: str, opset: int, domain: str) -> bool:
    """Whether the schema of an operator defines it by others."""
    import onnx

    try:
        schema = onnx.defs.get_schema(kind, opset, domain)
    except onnx.defs.SchemaError:
        return False
    return bool(schema.has_function or schema.has_context_dependent_function)


def _module(scopes: str) -> str:
    """The innermost module that torch's exporter names, or nothing: ``['', 'features.0', 'conv2d']`` is ``features.0``."""
    parts = re.findall(r"'([^']*)'", scopes)
    return parts[-2] if len(parts) > 1 else ""


def _type_name(number: int) -> str:
    from onnx import TensorProto, helper

    try:
        return str(helper.tensor_dtype_to_np_dtype(number).name)
    except KeyError:
        return str(TensorProto.DataType.Name(number).lower())


def _attribute(attribute: Any, opsets: Mapping[str, int], folder: str, decimal: bool) -> Any:
    from onnx import AttributeProto, helper, numpy_helper

    kinds = AttributeProto
    if attribute.type == kinds.GRAPH:
        return _graph(attribute.g, opsets, folder, decimal)
    if attribute.type == kinds.TENSOR:
        return numpy_helper.to_array(attribute.t, folder)
    if attribute.type == kinds.SPARSE_TENSOR:
        return _dense(attribute.sparse_tensor)
    value = helper.get_attribute_value(attribute)
    if attribute.type == kinds.FLOAT:
        return meant(value) if decimal else float(value)
    if attribute.type == kinds.FLOATS:
        return [meant(v) if decimal else float(v) for v in value]
    if isinstance(value, bytes):
        return value.decode()
    if attribute.type == kinds.STRINGS:
        return [v.decode() for v in value]
    return list(value) if attribute.type == kinds.INTS else value


def meant(value: float) -> float:
    """The number that a float32 stands for: a fraction of small numbers, else the shortest decimal that gives it."""
    single = np.float32(value)
    if not np.isfinite(single):
        return float(single)
    short = float(str(single))
    if len(str(single).strip("-").replace(".", "").strip("0").split("e")[0]) > 6:
        for q in range(2, 13):
            p = round(float(single) * q)
            if 0 < abs(p) < 100 and np.float32(p / q) == single:
                return p / q
    return short


def _body(raw: bytes, domain: str, opset: int, decimal: bool, inputs: Sequence[Value | None]) -> Graph | None:
    """What the schema of an operator defines it by, for inputs of these types and shapes; None where it does not."""
    import onnx

    node = onnx.NodeProto.FromString(raw)
    schema = onnx.defs.get_schema(node.op_type, opset, domain)
    function = _function(schema, node, opset, inputs)
    if function is None:
        return None
    given = {a.name: a for a in schema.attributes.values() if a.default_value.name}
    values = {name: a.default_value for name, a in given.items()} | {a.name: a for a in node.attribute}
    opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in function.opset_import}
    opsets.setdefault("", opset)
    nodes = [_read_node(_bound(inner, values), opsets, "", decimal) for inner in function.node]
    return Graph(tuple(nodes), tuple(function.input), tuple(function.output), {}, opsets[""])


def _function(schema: Any, node: Any, opset: int, inputs: Sequence[Value | None]) -> Any:
    import onnx
    from onnx import helper

    def newest(versions: Any) -> list[int]:
        return sorted((v for v in versions if v <= opset), reverse=True)

    if schema.has_context_dependent_function:
        types = []
        for value in inputs:
            if value is None:
                types.append(b"")
                continue
            if value.dtype.startswith("seq"):
                return None  # bodies over sequences are loops, for which there is no rule
            kind = helper.np_dtype_to_tensor_dtype(numpy_type(value.dtype))
            types.append(helper.make_tensor_type_proto(kind, np.shape(value.y)).SerializeToString())
        for version in newest(schema.context_dependent_function_opset_versions):
            raw = schema.get_context_dependent_function_with_opset_version(version, node.SerializeToString(), types)
            if raw:
                return onnx.FunctionProto.FromString(raw)
        return None
    versions = newest(schema.function_opset_versions) if schema.has_function else []
    if not versions:
        return None
    found = schema.get_function_with_opset_version(versions[0])
    return found if isinstance(found, onnx.FunctionProto) else onnx.FunctionProto.FromString(found)


def _bound(node: Any, values: Mapping[str, Any]) -> Any:
    """A node of a function's body with the attributes that it takes from the node it stands for."""
    import onnx

    made = onnx.NodeProto()
    made.CopyFrom(node)
    del made.attribute[:]
    for attribute in node.attribute:
        if not attribute.ref_attr_name:
            made.attribute.add().CopyFrom(attribute)
        elif attribute.ref_attr_name in values:
            copied = made.attribute.add()
            copied.CopyFrom(values[attribute.ref_attr_name])
            copied.name = attribute.name
    return made
