"""The Excel files: read back by three readers, looked at as XML, and refused where Excel cannot hold what is wanted."""

import datetime as dt
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from actionplans import tables
from actionplans.backends.export import xlsx
from actionplans.checks import FrozenMap
from actionplans.errors import ExportError, Invalid
from actionplans.settings import CustomField
from actionplans.sharing import View
from tests.export.samples import HOSTILE, full, nasty, naughty, small
from tests.size import size

calamine = pytest.importorskip("python_calamine", reason="python-calamine, of the extra excel, is not installed")

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(views: list[View]) -> bytes:
    """The file."""
    target = io.BytesIO()
    xlsx.write_xlsx(views, target)
    return target.getvalue()


def decoded(cell: object) -> object:
    """A cell as Excel shows it, from what openpyxl reads; it leaves `_xHHHH_` as it is, Excel and calamine do not."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    if not isinstance(cell, str):
        return cell
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell)


def wanted(table: tables.Table) -> list[list[object]]:
    """Header and rows as the file should give them."""
    return [[column.title for column in table.columns], *(list(row) for row in table.rows)]


def by_openpyxl(file: bytes, sheet: str, *, read_only: bool = False) -> list[list[object]]:
    """All cells of a sheet."""
    book = openpyxl.load_workbook(io.BytesIO(file), read_only=read_only)
    try:
        return [[decoded(cell) for cell in row] for row in book[sheet].iter_rows(values_only=True)]
    finally:
        book.close()


def by_calamine(file: bytes, sheet: str) -> list[list[object]]:
    """All cells of a sheet; calamine gives empty text for an empty cell, and leaves two escapes as they are."""
    rows = calamine.CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_name(sheet).to_python()
    left = {"_xFFFE_": "\ufffe", "_xFFFF_": "\uffff"}
    return [
        [
            re.sub("_xFFF[EF]_", lambda found: left[found[0]], cell) or None if isinstance(cell, str) else cell
            for cell in row
        ]
        for row in rows
    ]


def parts(file: bytes) -> dict[str, bytes]:
    """What is in the file, by name."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def check_reads_back(views: list[View]) -> bytes:
    """Every reader gives the tables cell by cell, and the XML holds text and numbers only (X3)."""
    file = written(views)
    for sheet, table in (("Tasks", tables.task_table), ("Summary", tables.summary_table)):
        expected = wanted(table(views))
        assert expected == by_openpyxl(file, sheet)
        assert expected == by_openpyxl(file, sheet, read_only=True)
        assert expected == by_calamine(file, sheet)
    for name, part in parts(file).items():
        if name.startswith("xl/worksheets/"):
            check_harmless(ET.fromstring(part))
    return file


def check_harmless(sheet: ET.Element) -> None:
    """No cell is a formula, a link or an error, and every cell is of a kind that we mean."""
    assert {"n", "b", "inlineStr"} >= {cell.get("t", "n") for cell in sheet.iter(f"{MAIN}c")}
    for tag in ("f", "hyperlink", "hyperlinks", "drawing", "legacyDrawing", "oleObjects"):
        assert [] == list(sheet.iter(f"{MAIN}{tag}"))


def test_every_reader_gives_every_cell_back() -> None:
    """X1: text, dates, numbers, yes and no, of one plan and of a portfolio."""
    check_reads_back([full()])
    check_reads_back([small(n, "a", "b", "c") if n % 3 else full() for n in range(size(1000))])


def test_no_plans_at_all() -> None:
    """An empty portfolio is a workbook with headers."""
    check_reads_back([])


def test_hostile_text_stays_text() -> None:
    """X3: whatever stands in any field comes back as the same text."""
    check_reads_back(list(nasty(list(HOSTILE))))


def test_naughty_strings_stay_text() -> None:
    """X3, with the Big List of Naughty Strings."""
    check_reads_back(list(nasty(naughty())))


ODD = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("_x0041F=#\r\n\t <&")), max_size=40)


