"""Portable files in TOML and JSON: what is taken, what may be written shorter, what is refused and where (T12)."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from actionplans import codec
from actionplans.errors import InvalidFile
from actionplans.launch import Directory, draft, launch
from actionplans.model import (
    Account,
    CompletionEmail,
    Condition,
    Dependency,
    FrozenMap,
    Offset,
    Person,
    Reminder,
    Template,
    TemplateTask,
)
from actionplans.settings import CustomField, Settings
from actionplans.template import MOST_BYTES, publish, read_template
from tests.templates.samples import EXAMPLES, HERE, MOMENT

TASK = '[[tasks]]\nkey = "call"\ntitle = "Call"\n'


ACCOUNT_FIELDS = (CustomField("tier", "Tier", "account"), CustomField("seats", "Seats", "account", "number"))
"""The custom fields that the samples ask for in conditions."""


def toml(text: str, title: str = "Follow-up") -> Template:
    """The template of that text, which says no title itself."""
    return read_template(f'title = "{title}"\n{text}'.encode())


def task(text: str) -> TemplateTask:
    """The one task of a template, with these lines."""
    return toml(TASK + text).tasks[0]


def refused(content: bytes | str, **options: str) -> dict[str, str]:
    """The problems of a content by place."""
    with pytest.raises(InvalidFile) as caught:
        read_template(content.encode() if isinstance(content, str) else content, **options)
    return {problem.place: problem.message for problem in caught.value.problems}


def refused_task(text: str) -> dict[str, str]:
    """The problems of a task with these lines."""
    return refused(f'title = "Follow-up"\n{TASK}{text}')


def test_a_template_from_a_file_is_being_edited_as_version_1() -> None:
    """A file says what a template is; its life begins here (T1)."""
    template = read_template(EXAMPLES / "lead_follow_up.toml")
    assert ("lead-follow-up", "editing", 1, 0) == (template.id, template.state, template.version, template.revision)
    assert ["thank", "call", "offer", "financing", "visit", "ask-again"] == [one.key for one in template.tasks]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_can_be_published_and_launched(path: Path) -> None:
    """The samples give a plan in which every task has an owner and a due date."""
    template = publish(read_template(path), MOMENT)
    anchors = {name: dt.date(2026, 3, 31) for name in template.anchors}
    account = Account("acme", "Acme", owner_id="ana", type="enterprise", primary_contact_id="carl")
    known = Directory(FrozenMap({name: Person(name, name) for name in ("ana", "carl")}))
    ids = iter(range(1_000))
    plan = launch(
        draft(template, account, start=dt.date(2026, 1, 5), anchors=anchors),
        account,
        Settings(custom_fields=ACCOUNT_FIELDS),
        directory=known,
        applier_id="ana",
        now=MOMENT,
        new_id=lambda: f"i{next(ids)}",
    )
    assert [] == [one.title for one in plan.tasks if one.owner_id is None or one.due is None]
    assert plan.tasks


def test_day_1_is_the_day_after() -> None:
    """`on_day` counts from the day the plan is applied (D2)."""
    assert Offset(3) == task("on_day = 3").due
    assert toml('[[milestones]]\nkey = "m"\ntitle = "M"\non_day = 1').milestones[0].due == Offset(1)


@pytest.mark.parametrize(
    ("lines", "field", "wanted"),
    [
        ("due = 5", "due", Offset(5)),
        ("start = -2", "start", Offset(-2)),
        ('due = { count = 5, unit = "working_days" }', "due", Offset(5, "working_days")),
        ('due = { anchor = "start", roll = "next" }', "due", Offset(0, roll="next")),
        ('owner = "account_owner"', "owner", ("account_owner",)),
        ('owner = ["role:csm", "applier"]', "owner", ("role:csm", "applier")),
        ('helpers = "primary_contact"', "helpers", ("primary_contact",)),
        ('completion_email = "thanks"', "completion_email", CompletionEmail("thanks")),
        ("reminder = { days_before = 2, at = 08:30:00 }", "reminder", Reminder(2, dt.time(8, 30))),
        (
            "custom = { budget = 12.50, since = 2026-01-05, big = true }",
            "custom",
            FrozenMap({"budget": Decimal("12.50"), "since": dt.date(2026, 1, 5), "big": True}),
        ),
        (
            "condition = 'account.type == \"enterprise\"'",
            "conditions",
            (Condition("account.type", "==", "enterprise"),),
        ),
        ("condition = 'account.name != \"a == b\"'", "conditions", (Condition("account.name", "!=", "a == b"),)),
        ('condition = "account.custom.seats >= 25"', "conditions", (Condition("account.custom.seats", ">=", 25),)),
        (
            'condition = "account.custom.size<1.5"',
            "conditions",
            (Condition("account.custom.size", "<", Decimal("1.5")),),
        ),
        (
            'condition = "account.custom.since > 2026-01-05"',
            "conditions",
            (Condition("account.custom.since", ">", dt.date(2026, 1, 5)),),
        ),
        ('condition = "account.custom.vip == true"', "conditions", (Condition("account.custom.vip", "==", True),)),
        (
            "condition = \"account.kind in ['lead', 'person']\"",
            "conditions",
            (Condition("account.kind", "in", ("lead", "person")),),
        ),
        (
            'conditions = ["account.custom.a == 1", { field = "account.type", comparison = "!=", value = "x" }]',
            "conditions",
            (Condition("account.custom.a", "==", 1), Condition("account.type", "!=", "x")),
        ),
    ],
)
def test_what_may_be_written_shorter(lines: str, field: str, wanted: object) -> None:
    """A shorthand is the same as the long form."""
    assert wanted == getattr(task(lines), field)


def test_links_may_be_written_shorter() -> None:
    """A key, or a table that names a task or a milestone."""
    text = """
