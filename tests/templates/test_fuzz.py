"""Whatever the bytes are, reading them gives a template or an InvalidFile, never anything else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans.errors import InvalidFile
from actionplans.model import Template
from actionplans.template import FORMATS, check_template, publish, read_template
from tests.size import size
from tests.templates.samples import GOOD, MOMENT

CONTENTS = [path.read_bytes() for path in GOOD]
WORDS = (
    *(
        b'"',
        b"'",
        b"[",
        b"]",
        b"{",
        b"}",
        b"=",
        b"<",
        b">",
        b"&",
        b"%",
        b"\n",
        b"\\",
        b"#",
        b",",
        b".",
        b"-",
        b"\0",
        b"\xff",
    ),
    *(
        b"true",
        b"null",
        b"nan",
        b"1e999",
        b"-1",
        b"99999999999",
        b"2026-02-30",
        b"\\ud800",
        b"<!DOCTYPE x>",
        b"&#0;",
        b"&x;",
    ),
    *(b"account.", b"task:", b"milestone:", b"own_start", b"person:7", b"after", b"due", b"[[tasks]]", b"conditions"),
)


def mutated(content: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """The content with pieces cut out or doubled and words put in, at places given as fractions."""
    for at, length, word in cuts:
        place = int(at * len(content))
        if length < 0:
            content = content[:place] + word + content[place + length : place] + content[place:]
        else:
            content = content[:place] + word + content[place + length :]
    return content


PLACES = st.floats(0, 1, exclude_max=True)
CUTS = st.lists(
    st.tuples(PLACES, st.integers(-60, 60), st.sampled_from(WORDS) | st.binary(max_size=4)), min_size=1, max_size=4
)


def read(content: bytes, form: str | None) -> Template | None:
    """The template, or None for an InvalidFile; anything else is the test's failure."""
    try:
        template = read_template(content, format=form, warn=lambda problem: None)
    except InvalidFile as error:
        assert error.problems
        assert str(error).encode()
        return None
    check_template(template)
    assert "published" == publish(template, MOMENT).state
    return template


@settings(max_examples=size(8_000))
@given(st.sampled_from(CONTENTS), CUTS, st.sampled_from([None, None, *FORMATS]))
def test_a_good_file_damaged_is_a_template_or_an_invalid_file(content: bytes, cuts: list, form: str | None) -> None:
    """Cut, doubled and overwritten; what is still taken keeps all rules and can be published."""
    read(mutated(content, cuts), form)


@settings(max_examples=size(3_000))
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from(FORMATS),
)
def test_random_bytes_are_an_invalid_file(content: bytes, form: str) -> None:
    """No format takes noise, and no parser's own exception comes through."""
    assert read(content, form) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([w.decode("latin-1") for w in WORDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=size(3_000))
@given(st.data())
def test_a_wrong_value_anywhere_is_an_invalid_file(data: st.DataObject) -> None:
    """JSON of the right shape with one value, at any depth, of any other kind."""
    import json

    plain = json.loads((GOOD[-1]).read_text())
    holder = data.draw(
        st.sampled_from([plain, *plain["tasks"], plain["tasks"][0]["due"], plain["tasks"][1]["condition"]])
    )
    known = (
        "id",
        "title",
        "anchors",
        "stages",
        "tasks",
        "key",
        "due",
        "on_day",
        "after",
        "owner",
        "metric",
        "condition",
    )
    known += (
        "conditions",
        "custom",
        "reminder",
        "completion_email",
        "count",
        "unit",
        "anchor",
        "field",
        "value",
        "comparison",
    )
    holder[data.draw(st.sampled_from(known) | st.text(max_size=6))] = data.draw(VALUES)
    read(json.dumps(plain, allow_nan=True).encode(), "json")
