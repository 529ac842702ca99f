"""Finding accounts: name keys and who is below whom (A1, A2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from actionplans.checks import shown
from actionplans.errors import Invalid, Problem
from actionplans.model import Account


def name_key(name: str) -> str:
    """What names are compared by (A1): NFKC, case-folded, NFKC again, nothing invisible, white space collapsed.

    Equal names under NFC and NFD have equal keys, and a key is its own key. `The`, `Inc` and the like are kept.
    """
    if not isinstance(name, str):
        raise Invalid("account", (Problem("name", f"text is wanted, not {shown(name)}"),))
    return " ".join(name.casefold().split()) if name.isascii() else _folded(name)


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        seen = " ".join(folded.translate(_unseen()).split())
        if seen == name:
            return seen
        name = seen  # what was invisible may have kept two signs apart that now become one


_INVISIBLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""Unicode's Default_Ignorable_Code_Point: zero width, soft hyphen, bidi controls, fillers, variation selectors."""


@cache
def _unseen() -> dict[int, None]:
    """The codes of these signs, as `str.translate` takes them out."""
    return dict.fromkeys(code for first, last in _INVISIBLE for code in range(first, last + 1))


def invisible(sign: str) -> bool:
    """Whether a sign is never seen by itself, and no part of a name key (A1)."""
    return ord(sign) in _unseen()


def below(accounts: Iterable[Account], root_id: str) -> tuple[str, ...]:
    """The ids of an account and of all its descendants, each before its children; a cycle ends where it closes."""
    children: dict[str | None, list[str]] = {}
    for account in accounts:
        children.setdefault(account.parent_id, []).append(account.id)
    found: dict[str, None] = {root_id: None}
    queue = [root_id]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found[child] = None
                queue.append(child)
    return tuple(found)


def check_parent(accounts: Mapping[str, Account], account_id: str, parent_id: str | None) -> None:
    """Raise `Invalid` when that parent would make a circle; the message tells the path by names."""
    path, at = [account_id], parent_id
    while at is not None:
        path.append(at)
        if at == account_id:
            names = (repr(accounts[one].name) if one in accounts else repr(one) for one in path)
            circle = f"a circle: {' → '.join(names)}; choose another parent"
            raise Invalid("account", (Problem("parent_id", circle),))
        if len(path) > len(accounts) + 2:
            return
        at = accounts[at].parent_id if at in accounts else None