after = ["a", { task = "b", lag = 2, unit = "days" }, { milestone = "m", kind = "SS" }, { predecessor_id = "c" }]
[[tasks]]
key = "a"
title = "A"
[[tasks]]
key = "b"
title = "B"
[[tasks]]
key = "c"
title = "C"
after = "a"
[[milestones]]
key = "m"
title = "M"
"""
    tasks = toml(TASK + text).tasks
    wanted = (Dependency("a"), Dependency("b", lag=2, unit="days"), Dependency("m", "SS"), Dependency("c"))
    assert wanted == tasks[0].after
    assert (Dependency("a"),) == tasks[3].after


def test_numbers_of_a_metric_are_exact() -> None:
    """TOML and JSON numbers become decimals as they are written."""
    assert Decimal("8.10") == task('metric = { target = 8.10, start = 3, unit = "NPS" }').metric.target
    assert Decimal("97.5") == read_template(HERE / "renewal.json").tasks[0].metric.target


def test_an_id_is_taken_from_the_file_or_made_from_the_title() -> None:
    """Letters and digits of any script in small; a title without any wants an id."""
    assert "lead-follow-up" == toml("", "Lead — follow_up!").id
    assert "kundengespräch-2" == toml("", "Kundengespräch 2").id
    assert "any id" == toml('id = "any id"').id
    assert "give the template an id" in refused('title = "!!!"')["id"]
    assert ["title"] == list(refused("title = 3"))
    assert ["title"] == list(refused('description = "no title"'))


def test_json_is_read_like_toml() -> None:
    """The same keys and the same shorthands."""
    template = read_template(HERE / "renewal.json")
    assert Offset(-90, anchor="renewal", roll="previous") == template.tasks[0].due
    assert (Condition("account.type", "!=", "trial"),) == template.tasks[1].conditions


def test_what_the_codec_wrote_is_read_again() -> None:
    """Its envelope is taken, and what a store added is left behind: the template begins its life anew."""
    template = read_template(EXAMPLES / "quarterly_growth.toml")
    stored = publish(template, MOMENT)
    assert template == read_template(codec.dumps(stored).encode())
    assert template == read_template(json.dumps(codec.to_plain(stored)).encode())
    envelope = json.loads(codec.dumps(stored))
    assert ["type"] == list(refused(json.dumps({**envelope, "type": "Plan"})))
    assert "upgrade" in refused(json.dumps({**envelope, "version": 99}))["version"]


def test_the_format_is_the_ending_or_the_first_character(tmp_path: Path) -> None:
    """A path's ending says; else `{` is JSON, `<` is XML and anything else TOML; `format` insists."""
    text = (HERE / "renewal.json").read_text()
    for name in ("a.json", "a.JSON", "a.txt", "a"):
        (tmp_path / name).write_text(text)
        assert "renewal" == read_template(tmp_path / name).id
        assert "renewal" == read_template(str(tmp_path / name)).id
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InvalidFile, match="is no TOML"):
        read_template(tmp_path / "a.toml")
    assert "renewal" == read_template(tmp_path / "a.toml", format="json").id
    assert "nurture-grow" != read_template((HERE / "nurture.xml").read_bytes(), warn=lambda problem: None).id
    assert "one of toml, json, xml" in refused("{}", format="yaml")["format"]


