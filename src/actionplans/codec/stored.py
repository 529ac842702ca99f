"""The short form that stores keep: no envelope, defaults left out, and what comes back is trusted.

A row has its hot fields in columns of their own; `rest_of` makes the JSON of all the others. Reading checks no more
than the values do when they are made; text that is damaged raises `Invalid`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any, TypeVar

from actionplans.codec.forms import hints_of
from actionplans.errors import Invalid, Problem
from actionplans.journal import Entry

R = TypeVar("R")

RECENT = 1024
SHORT = 2000
"""Tasks launched from one template item have the same rest: so many short ones are read once and remembered."""


class Rest:
    """All fields of a class but those that have columns of their own: to JSON and back.

    `dump(value)` is a text with those of the fields that are not at their default, in the order of the class, `{}` if
    none; `load(text)` is their values by name, ready for the constructor, and `held` the same for who only reads them.
    """

    def __init__(self, cls: type, columns: frozenset[str]) -> None:
        """Nothing is made before the first use. A column that is no field raises `Invalid`."""
        self.cls: type = cls
        self.columns: frozenset[str] = columns
        if strangers := sorted(columns - hints_of(cls).keys()):
            found = (Problem(name, "is no field, so it can be no column") for name in strangers)
            raise Invalid(cls.__name__, tuple(found))

    @cached_property
    def dump(self) -> Callable[[Any], str]:
        """From a value to the text."""
        from actionplans.codec.convert import class_writer

        write, encode = class_writer(self.cls, False, self.columns), encoder()

        def dump(value: Any) -> str:
            plain = write(value)
            return encode(plain) if plain else "{}"

        return dump

    def load(self, text: str) -> dict[str, Any]:
        """From the text to the values of the fields in it."""
        return dict(self.held(text))

    @cached_property
    def held(self) -> Callable[[str], Mapping[str, Any]]:
        """As `load`, for who changes nothing in what it gives: others are given the same."""
        from actionplans.codec.convert import reader_of

        hints = hints_of(self.cls)
        readers = {name: reader_of(hint, False) for name, hint in hints.items() if name not in self.columns}
        decode, what = _decoder(), self.cls.__name__

        def values(text: str) -> dict[str, Any]:
            try:
                return {name: readers[name](one) for name, one in decode(text).items()}
            except Exception as error:
                raise _damaged(what, error) from error

        recent = lru_cache(RECENT)(values)

        def read(text: str) -> Mapping[str, Any]:
            if text == "{}":
                return {}
            return recent(text) if len(text) <= SHORT else values(text)

        return read


@cache
def rest_of(cls: type, columns: frozenset[str]) -> Rest:
    """The way to JSON and back for the fields of a class that are in no column."""
    return Rest(cls, columns)


def encode_entry(entry: Entry) -> str:
    """A journal entry as one line of JSON (J1)."""
    return encode_record(entry)


def decode_entry(text: str) -> Entry:
    """The entry that `encode_entry` wrote."""
    return decode_record(Entry, text)


def encode_record(record: Any) -> str:
    """A record as one line of JSON, without its class."""
    from actionplans.codec.convert import class_writer

    return encoder()(class_writer(type(record), False)(record))


def decode_record(cls: type[R], text: str) -> R:
    """The record of that class that `encode_record` wrote."""
    from actionplans.codec.convert import class_reader

    try:
        record: R = class_reader(cls, False)(_decoder()(text))
    except Exception as error:
        raise _damaged(cls.__name__, error) from error
    return record


@cache
def encoder() -> Callable[[Any], str]:
    """What writes plain values as JSON on one line, without blanks."""
    import json.encoder

    plain = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False, allow_nan=False)
    make = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make is None:
        return plain.encode
    text = json.encoder.encode_basestring
    encode = make(None, plain.default, text, None, ":", ",", False, False, False)  # `plain.encode` makes one each time
    return lambda value: "".join(encode(value, 0))


@cache
def _decoder() -> Callable[[str], Any]:
    import json

    decoder = json.JSONDecoder()
    read = decoder.raw_decode  # `decode` looks for white space on both sides first, of which we write none

    def decode(text: str) -> Any:
        found, end = read(text)
        return found if end == len(text) else decoder.decode(text)

    return decode


def _damaged(what: str, error: Exception) -> Invalid:
    if isinstance(error, Invalid):
        return Invalid(f"stored {what}", error.problems)
    return Invalid(f"stored {what}", (Problem("", f"is damaged: {type(error).__name__} {error}"),))