@settings(max_examples=size(400))
@given(st.lists(ODD.map(lambda text: text.replace("\0", "")), max_size=30))
def test_any_text_stays_text(texts: list[str]) -> None:
    """X3, with text that Hypothesis makes."""
    view = small()
    file = written([evolve(view, account=evolve(view.account, website=text)) for text in texts])
    expected = ["Website", *(text or None for text in texts)]
    assert expected == [row[1] for row in by_openpyxl(file, "Tasks")] == [row[1] for row in by_calamine(file, "Tasks")]


def test_a_hostile_header_stays_text() -> None:
    """The title of a custom field is somebody's text too."""
    for title in ("=1+1", "#N/A", "_x0041_", "a\x07\r\n<"):
        file = check_reads_back([evolve(small(), fields=(CustomField("f", title),))])
        assert title == by_calamine(file, "Tasks")[0][18]


def test_text_like_a_command_stays_text_when_it_is_edited() -> None:
    """A quoted cell does not become a formula or number when somebody opens and leaves it."""
    book = openpyxl.load_workbook(io.BytesIO(written([small(0, "=1+1", "-1", "+1", "@x", "fine")])))
    cells = [row[8] for row in book["Tasks"].iter_rows(min_row=2)]
    assert [True, True, True, True, False] == [bool(cell.quotePrefix) for cell in cells]
    assert {"s"} == {cell.data_type for cell in cells}


def test_dates_are_real_and_shown_as_dates() -> None:
    """X1."""
    book = openpyxl.load_workbook(io.BytesIO(written([full()])))
    cell = book["Tasks"]["L2"]
    assert (dt.datetime(2026, 1, 5), "yyyy-mm-dd", True) == (cell.value, cell.number_format, cell.is_date)


def test_days_that_excel_does_not_have_are_text() -> None:
    """Before March 1900 the programs disagree or have no day: written as text; from then to 9999 real dates."""
    days = ["0001-01-01", "1899-12-31", "1900-01-01", "1900-02-28", "1900-03-01", "1999-12-31", "9999-12-31"]
    view = small(0, *days)
    tasks = tuple(evolve(task, due=dt.date.fromisoformat(task.title)) for task in view.tasks)
    file = written([evolve(view, plan=evolve(view.plan, tasks=tasks))])
    expected: list[object] = [day if day < "1900-03-01" else dt.date.fromisoformat(day) for day in days]
    assert expected == [row[12] for row in by_calamine(file, "Tasks")[1:]]
    assert expected == [row[12] for row in by_openpyxl(file, "Tasks")[1:]]


NUMBERS = {
    "0": 0,
    "-0.0": 0,
    "1.50": 1.5,
    "1E+5": 100_000,
    "123456789012345": 123456789012345,
    "1200000000000000000": 1_200_000_000_000_000_000,
    "0.1": 0.1,
    "1234567890123456": "1234567890123456",
    "0.1234567890123456": "0.1234567890123456",
    "1.00000000000000000000000000000000000001": "1.00000000000000000000000000000000000001",
    "1E+400": "1E+400",
    "-1E-400": "-1E-400",
}


def test_numbers_that_excel_would_round_are_text() -> None:
    """X3: up to 15 digits a number, beyond them text with every digit, never a rounded number."""
    view = evolve(small(0, *NUMBERS), fields=(CustomField("n", "N", type="number"),))
    for make in (Decimal, lambda text: int(Decimal(text))):
        found = {text: want for text, want in NUMBERS.items() if make is Decimal or text.isdigit()}
        tasks = tuple(
            evolve(task, custom=FrozenMap({"n": make(task.title)})) for task in view.tasks if task.title in found
        )
        file = written([evolve(view, plan=evolve(view.plan, tasks=tasks))])
        assert list(found.values()) == [row[18] for row in by_calamine(file, "Tasks")[1:]]
        assert list(found.values()) == [row[18] for row in by_openpyxl(file, "Tasks")[1:]]