def test_a_mark_at_the_beginning_is_no_matter() -> None:
    """Editors on Windows write a byte order mark and CR LF."""
    assert "a" == read_template(b'\xef\xbb\xbftitle = "A"\r\n').id
    assert "a" == read_template(b'\xef\xbb\xbf{"title": "A"}').id


def test_all_problems_of_a_file_come_at_once_with_their_places() -> None:
    """Unknown keys, wrong types and broken shorthands, seen from the top of the file."""
    found = refused(
        """
title = "Follow-up"
colour = "red"
anchors = "go_live"
[[tasks]]
key = "a"
on_day = "three"
after = [{ task = "b", milestone = "c" }]
condition = "__import__('os').system('true')"
[[tasks]]
key = "b"
title = 7
due = { count = 2.0, unit = "fortnights" }
duration = true
[[milestones]]
key = "not a key"
title = "M"
on_day = 1
due = 1
"""
    )
    assert {
        *("colour", "anchors", "tasks[0].on_day", "tasks[0].after[0]", "tasks[0].condition", "tasks[0].title"),
        *("tasks[1].title", "tasks[1].due.count", "tasks[1].due.unit", "tasks[1].duration"),
        *("milestones[0].key", "milestones[0].on_day"),
    } == set(found)


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ("on_day = true", "tasks[0].on_day", "whole number"),
        ("on_day = 99999", "tasks[0].on_day", "36500"),
        ("on_day = 1\ndue = 1", "tasks[0].on_day", "on_day or due"),
        ("due = true", "tasks[0].due", "wanted"),
        ("due = 40000", "tasks[0].due.count", "36500"),
        ("due = 2026-01-05", "tasks[0].due", "wanted"),
        ("duration = 0", "tasks[0].duration", "from 1"),
        ("after = [3]", "tasks[0].after[0]", "wanted"),
        ("after = [{ lag = 1 }]", "tasks[0].after[0]", "one predecessor"),
        ('after = ["call"]', "tasks[0].after[0]", "after itself"),
        ('owner = ["person:7"]', "tasks[0].owner[0]", "email:ADDRESS"),
        ('owner = "nobody"', "tasks[0].owner[0]", "applier"),
        ('condition = "account.type == enterprise"', "tasks[0].condition", "in quotes"),
        ('condition = "account.custom.a == 1 and account.custom.b == 2"', "tasks[0].condition", "one comparison"),
        ('condition = "account.custom.since == 2026-02-30"', "tasks[0].condition", "one comparison"),
        ('conditions = ["account.custom.a = 1"]', "tasks[0].conditions[0]", "one comparison"),
        ('condition = "plan.x == 1"', "tasks[0].conditions[0].field", "account.type"),
        ('condition = "account.__class__ == 1"', "tasks[0].conditions[0].field", "custom.NAME"),
        ("condition = 'account.type == \"a\"'\nconditions = []", "tasks[0].condition", "beside"),
        ("condition = 3", "tasks[0].condition", "one comparison"),
        ("metric = { target = true }", "tasks[0].metric.target", "decimal"),
        ("metric = { target = inf }", "tasks[0].metric.target", "finite"),
        ('completion_email = { template_id = "x", contact_id = "c" }', "tasks[0].completion_email.contact_id", "id of"),
    ],
)
def test_what_is_wrong_in_a_task_is_told_at_its_place(lines: str, place: str, words: str) -> None:
    """The place is the one in the file, the message says what would be right."""
    found = refused_task(lines)
    assert [place] == list(found)
    assert words in found[place]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b'title = "\xff"', "is not UTF-8 (byte 9, line 1)"),
        ('title = "A"'.encode("utf-16"), "is not UTF-8"),
        (b'title = "A"\n\x00', "is no TOML"),
        (b'title = "A"\ntitle = "B"\n', "line 2"),
        (b'title = "A"\n[[tasks]]\nkey = "a"\nkey = "b"\n', "line 4"),
        (b'title = "A\n', "line 1, column 11"),
        (b'title = "A', "at end of document"),
        (b"a = 1e99999999999999999999", "is no TOML"),
        (b"a = " + b"9" * 10_000, "is no TOML"),
        (b"a = 2026-02-30", "is no TOML"),
        (b"a = " + b"[" * 100_000, "is nested too deeply"),
        (b"a = " + b"{a=" * 100_000, "is nested too deeply"),
        (b"a" + b".a" * 500_000 + b" = 1", "line 1 has a key of more than 64 parts"),
        (b"[" + b'"a".' * 500_000 + b"a]", "more than 64 parts"),
        (b'title = "A"\nx = {' + b"a . " * 500_000 + b"a = 1}", "line 2 has a key of more than 64 parts"),
        (b'{"title": "A", "title": "B"}', "'title' stands twice"),
        (b'{"title": "A"', "line 1, column 14"),
        (b'{"title": NaN}', "NaN"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "digits"),
        (b'{"title": "\\ud800"}', "surrogate"),
    ],
    ids=lambda one: str(one[:24]) if isinstance(one, bytes) else "",
)
def test_a_broken_text_is_refused_quickly(content: bytes, words: str) -> None:
    """With the line and column where the parser knows them, and never with the parser's own exception."""
    assert words in " ".join(refused(content).values())


