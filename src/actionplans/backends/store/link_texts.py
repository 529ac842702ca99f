"""The links of a task as text and back: of plain ones, which most are, without JSON."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring

import attrs

from actionplans.codec import Rest, encode_record, rest_of
from actionplans.model import Dependency, Task
from actionplans.model.words import LagUnit, LinkKind

_FIRST, _NEXT, _LAST = '{"dependencies":[{"predecessor_id":"', '"},{"predecessor_id":"', '"}]}'
"""What stands before, between and behind the ids of links that have nothing else."""

_REST: Rest = rest_of(Task, frozenset(one.name for one in attrs.fields(Task)) - {"dependencies"})


def links_text(links: Iterable[Dependency]) -> str:
    """What the codec writes for the links of a task; only ids differ from one launch to the next."""
    told = [_form(one.kind, one.lag, one.unit) % encode_basestring(one.predecessor_id) for one in links]
    return f'{{"dependencies":[{",".join(told)}]}}'


def links_of(text: str) -> tuple[Dependency, ...]:
    """The links of a task: of plain ones without looking at the text as JSON."""
    if text.startswith(_FIRST) and text.endswith(_LAST) and "\\" not in text and text.isprintable():
        ids = text[len(_FIRST) : -len(_LAST)].split(_NEXT)
        if text.count('"') == 2 + 4 * len(ids):  # none in an id
            return tuple(map(Dependency, ids))
    links: tuple[Dependency, ...] = _REST.held(text).get("dependencies", ())
    return links


@lru_cache(maxsize=1024)
def _form(kind: LinkKind, lag: int, unit: LagUnit) -> str:
    """What the codec writes for such a link, with a place for the predecessor's id."""
    return encode_record(Dependency("?", kind, lag, unit)).replace("%", "%%").replace('"?"', "%s")
