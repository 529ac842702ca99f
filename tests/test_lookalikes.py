"""Names that look like others are flagged, and nothing else happens to them (A1, A2, A3)."""

import json
import unicodedata

import pytest

import actionplans as ap
from actionplans.accounts import name_key
from actionplans.lookalikes import flags, plain_keys
from actionplans.model import Warn
from actionplans.workspace import Workspace
from tests.size import size
from tests.test_accounts import confusables, corpus
from tests.workspace.world import opened


def named(ws: Workspace, name: str, website: str = "") -> tuple[ap.Account, list[str]]:
    """The account of that name, and what was warned of."""
    told: list[Warn] = []
    account = ws.accounts.get_or_create(name, website, warn=told.append)
    return account, [one.message for one in told]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Аcme", "'а' is CYRILLIC SMALL LETTER A, and looks like 'a'"),
        ("Αcme", "'α' is GREEK SMALL LETTER ALPHA, and looks like 'a'"),
        ("Ac\u200bme", "signs that cannot be seen: ZERO WIDTH SPACE"),
        ("\u202eemcA", "signs that cannot be seen: RIGHT-TO-LEFT OVERRIDE"),
        ("Ac\u00adme", "signs that cannot be seen: SOFT HYPHEN"),
        ("Acmeㅤ", "signs that cannot be seen: HANGUL FILLER"),
    ],
)
def test_what_is_flagged(name: str, said: str) -> None:
    """A3: with the sign's own name."""
    assert [said] == [one.removeprefix("it holds ") for one in flags(name)]


@pytest.mark.parametrize(
    "name", ["Acme", "Ærø Bryggeri", "Café Müller", "Вера", "Ελλάδα", "株式会社", "❤️ Charity", "3M", ""]
)
def test_ordinary_names_are_not_flagged(name: str) -> None:
    """A name in one script is nobody's imitation by itself."""
    assert [] == list(flags(name))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Асме", ("acme",)),
        ("G00gle", ("google",)),
        ("Acrne", ("acme",)),
        ("Acme", ()),
        ("Веra 0ne", ("bera 0ne", "bera one")),
    ],
)
def test_what_a_name_looks_like(name: str, plain: tuple[str, ...]) -> None:
    """As a name key: a whole word in other letters too."""
    assert plain == plain_keys(name)


def test_a_name_that_looks_like_another_accounts_is_told_of() -> None:
    """A3: the new one is made all the same; the warning names the other."""
    with opened() as ws:
        acme, told = named(ws, "Acme")
        assert [] == told
        fake, told = named(ws, "Асме")
        assert fake.id != acme.id
        assert 1 == len(told)
        assert f"it looks like 'Acme' ({acme.id})" in told[0]
        assert [] == named(ws, "Асме")[1], "it is there already"
        assert (fake,) == ws.accounts.find("Асме")
        assert (acme,) == ws.accounts.find("Acme")


def test_a_hosts_own_accounts_and_new_names_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody gives a `warn`."""
    with opened() as ws:
        ws.accounts.add(ap.Account("a", "Acme"))
        assert "" == caplog.text
        ws.accounts.add(ap.Account("b", "Acm\u0435"))
        assert "looks like 'Acme' (a)" in caplog.text
        caplog.clear()
        ws.accounts.update("a", name="A\u200bcme")
        assert "ZERO WIDTH SPACE" in caplog.text


def test_confusable_characters_are_flagged() -> None:
    """Every sign that Unicode takes for an ASCII letter or digit is flagged among ASCII letters, unless it is the same
    in a name key, or a Latin letter of its own: those are found by what they look like.
    """
    checked = 0
    pairs = list(confusables())
    for one, other in pairs[: size(len(pairs) * 20)]:
        for sign, plain in ((one, other), (other, one)):
            if not (plain.isascii() and plain.isalnum() and len(sign) == 1 and not sign.isascii()):
                continue
            key = name_key(sign)
            if key.isascii() or len(key) != 1 or not key.isprintable():
                continue
            latin = unicodedata.name(key, "").startswith("LATIN ")
            assert latin or list(flags(f"Acme{sign}")), (sign, plain)
            assert plain_keys(f"Acme{sign}"), (sign, plain)
            checked += 1
    assert checked > 100


def test_naughty_names_are_accounts_like_others() -> None:
    """A1 to A3: of the big list each is made once and found again, composed or not; blank ones are refused."""
    names = json.loads(corpus("blns/blns.json"))
    with opened() as ws:
        for name in names[:: max(1, len(names) // size(len(names) * 4))]:
            if not name_key(name):
                with pytest.raises(ap.errors.Invalid):
                    named(ws, name)
                continue
            if "\0" in name or len(name) > 500:
                continue
            made, _ = named(ws, name)
            again = [named(ws, unicodedata.normalize(form, name))[0] for form in ("NFC", "NFD")]
            assert [made, made] == again
            assert made in ws.accounts.find(name, limit=100)


def test_wildcards_are_literal() -> None:
    """A2: none of them stands for anything else."""
    with opened() as ws:
        for name in ("100% Pure", "100_ Pure", "100\\ Pure", "100* Pure", "100[a] Pure", "100a Pure"):
            named(ws, name)
        for sign in ("%", "_", "\\", "*", "["):
            assert [f"100{sign}"] == [one.name[:4] for one in ws.accounts.find(f"100{sign}")]