def test_a_key_of_64_words_in_a_text_is_no_deep_key() -> None:
    """The guard looks for dotted keys, not for prose, long words or many quotes."""
    text = "One. Two three. " * 500 + "x" * 10_000
    assert text.strip() == toml(f'description = "{text.strip()}"').description


def test_many_words_are_searched_in_linear_time() -> None:
    """A file of the greatest size made to be slow is refused at once."""
    for piece in (b"aaaaaaaa", b"a.b.c d ", b'"a"."b" ', b"''''''''", b"- . - . "):
        assert refused(b"x = 1 # \n" + piece * (2**20 // 8))


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    """The limit is named, and no more than that is read."""
    path = tmp_path / "big.toml"
    path.write_bytes(b'title = "A"\n' + b"#" * MOST_BYTES)
    with pytest.raises(InvalidFile, match="larger than 16 MiB"):
        read_template(path)
    with pytest.raises(InvalidFile, match="larger than 16 MiB"):
        read_template("/dev/zero")


@pytest.mark.parametrize("name", ["missing.toml", ".", "a\0b", "x" * 5_000, "no/such/folder.toml"])
def test_a_path_that_cannot_be_read_names_the_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a folder, what is no path at all: an InvalidFile like any other."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidFile) as caught:
        read_template(name)
    assert name[:100] in caught.value.what
    assert "path" in caught.value.problems[0].message


def test_a_name_that_is_no_text_can_still_be_told() -> None:
    """File systems allow bytes that are no UTF-8; the message can be printed all the same."""
    with pytest.raises(InvalidFile) as caught:
        read_template("\udcff.toml")
    assert b"udcff.toml: No such file" in str(caught.value).encode()


class Odd:
    """A path that is none."""

    def __fspath__(self) -> int:
        return 3


@pytest.mark.parametrize("source", [None, 3, ["a.toml"], bytearray(b"title = 1")])
def test_what_is_neither_a_path_nor_bytes_is_refused(source: object) -> None:
    """A number is no open file to us."""
    with pytest.raises(InvalidFile, match="a path, or the content as bytes"):
        read_template(source)
    with pytest.raises(InvalidFile, match="is no path"):
        read_template(Odd())


def test_the_error_names_the_file(tmp_path: Path) -> None:
    """`what` is the path as it was given."""
    path = tmp_path / "follow_up.toml"
    path.write_text("title = 3")
    with pytest.raises(InvalidFile) as caught:
        read_template(path)
    assert str(path) == caught.value.what
    assert str(caught.value).startswith(f"{path}: title: ")


def test_who_made_it_and_where_it_stood_is_left_behind() -> None:
    """A portable file carries no bookkeeping of another store (T12)."""
    template = toml(
        'state = "retired"\nrevision = 9\ncreated_by = "u-7"\npublished_at = 2026-01-05T09:00:00Z\nversion = 4'
    )
    assert ("editing", 0, "", None) == (template.state, template.revision, template.created_by, template.published_at)
    assert 4 == template.version


def test_a_key_that_is_none_is_told_with_the_shorthands_there_are() -> None:
    """With the one that is near, or with all that could stand there (T12)."""
    near = refused_task('on_dya = 3\nconditon = "x"\nafetr = []\nrequird = true\n')
    assert {
        "tasks[0].on_dya": "no such field: is it on_day?",
        "tasks[0].conditon": "no such field: is it condition?",
        "tasks[0].afetr": "no such field: is it after?",
        "tasks[0].requird": "no such field: is it required?",
    } == near
    assert "no such field: is it parent?" == refused_task('play = "p"\n')["tasks[0].play"]
    play = refused('title = "X"\n[[plays]]\nkey = "p"\ntitle = "P"\nparent = "o"\n')["plays[0].parent"]
    assert "no such field: is it objective?" == play
    said = refused_task("nonsense = 3\n")["tasks[0].nonsense"]
    fields = {one.name for one in attrs.fields(TemplateTask)}
    assert fields | {"on_day", "condition"} == set(said.removeprefix("no such field: there are ").split(", "))
    assert "is it task?" in refused_task('after = [{ taks = "a" }]\n')["tasks[0].after[0].taks"]
    assert "is it title?" in refused('tilte = "Follow-up"\n')["tilte"]
    stage = refused('title = "X"\n[[stages]]\nkey = "s"\ntitle = "S"\non_day = 3\n')["stages[0].on_day"]
    assert "no such field: there are description, fixed, key, title" == stage


@pytest.mark.parametrize(
    "text",
    [
        'title = "X"\n[[tasks]]\nkey = "a"\n' + "x" * 500,
        '{"title": "X"}',
        "  <export>",
        'title="X"',
        "tasks = [1]",
        "{}\n",
    ],
)
def test_a_text_instead_of_a_path_is_told_in_one_line(text: str) -> None:
    """A `str` is a path; the content itself is given as bytes, and is not said again."""
    with pytest.raises(InvalidFile) as caught:
        read_template(text)
    told = "the template: this text is a template itself, not the path of one: give it as bytes, text.encode()"
    assert told == str(caught.value)


@pytest.mark.parametrize("path", ["nowhere.toml", "no folder/a = b.toml", "x" * 5000, "a\0b"])
def test_a_path_that_leads_nowhere_is_no_template(path: str) -> None:
    """It is said as a path."""
    with pytest.raises(InvalidFile, match="as bytes") as caught:
        read_template(path)
    assert path[:50] in str(caught.value)
    assert len(str(caught.value)) < 400
