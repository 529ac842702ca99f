"""JSON Schema (2020-12) made from the annotations of the classes: what `to_plain` writes, and no other fields.

A schema says what a field may hold by itself. Rules between fields (`Value.problems`) stand in the descriptions of
the classes only, and `from_plain` alone checks them.
"""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs

from actionplans.checks import FrozenMap, Text, Whole, check_of
from actionplans.codec.convert import writer_of
from actionplans.codec.envelope import FORMAT, VERSION
from actionplans.codec.forms import HELD, LEAVES, always_written, hints_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

PLAIN: dict[object, Schema] = {str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"}}


def schema_of(cls: type, envelope: bool) -> Schema:
    """The schema of a class, or of the text that says it is one; the classes inside stand under `$defs`."""
    defs: dict[str, Schema] = {}
    ref = _class(cls, defs)
    if envelope:
        says = {"format": FORMAT, "version": VERSION, "type": cls.__name__}
        fixed: dict[str, Schema] = {key: {"const": word} for key, word in says.items()}
        return {"$schema": DIALECT, **_object({**fixed, "data": ref}), "$defs": defs}
    own = defs.pop(cls.__name__)
    return {"$schema": DIALECT, "title": cls.__name__, **own, "$defs": defs}


def _class(cls: type, defs: dict[str, Schema]) -> Schema:
    """A reference to the class, which is put among the definitions if it is not there yet."""
    if cls.__name__ not in defs:
        defs[cls.__name__] = {}
        fields = attrs.fields(cls)
        hints = hints_of(cls)
        made = _object({one.name: _field(one, hints[one.name], defs) for one in fields})
        made["required"] = [one.name for one in fields if _needed(one, hints[one.name])]
        defs[cls.__name__] = {"description": _first_paragraph(cls), **made}
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _needed(attribute: attrs.Attribute[Any], hint: Any) -> bool:
    """Whether a field must be there: it has no default, or one that it may not hold (a task's title is never blank)."""
    default = attribute.default
    return default is attrs.NOTHING or not always_written(attribute) and any(check_of(hint)(default))


def _field(attribute: attrs.Attribute[Any], hint: Any, defs: dict[str, Schema]) -> Schema:
    made = _hint(hint, defs)
    if attribute.default is None or always_written(attribute) or _needed(attribute, hint):
        return made
    return {**made, "default": writer_of(hint, True)(attribute.default)}


def _hint(hint: Any, defs: dict[str, Schema]) -> Schema:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _marked(args[0], args[1:], defs)
    if origin is Literal:
        return {"enum": list(args)}
    if hint in PLAIN:
        return dict(PLAIN[hint])
    if hint in LEAVES:
        return _leaf(hint)
    if hint is Any:
        return _anything(defs)
    if origin in (Union, UnionType):
        return _union(args, defs)
    if origin is tuple:
        return {"type": "array", "items": _hint(args[0], defs)}
    if origin is frozenset:
        return {"type": "array", "items": _hint(args[0], defs), "uniqueItems": True}
    if origin is FrozenMap:
        return {"type": "object", "propertyNames": _hint(args[0], defs), "additionalProperties": _hint(args[1], defs)}
    return _class(hint, defs)


def _marked(base: Any, markers: tuple[Any, ...], defs: dict[str, Schema]) -> Schema:
    for marker in markers:
        if isinstance(marker, Text):
            return _text(marker)
        if isinstance(marker, Whole):
            return {"type": "integer", "minimum": marker.least, "maximum": marker.most}
    return _hint(base, defs)


def _text(rule: Text) -> Schema:
    made: Schema = {"type": "string", "maxLength": rule.most}
    if rule.filled:
        made |= {"minLength": 1, "pattern": r"\S"}
    if rule.pattern:
        # `$` alone would let a line break follow: Python's `$` stands before a last one too
        whole = rf"^(?:{rule.pattern}){'' if rule.filled else '?'}$(?!\n)"
        made |= {"description": rule.form, "pattern": whole}
        if rule.filled:
            made["allOf"] = [{"pattern": r"\S"}]
    return made


def _leaf(kind: type) -> Schema:
    leaf = LEAVES[kind]
    return {"type": "string", "description": leaf.form, "pattern": rf"^{leaf.pattern}$(?!\n)"}


def _union(args: tuple[Any, ...], defs: dict[str, Schema]) -> Schema:
    members = [one for one in args if one is not NoneType]
    made = [_hint(members[0], defs)] if len(members) == 1 else [_tagged(one, defs) for one in members]
    return {"anyOf": made + ([{"type": "null"}] if NoneType in args else [])}


def _tagged(hint: Any, defs: dict[str, Schema]) -> Schema:
    """One of several types: what JSON lacks stands under its tag."""
    if hint in LEAVES:
        return _object({LEAVES[hint].tag: _leaf(hint)})
    return _object({hint.__name__: _class(hint, defs)}) if attrs.has(hint) else _hint(hint, defs)


def _anything(defs: dict[str, Schema]) -> Schema:
    """What an edit holds: any field's value or a whole item."""
    ref = {"$ref": "#/$defs/Held"}
    if "Held" not in defs:
        defs["Held"] = {}
        many = {"type": "array", "items": ref}
        tagged = [_tagged(one, defs) for one in (*LEAVES, *HELD.values())]
        defs["Held"] = {
            "description": "A field's value or a whole item; what JSON has no type for stands under a tag.",
            "anyOf": [
                {"type": ["null", "string", "boolean", "integer"]},
                many,
                _object({"set": {**many, "uniqueItems": True}}),
                _object({"map": {"type": "object", "additionalProperties": ref}}),
                *tagged,
            ],
        }
    return ref


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _first_paragraph(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split())