def test_the_header_is_bold_filled_frozen_and_filtered() -> None:
    """X1, on both sheets that people see."""
    book = openpyxl.load_workbook(io.BytesIO(written([full(), small()])))
    for sheet, area in (("Tasks", "A1:AA6"), ("Summary", "A1:L3")):
        cells = next(book[sheet].iter_rows(max_row=1))
        assert ("A2", area) == (book[sheet].freeze_panes, book[sheet].auto_filter.ref)
        assert {(True, "solid")} == {(cell.font.b, cell.fill.fill_type) for cell in cells}
    assert not book["Tasks"]["A2"].font.b


def test_columns_have_their_widths_and_the_ids_are_hidden() -> None:
    """X1: hidden ids and versions for coming back."""
    sheet = openpyxl.load_workbook(io.BytesIO(written([full()])))["Tasks"]
    columns = tables.task_table([full()]).columns
    found = [sheet.column_dimensions[cell.column_letter] for cell in sheet[1]]
    assert [(one.width, one.hidden) for one in columns] == [(one.width, one.hidden) for one in found]
    assert ["p-1", "t-call", 7] == [cell.value for cell in sheet[2]][-3:]


def test_status_and_owners_have_drop_downs() -> None:
    """X1: from the hidden lists, down to rows that are still to be written; owners take other text too."""
    book = openpyxl.load_workbook(io.BytesIO(written([full(), small()])))
    offers = {str(one.sqref): one for one in book["Tasks"].data_validations.dataValidation}
    assert {"K2:K1048576": "lists!$A$2:$A$7", "O2:O1048576": "lists!$B$2:$B$6"} == {
        place: one.formula1 for place, one in offers.items()
    }
    assert [True, False] == [one.showErrorMessage for one in offers.values()]
    statuses, owners = zip(*book["lists"].iter_rows(min_row=2, values_only=True), strict=True)
    assert ("waiting", "open", "in_progress", "done", "cancelled", "blocked") == statuses
    assert ("Ana Sá", "Customer Success", "Smith, Ben", "any contact", "gone", None) == owners
    lost = openpyxl.load_workbook(io.BytesIO(written([evolve(full(), status_names=FrozenMap())])))
    assert "blocked" not in [status for status, _ in lost["lists"].iter_rows(min_row=2, values_only=True)]


def test_no_owners_no_drop_down_of_owners() -> None:
    """A list of nothing would be refused by Excel."""
    book = openpyxl.load_workbook(io.BytesIO(written([small()])))
    assert ["K2:K1048576"] == [str(one.sqref) for one in book["Tasks"].data_validations.dataValidation]


def test_the_sheets_for_coming_back_are_hidden() -> None:
    """Format version, the columns by name, and each plan with its revision."""
    file = written([full(), small(3)])
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert ["Tasks", "Summary", "lists", "actionplans"] == book.sheetnames
    assert ["visible", "visible", "hidden", "hidden"] == [sheet.sheet_state for sheet in book]
    rows = [list(row) for row in book["actionplans"].iter_rows(values_only=True)]
    columns = [["column", one.name, one.title] for one in tables.task_table([full()]).columns]
    plans = [["plan", "p-1", 7], ["plan", "p3", 0]]
    assert [["key", "value", "detail"], ["format version", 1, None], *columns, *plans] == rows


