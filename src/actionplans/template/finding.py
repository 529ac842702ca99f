"""Templates found by the words of their titles and descriptions, and by where they stand (T14)."""

from __future__ import annotations

import re
from functools import lru_cache

from attrs import frozen

from actionplans.accounts import name_key
from actionplans.checks import Value
from actionplans.model import Template
from actionplans.model.words import Key, Line, TemplateKind, TemplateState, Word


@frozen(kw_only=True)
class TemplateQuery(Value):
    """Which templates are asked for; None asks for any, no words for all.

    A `stage` asks for those that have a stage of this key, such as the tasks and tactics under it in the library.
    """

    words: Line = ""
    kind: TemplateKind | None = None
    collection: Word | None = None
    section: Word | None = None
    category: Word | None = None
    stage: Key | None = None
    state: TemplateState | None = "published"


def asks_for(query: TemplateQuery, template: Template) -> bool:
    """Whether the query asks for this template, its state left aside."""
    return (
        query.kind in (None, template.kind)
        and query.collection in (None, template.collection)
        and query.section in (None, template.section)
        and query.category in (None, template.category)
        and (query.stage is None or any(one.key == query.stage for one in template.stages))
        and has_words(query.words, template)
    )


def has_words(words: str, template: Template) -> bool:
    """Whether each of the words begins a word of the title or of the description, compared as names are (A1)."""
    patterns = _patterns(words)
    if not patterns:
        return True
    text = f"{name_key(template.title)} {name_key(template.description)}"
    return all(one.search(text) for one in patterns)


@lru_cache(maxsize=64)
def _patterns(words: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(f"{_before(word[0])}{re.escape(word)}") for word in name_key(words).split())


def _before(sign: str) -> str:
    """Words begin where none goes on; but scripts without capitals often put none between words, or put others before.

    So there, and with a sign that is no letter or digit, it may stand anywhere.
    """
    return r"(?<!\w)" if sign.isdigit() or sign.upper() != sign else ""
