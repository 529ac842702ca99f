"""Excel: one row per task, one row per plan, and what is needed for coming back (X1, X3).

openpyxl makes the workbook: styles, widths, drop-downs, hidden sheets. The rows go past it, into temporary files that
are put into the finished workbook: openpyxl builds a tree for every cell, which costs several times as much, and takes
text like `=1+1` for a formula. Here text is written as text and nothing else. Memory does not grow with the tasks.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from io import SEEK_END
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, BinaryIO, Self

from actionplans import tables
from actionplans.errors import ExportError
from actionplans.plugins import Export, hookimpl
from actionplans.sharing import View
from actionplans.tables import Column, Row

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

FORMAT_VERSION = 1
"""Stands in the hidden sheet `actionplans`; raised when the layout changes, so that coming back knows what it reads."""

MAX_ROWS = 1_048_576
"""The rows that a sheet of Excel has, its header included."""

MAX_COLUMNS = 16_384
"""The columns that a sheet of Excel has."""

MAX_TEXT = 32_767
"""The characters that a cell of Excel holds, counted as UTF-16 counts."""

FIRST_DAY = dt.date(1900, 3, 1)
"""Before it the programs disagree about days, or have none: such dates are written as text."""

STATUSES = ("waiting", "open", "in_progress", "done", "cancelled")
"""What the drop-down for status offers, besides the host's own words that occur."""

_LISTS = (Column("status", "status", 20), Column("owner", "owner", 40))
_BACK = (Column("key", "key", 20), Column("value", "value", 40), Column("detail", "detail", 40))

_SERIAL_0 = dt.date(1899, 12, 30).toordinal()
_EXACT = 15
_NO_ROWS = re.compile(rb"<sheetData\s*/>|<sheetData>\s*</sheetData>")
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_COMMANDS = ("=", "+", "-", "@")


@hookimpl
def actionplans_exporters() -> Mapping[str, Export]:
    """Excel, for files that end in `.xlsx`."""
    return {"xlsx": write_xlsx}


def write_xlsx(
    views: Iterable[View], target: BinaryIO, *, progress: Callable[[int, int | None], None] | None = None
) -> None:
    """Write the views of one viewer as an Excel workbook to a stream (X1).

    The views are read once, one at a time. `progress` is called after each plan with the number of tasks so far and,
    for the total, None. Raises `ExportError` for what Excel cannot hold and `Invalid` for what is not a view; nothing
    goes to `target` before every row has been made.
    """
    from openpyxl import Workbook

    fields, stream = tables.opened(views)
    columns = tables.task_columns(fields)
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "actionplans"
    with (
        _Sheet(workbook, "Tasks", columns, label=("account", "title")) as tasks,
        _Sheet(workbook, "Summary", tables.SUMMARY_COLUMNS, label=("account", "plan")) as summary,
        _Sheet(workbook, "lists", _LISTS, label=("owner",), hidden=True) as lists,
        _Sheet(workbook, "actionplans", _BACK, label=("key",), hidden=True) as back,
    ):
        back.append(("format version", FORMAT_VERSION, None))
        for column in columns:
            back.append(("column", column.name, column.title))
        statuses, owners = dict.fromkeys(STATUSES), set[str]()
        for view in stream:
            for row in tables.task_rows(view, fields):
                tasks.append(row)
            summary.append(tables.summary_row(view))
            back.append(("plan", view.plan.id, view.plan.revision))
            statuses |= dict.fromkeys(map(view.status, view.tasks))
            owners |= tables.owners(view)
            if progress is not None:
                progress(tasks.rows, None)
        for pair in zip_longest(statuses, sorted(owners)):
            lists.append(pair)
        _drop_down(tasks, "status", "A", len(statuses), only_these=True)
        _drop_down(tasks, "owners", "B", len(owners), only_these=False)
        _save(workbook, (tasks, summary, lists, back), target)


