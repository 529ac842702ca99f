"""Name keys, and who is below whom (A1, O1)."""

import json
import random
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans.accounts import below, check_parent, name_key
from actionplans.errors import Invalid
from actionplans.model import Account
from tests.nasty import NASTY
from tests.project import PROJECT
from tests.size import size

CORPORA = PROJECT.parent / "shared" / "corpora"


def corpus(path: str) -> str:
    """A file of the folder of samples beside the project; without it the test is skipped."""
    file = CORPORA / path
    if not file.exists():
        pytest.skip(f"../shared/corpora/{path} is not there: nasty names are tested only beside the samples")
    return file.read_text(encoding="utf-8")


def same_under_every_form(name: str) -> None:
    """A1: composed or decomposed, a name has one key, and the key is its own."""
    key = name_key(name)
    assert key == name_key(key)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert key == name_key(unicodedata.normalize(form, name)), form
    assert key == name_key(f" \t{name}\n")
    assert key == " ".join(key.split())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Acme Corporation", "acme corporation"),
        ("  ACME \t corporation\n", "acme corporation"),
        ("The Acme Inc.", "the acme inc."),
        ("Straße", "strasse"),
        ("ＡＣＭＥ", "acme"),
        ("ﬁne", "fine"),
        ("İstanbul", "i̇stanbul"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("Ac\u200bme", "acme"),
        ("Ac\u00adme", "acme"),
        ("\u202eAcme\u202c", "acme"),
        ("\ufeffAcme", "acme"),
        ("Ac\u3164me", "acme"),
        ("Ac\u034fme", "acme"),
        ("a\u034f\u0301", "á"),
        ("x\ufe0f", "x"),
        ("Acme\u00a0\u2003Corp", "acme corp"),
        ("100%_*?", "100%_*?"),
        ("\u200b \u00ad", ""),
        ("", ""),
        ("①", "1"),
        ("\ufff9visible", "\ufff9visible"),
    ],
)
def test_keys(name: str, key: str) -> None:
    """A1: NFKC, case-folded, nothing invisible, white space collapsed; legal forms and articles are kept."""
    assert key == name_key(name)


@settings(max_examples=size(20_000))
@given(st.text())
def test_any_name_has_one_key_however_it_is_written(name: str) -> None:
    """A1: under every normal form."""
    same_under_every_form(name)


@settings(max_examples=size(4_000))
@given(st.text(st.sampled_from("aA\u0301\u0345\u034f\u200b \u00df\u0130\u1e9e\u03c2\u3164\ufdfa\u0344"), max_size=8))
def test_marks_and_fillers_in_any_order(name: str) -> None:
    """Where one round of folding is known not to be enough."""
    same_under_every_form(name)


@settings(max_examples=size(4_000))
@given(st.text(), st.integers(0, 40), st.sampled_from("\u200b\u200d\u00ad\u2060\u202e\ufeff\ufe0f\u115f"))
def test_what_cannot_be_seen_makes_no_other_name(name: str, at: int, invisible: str) -> None:
    """A1: at whatever place it is put, also between signs that it keeps from joining."""
    assert name_key(name) == name_key(name[:at] + invisible + name[at:])


def test_every_sign_of_unicode() -> None:
    """A sample of them when the tests run plainly, all of them in the soak."""
    signs = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for sign in random.Random(7).sample(signs, size(len(signs))):
        same_under_every_form(sign)
        same_under_every_form(f"a{sign}b")


def test_naughty_strings() -> None:
    """Of the big list: each has a key, whatever it is, and the key is stable."""
    for name in json.loads(corpus("blns/blns.json")):
        same_under_every_form(name)


def confusables() -> Iterator[tuple[str, str]]:
    """Characters with those that look alike."""
    for sign, alike in json.loads(corpus("unicode/confusables.json")).items():
        yield from ((sign, one["c"]) for one in alike)


def test_look_alike_names_are_two_names() -> None:
    """A1 and A3: a key folds what is the same text, and nothing that only looks the same: those are to be flagged."""
    pairs = list(confusables())
    apart = [(one, other) for one, other in pairs if name_key(f"x{one}") != name_key(f"x{other}")]
    assert len(apart) > len(pairs) / 2
    assert name_key("Аcme") != name_key("Acme")
    for one, other in pairs[: size(len(pairs) * 20)]:
        same_under_every_form(f"x{one}{other}")


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_a_name_is_text(value: object) -> None:
    """Anything else is said as such; any text has a key, also one that no account may have."""
    if isinstance(value, str):
        assert name_key(value) == name_key(name_key(value))
        return
    with pytest.raises(Invalid, match="text is wanted"):
        name_key(value)  # type: ignore[arg-type]


def family(*pairs: tuple[str, str | None]) -> dict[str, Account]:
    """Accounts with their parents."""
    return {one: Account(one, one.upper(), parent_id=parent) for one, parent in pairs}


def test_an_account_and_all_below_it() -> None:
    """O1: each before its children; an unknown root is alone."""
    accounts = family(("a", None), ("b", "a"), ("c", "b"), ("d", "a"), ("e", None), ("f", "nowhere"))
    found = below(accounts.values(), "a")
    assert {"a", "b", "c", "d"} == set(found)
    assert found.index("a") < found.index("b") < found.index("c")
    assert ("e",) == below(accounts.values(), "e")
    assert ("nobody",) == below(accounts.values(), "nobody")


def test_a_circle_ends_where_it_closes() -> None:
    """O1: old data may have one; nothing hangs."""
    accounts = family(("a", "c"), ("b", "a"), ("c", "b"), ("self", "self"))
    assert {"a", "b", "c"} == set(below(accounts.values(), "b"))
    assert ("self",) == below(accounts.values(), "self")


@pytest.mark.parametrize(
    ("account", "parent", "path"),
    [("a", "a", "'A' → 'A'"), ("a", "b", "'A' → 'B' → 'A'"), ("a", "c", "'A' → 'C' → 'B' → 'A'")],
)
def test_a_parent_that_would_close_a_circle(account: str, parent: str, path: str) -> None:
    """The message names the path."""
    accounts = family(("a", None), ("b", "a"), ("c", "b"))
    with pytest.raises(Invalid, match=f"{path}; choose another parent") as error:
        check_parent(accounts, account, parent)
    assert ["parent_id"] == [problem.place for problem in error.value.problems]


def test_parents_that_are_no_trouble() -> None:
    """None, a sibling, an unknown one, one that stands in a circle of its own."""
    accounts = family(("a", None), ("b", "a"), ("c", "a"), ("x", "y"), ("y", "x"))
    for parent in (None, "c", "nobody", "x"):
        check_parent(accounts, "b", parent)


def test_a_very_deep_family() -> None:
    """No recursion."""
    accounts = family(("n0", None), *((f"n{n}", f"n{n - 1}") for n in range(1, 20_000)))
    assert 20_000 == len(below(accounts.values(), "n0"))
    check_parent(accounts, "new", "n19999")