def longest(character: str) -> str:
    """As much text of one character as a cell holds."""
    return character * (32_767 // (len(character.encode("utf-16-le")) // 2))


@pytest.mark.parametrize("character", ["a", "é", "👩", "\n", "\x07", "&"])
def test_the_longest_text_is_kept_whole_and_a_longer_one_refused(character: str) -> None:
    """X3: 32,767 characters as UTF-16 counts; one more is refused, naming the place, and nothing is written."""
    view = small(0, "Call", "Mail")
    text = longest(character)
    fits, over = (
        evolve(view, plan=evolve(view.plan, tasks=(view.tasks[0], evolve(view.tasks[1], description=one))))
        for one in (text, text + character)
    )
    assert text == by_calamine(written([fits]), "Tasks")[2][9]
    target = io.BytesIO()
    with pytest.raises(ExportError, match="32767 characters") as caught:
        xlsx.write_xlsx([view, over], target)
    assert "Tasks!J5, Description of Company 0 / Mail" == caught.value.place
    assert b"" == target.getvalue()


def test_more_rows_than_a_sheet_has_are_refused_before_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """X3: here with a sheet of 60 rows: 59 tasks fit, 60 do not."""
    monkeypatch.setattr(xlsx, "MAX_ROWS", 60)
    assert 60 == len(by_calamine(written([small(0, *"x" * 59)]), "Tasks"))
    target = io.BytesIO()
    with pytest.raises(ExportError, match="fewer plans"):
        xlsx.write_xlsx([small(0, *"x" * 30), small(1, *"x" * 30)], target)
    assert b"" == target.getvalue()


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    """X3: with 16,384 custom fields."""
    fields = tuple(CustomField(f"f{n}", "F") for n in range(16_384))
    with pytest.raises(ExportError, match="fewer custom fields"):
        written([evolve(small(), fields=fields)])


def test_what_no_cell_can_hold_is_refused_with_its_place() -> None:
    """A lone surrogate or a value of another kind, which only a host that goes round the checks can bring."""
    for value in ("\ud800", 1.5):
        view = small()
        task = evolve(view.tasks[0], custom=FrozenMap({"f": value}))
        view = evolve(view, plan=evolve(view.plan, tasks=(task,)), fields=(CustomField("f", "F"),))
        with pytest.raises(ExportError, match=r"Tasks!S2, F of Company 0 / Call: .*(surrogate|float)"):
            written([view])


def test_only_views_are_taken() -> None:
    """V1: a plan is refused by name, at once or when its turn comes, and nothing is written."""
    for wrong in ([full().plan], [full(), full().plan]):
        target = io.BytesIO()
        with pytest.raises(Invalid, match="make a view first"):
            xlsx.write_xlsx(wrong, target)  # type: ignore[list-item]
        assert b"" == target.getvalue()


def test_views_are_read_once_and_progress_is_told_after_each_plan() -> None:
    """A generator is enough; the number is that of the tasks so far."""
    told: list[tuple[int, int | None]] = []
    made: list[int] = []

    def source() -> Iterator[View]:
        for n in range(3):
            assert n == len(told)
            made.append(n)
            yield small(n, "a", "b")

    # the second view is made when the first has been written, so what was told keeps pace with what was made
    xlsx.write_xlsx(source(), io.BytesIO(), progress=lambda done, total: told.append((done, total)))
    assert ([0, 1, 2], [(2, None), (4, None), (6, None)]) == (made, told)


def test_the_zip_is_a_plain_one() -> None:
    """Excel offers to repair files with the extensions for 4 GB and more, so they are used from there on only."""
    with zipfile.ZipFile(io.BytesIO(written([full()]))) as archive:
        assert {(20, b"", zipfile.ZIP_DEFLATED)} == {
            (one.extract_version, one.extra, one.compress_type) for one in archive.infolist()
        }


def test_a_stream_that_cannot_be_sought_is_enough() -> None:
    """A web server's response, a pipe."""

    class OneWay(io.RawIOBase):
        def __init__(self) -> None:
            self.got = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.got += data
            return len(data)

    target = OneWay()
    xlsx.write_xlsx([full()], target)  # type: ignore[arg-type]
    assert wanted(tables.task_table([full()])) == by_calamine(bytes(target.got), "Tasks")


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither after an export nor after a refused one."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    written([full()])
    with pytest.raises(Invalid):
        written([full(), full().plan])  # type: ignore[list-item]
    assert [] == list(tmp_path.iterdir())


def test_the_plug_in_registers_the_ending() -> None:
    """What opening a workspace will find."""
    assert {"xlsx": xlsx.write_xlsx} == dict(xlsx.actionplans_exporters())