class _Sheet:
    """One sheet: openpyxl's, without rows, and beside it a temporary file with the rows as XML.

    `label` names the columns that say in errors which row is meant.
    """

    def __init__(
        self,
        workbook: Workbook,
        title: str,
        columns: tuple[Column, ...],
        *,
        label: tuple[str, ...],
        hidden: bool = False,
    ) -> None:
        from tempfile import TemporaryFile

        from openpyxl.utils import get_column_letter

        if len(columns) > MAX_COLUMNS:
            raise ExportError(title, f"Excel has {MAX_COLUMNS} columns, not {len(columns)}: show fewer custom fields")
        self.title, self.columns, self.rows = title, columns, 0
        self.letters = tuple(get_column_letter(n) for n in range(1, len(columns) + 1))
        self.sheet = workbook.create_sheet(title)
        self.sheet.sheet_state = "hidden" if hidden else "visible"
        self.sheet.freeze_panes = "A2"
        for letter, column in zip(self.letters, columns, strict=True):
            self.sheet.column_dimensions[letter].width = column.width
            self.sheet.column_dimensions[letter].hidden = column.hidden
        self._label = label
        self._styles = _Styles(self.sheet)
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 (closed on leaving)
        self._write(1, tuple(column.title for column in columns), self._styles.header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    @property
    def area(self) -> str:
        """All cells, header included, as Excel names them."""
        return f"A1:{self.letters[-1]}{self.rows + 1}"

    def append(self, row: Row) -> None:
        """Write one more row; raises `ExportError` when it does not fit."""
        if self.rows + 2 > MAX_ROWS:
            reason = f"a sheet of Excel ends after {MAX_ROWS - 1} rows and a header: export fewer plans at a time"
            raise ExportError(self.title, reason)
        self.rows += 1
        self._write(self.rows + 1, row, "")

    @property
    def size(self) -> int:
        """The bytes that `xml` gives."""
        return self._file.seek(0, SEEK_END)

    def xml(self) -> Iterator[bytes]:
        """All rows, piece by piece; read it when no more are to come."""
        self._file.seek(0)
        while piece := self._file.read(1 << 16):
            yield piece

    def _write(self, number: int, row: Row, style: str) -> None:
        cells = [f'<row r="{number}">']
        letter = ""
        try:
            for letter, value in zip(self.letters, row, strict=True):
                if value is None:
                    continue
                if type(value) is str:
                    mark = style or (self._styles.quoted if value.startswith(_COMMANDS) else "")
                    cells.append(f'<c r="{letter}{number}"{mark} t="inlineStr">{_inline(value)}</c>')
                else:
                    cells.append(self._cell(f"{letter}{number}", value))
        except ValueError as problem:
            raise ExportError(self._place(letter, number, row), str(problem)) from problem
        cells.append("</row>")
        self._file.write("".join(cells).encode())

    def _place(self, letter: str, number: int, row: Row) -> str:
        """As the user will look for it: `Tasks!J17, Description of Acme / Call the customer`."""
        column = self.columns[self.letters.index(letter)]
        names = " / ".join(
            str(cell)[:60] for cell, one in zip(row, self.columns, strict=True) if one.name in self._label
        )
        return f"{self.title}!{letter}{number}, {column.title} of {names}"

    def _cell(self, place: str, value: object) -> str:
        if type(value) is bool:
            return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
        if type(value) is dt.date:
            if value >= FIRST_DAY:
                return f'<c r="{place}"{self._styles.date}><v>{value.toordinal() - _SERIAL_0}</v></c>'
            return f'<c r="{place}" t="inlineStr">{_inline(value.isoformat())}</c>'
        if isinstance(value, int | Decimal):
            if _exact(Decimal(value)):
                return f'<c r="{place}"><v>{value}</v></c>'
            return f'<c r="{place}" t="inlineStr">{_inline(str(value))}</c>'
        raise ValueError(f"a cell cannot hold a {type(value).__name__}")


class _Styles:
    """The styles that cells name: as attributes, ready to be put into a cell."""

    def __init__(self, sheet: WriteOnlyWorksheet) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font, PatternFill

        header, date, quoted = (WriteOnlyCell(sheet) for _ in range(3))
        header.font = Font(name="Calibri", bold=True)
        header.fill = PatternFill("solid", fgColor="DCE6F1")
        date.number_format = "yyyy-mm-dd"
        date.alignment = Alignment(horizontal="left")
        quoted.quotePrefix = True  # Excel keeps it text when somebody edits the cell, not only until then
        self.header, self.date, self.quoted = (f' s="{cell.style_id}"' for cell in (header, date, quoted))


def _inline(text: str) -> str:
    """Text as the inside of a cell; raises ValueError for what a cell cannot hold.

    What XML cannot hold is written `_xHHHH_`, as Excel does and reads, and text that looks like that is kept apart
    from it by writing its first character that way.
    """
    if not text.isprintable() or len(text) > MAX_TEXT // 2 or "_x" in text:
        units = len(text.encode("utf-16-le")) // 2
        if units > MAX_TEXT:
            raise ValueError(f"a cell of Excel holds {MAX_TEXT} characters, not {units}: shorten it")
        text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<is><t xml:space="preserve">{text}</t></is>'


def _exact(number: Decimal) -> bool:
    """Whether Excel, which calculates in doubles and shows 15 digits, gives the number back as it is."""
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return len(digits) <= _EXACT and (not digits or -300 < number.adjusted() < 300)


def _drop_down(tasks: _Sheet, name: str, letter: str, count: int, *, only_these: bool) -> None:
    """Offer the first `count` values of a column of the hidden lists, in old and new rows of a column of the tasks."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if not count:
        return
    offer = DataValidation(type="list", formula1=f"lists!${letter}$2:${letter}${count + 1}", allow_blank=True)
    offer.showErrorMessage = only_these
    offer.errorTitle, offer.error = "actionplans", "Choose one of the list."
    column = tasks.letters[[one.name for one in tasks.columns].index(name)]
    offer.add(f"{column}2:{column}{MAX_ROWS}")
    tasks.sheet.data_validations.append(offer)


def _save(workbook: Workbook, sheets: tuple[_Sheet, ...], target: BinaryIO) -> None:
    """Write openpyxl's workbook to the target, with the rows put into their sheets."""
    from io import BytesIO
    from zipfile import ZIP_DEFLATED, ZipFile

    for one in sheets:
        if one.sheet.sheet_state == "visible":
            one.sheet.auto_filter.ref = one.area
    frame = BytesIO()
    workbook.save(frame)
    sheets_by_path = {one.sheet.path.lstrip("/"): one for one in sheets}
    with ZipFile(frame) as empty, ZipFile(target, "w", ZIP_DEFLATED) as full:
        for info in empty.infolist():
            part = empty.read(info)
            sheet = sheets_by_path.get(info.filename)
            if sheet is None:
                full.writestr(info, part)
                continue
            head, tail = _NO_ROWS.split(part)
            head, tail = head + b"<sheetData>", b"</sheetData>" + tail
            info.file_size = len(head) + sheet.size + len(tail)  # told beforehand, or zipfile cannot pass 2 GB
            with full.open(info, "w") as stream:
                stream.write(head)
                for piece in sheet.xml():
                    stream.write(piece)
                stream.write(tail)
