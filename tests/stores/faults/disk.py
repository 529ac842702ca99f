"""A disk that tells what SQLite is about to do to it, and does otherwise when told to: a VFS of SQLite, in ctypes.

SQLite asks the operating system through a table of functions (https://www.sqlite.org/vfs.html). This makes a copy of
the table of the library that Python's own `sqlite3` is linked to, with functions in it that ask `watch` first.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from attrs import frozen

PASS = 0
"""What a watch says to have it done. Any code of SQLite fails it."""

SKIP = -1
"""What a watch says to have it told as done, and not done."""

WRITING = frozenset({"create", "write", "truncate", "sync", "sync_folder", "delete", "share"})
"""The operations that change something."""

READING = frozenset({"open", "read", "size"})
"""Those that do not."""

FAILURES: dict[str, int] = {
    "create": sqlite3.SQLITE_CANTOPEN,
    "open": sqlite3.SQLITE_CANTOPEN,
    "write": sqlite3.SQLITE_IOERR_WRITE,
    "truncate": sqlite3.SQLITE_IOERR_TRUNCATE,
    "sync": sqlite3.SQLITE_IOERR_FSYNC,
    "delete": sqlite3.SQLITE_IOERR_DELETE,
    "share": sqlite3.SQLITE_IOERR_SHMMAP,
}
"""What SQLite says of each operation when the device fails."""

UNREADABLE: dict[str, int] = {"read": sqlite3.SQLITE_IOERR_READ, "size": sqlite3.SQLITE_IOERR_FSTAT}
"""What it says when nothing can be read."""

FULL: dict[str, int] = {
    "write": sqlite3.SQLITE_FULL,
    "share": sqlite3.SQLITE_IOERR_SHMSIZE,
}
"""What SQLite says of each operation that needs space where there is none."""


@frozen
class Operation:
    """One thing that SQLite is about to do to the file `name`, from `offset` on.

    What is truncated has the offset as its new size; `sync_folder` is for the folder that the file stands in.
    """

    kind: str
    name: str
    offset: int = 0
    data: bytes = b""


Watch = Callable[[Operation], int]


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
        ("delete", ctypes.c_void_p),
        *((f"other_{n}", ctypes.c_void_p) for n in range(11)),
        ("set_call", ctypes.c_void_p),
        ("get_call", ctypes.c_void_p),
        ("next_call", ctypes.c_void_p),
    ]


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = [
        ("version", ctypes.c_int),
        *(
            (name, ctypes.c_void_p)
            for name in ("close", "read", "write", "truncate", "sync", "size", "lock", "unlock", "reserved", "control")
        ),
        *((name, ctypes.c_void_p) for name in ("sector", "device", "share", "share_lock", "barrier", "unshare")),
        *((name, ctypes.c_void_p) for name in ("fetch", "unfetch")),
    ]


_int, _long, _pointer, _text = ctypes.c_int, ctypes.c_longlong, ctypes.c_void_p, ctypes.c_char_p
_OPEN = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _pointer, _int, _pointer)
_DELETE = ctypes.CFUNCTYPE(_int, _pointer, _text, _int)
_SET_CALL = ctypes.CFUNCTYPE(_int, _pointer, _text, _pointer)
_GET_CALL = ctypes.CFUNCTYPE(_pointer, _pointer, _text)
_OPEN_FOLDER = ctypes.CFUNCTYPE(_int, _text, _pointer)
_METHODS: dict[str, Any] = {
    "close": ctypes.CFUNCTYPE(_int, _pointer),
    "read": ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _long),
    "write": ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _long),
    "truncate": ctypes.CFUNCTYPE(_int, _pointer, _long),
    "sync": ctypes.CFUNCTYPE(_int, _pointer, _int),
    "size": ctypes.CFUNCTYPE(_int, _pointer, _pointer),
    "share": ctypes.CFUNCTYPE(_int, _pointer, _int, _int, _int, _pointer),
}


class Disk:
    """SQLite's table of functions with ours in it. There is one, for what is once opened with it needs it for good."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Copy the default table of this library."""
        self._library = library
        self._folder = ""
        self._watch: Watch = lambda operation: PASS
        self._kinds = WRITING
        self.failed: BaseException | None = None
        """What a watch raised, which SQLite cannot be told."""
        library.sqlite3_vfs_find.restype = _pointer
        library.sqlite3_vfs_find.argtypes = [_text]
        library.sqlite3_vfs_register.argtypes = [_pointer, _int]
        self._real: int = library.sqlite3_vfs_find(None)
        self._vfs = _Vfs.from_buffer_copy((ctypes.c_char * ctypes.sizeof(_Vfs)).from_address(self._real))
        if self._vfs.version < 3:
            raise OSError("its table of functions is an older one")
        self._real_open, self._real_delete = _OPEN(self._vfs.open), _DELETE(self._vfs.delete)
        self._set_call, self._get_call = _SET_CALL(self._vfs.set_call), _GET_CALL(self._vfs.get_call)
        self._real_open_folder = self._get_call(self._real, b"openDirectory")
        self._open_folder = _OPEN_FOLDER(self._on_open_folder)
        self._ours = (_OPEN(self._on_open), _DELETE(self._on_delete))
        self._vfs.open, self._vfs.delete = (ctypes.cast(one, _pointer).value for one in self._ours)
        self._vfs.name = b"watched"
        self._tables: dict[int, tuple[_Methods, list[Any]]] = {}
        self._files: dict[int, str] = {}

    @contextmanager
    def watched(self, folder: str | os.PathLike[str], watch: Watch, kinds: frozenset[str] = WRITING) -> Iterator[None]:
        """Have operations of these kinds on files in this folder go through `watch`, if opened from now on."""
        self._folder, self._watch, self._kinds, self.failed = os.path.realpath(folder), watch, kinds, None
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        self._set_call(self._real, b"openDirectory", self._open_folder)
        try:
            yield
        finally:
            self._set_call(self._real, b"openDirectory", self._real_open_folder)
            self._library.sqlite3_vfs_register(self._real, 1)
            self._folder, self._watch = "", lambda operation: PASS
        if self.failed is not None:
            raise self.failed

    def _told(self, kind: str, name: str, offset: int = 0, data: bytes = b"") -> int:
        if kind not in self._kinds:
            return PASS
        try:
            return self._watch(Operation(kind, name, offset, data))
        except BaseException as error:
            self.failed = self.failed or error
            return sqlite3.SQLITE_INTERNAL

    def _name(self, path: bytes | None) -> str:
        """The name of a file in the watched folder, or nothing."""
        if path is None:
            return ""
        folder, name = os.path.split(os.fsdecode(path))
        return name if self._folder and os.path.realpath(folder) == self._folder else ""

    def _on_open(self, vfs: int, path: int | None, file: int, flags: int, given: int) -> int:
        name = self._name(ctypes.string_at(path) if path else None)
        if name:
            new = not os.path.exists(os.path.join(self._folder, name)) and flags & 4
            if code := self._told("create" if new else "open", name):
                ctypes.c_void_p.from_address(file).value = None
                return code
        code = self._real_open(self._real, path, file, flags, given)
        methods = ctypes.c_void_p.from_address(file)
        if name and methods.value:
            self._files[file] = name
            methods.value = self._table(methods.value)
        return code

    def _on_delete(self, vfs: int, path: bytes, synced: int) -> int:
        name = self._name(path)
        code = self._told("delete", name) if name else PASS
        return code or self._real_delete(self._real, path, synced)

    def _on_open_folder(self, path: bytes, descriptor: int) -> int:
        """A folder is opened to be synced: the one that the file at `path` stands in."""
        code = self._told("sync_folder", self._name(path)) if self._name(path) else PASS
        if code == SKIP:
            return sqlite3.SQLITE_CANTOPEN  # which SQLite takes for a system without such a thing
        return code or _OPEN_FOLDER(self._real_open_folder)(path, descriptor)

    def _table(self, real: int) -> int:
        """The table of methods of a file, with ours in it."""
        if real not in self._tables:
            methods = _Methods.from_buffer_copy((ctypes.c_char * ctypes.sizeof(_Methods)).from_address(real))
            kept = []
            for name, kind in _METHODS.items():
                if address := getattr(methods, name):
                    ours = kind(getattr(self, f"_{name}")(kind(address)))
                    setattr(methods, name, ctypes.cast(ours, _pointer).value)
                    kept.append(ours)
            self._tables[real] = methods, kept
        return ctypes.addressof(self._tables[real][0])

    def _close(self, real: Any) -> Callable[..., int]:
        def closed(file: int) -> int:
            self._files.pop(file, None)
            return int(real(file))

        return closed

    def _asked(self, code: int, done: Callable[[], int]) -> int:
        return 0 if code == SKIP else code or done()

    def _read(self, real: Any) -> Callable[..., int]:
        def read(file: int, to: int, amount: int, offset: int) -> int:
            code = self._told("read", self._files[file], offset)
            return self._asked(code, lambda: real(file, to, amount, offset))

        return read

    def _write(self, real: Any) -> Callable[..., int]:
        def written(file: int, data: int, amount: int, offset: int) -> int:
            code = self._told("write", self._files[file], offset, ctypes.string_at(data, amount))
            return self._asked(code, lambda: real(file, data, amount, offset))

        return written

    def _truncate(self, real: Any) -> Callable[..., int]:
        def truncated(file: int, size: int) -> int:
            return self._asked(self._told("truncate", self._files[file], size), lambda: real(file, size))

        return truncated

    def _sync(self, real: Any) -> Callable[..., int]:
        def synced(file: int, flags: int) -> int:
            return self._asked(self._told("sync", self._files[file]), lambda: real(file, flags))

        return synced

    def _size(self, real: Any) -> Callable[..., int]:
        def sized(file: int, to: int) -> int:
            return self._asked(self._told("size", self._files[file]), lambda: real(file, to))

        return sized

    def _share(self, real: Any) -> Callable[..., int]:
        def shared(file: int, region: int, size: int, extend: int, to: int) -> int:
            code = self._told("share", self._files[file]) if extend else PASS
            return self._asked(code, lambda: real(file, region, size, extend, to))

        return shared


@cache
def the_disk() -> Disk | str:
    """The one disk, or why there is none here."""
    import _sqlite3

    if not hasattr(os, "fork"):
        return "this system has no processes that are forked"
    try:
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        disk = Disk(library)
    except (AttributeError, OSError) as error:
        return f"the functions of Python's SQLite cannot be reached: {error}"
    return disk if _works(disk) else "the SQLite that can be reached is not the one that Python uses"


def _works(disk: Disk) -> bool:
    """Whether Python's SQLite goes through it, and whether it hears of folders."""
    told = set[str]()
    with (
        tempfile.TemporaryDirectory() as folder,
        disk.watched(folder, lambda operation: told.add(operation.kind) or PASS),
    ):
        db = sqlite3.connect(os.path.join(folder, "try.db"))
        db.execute("create table try (id)")
        db.close()
    return {"create", "write", "sync", "sync_folder", "delete"} <= told
