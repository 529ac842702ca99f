"""The file of a tenant, and what stands in it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from actionplans import errors, storing
from actionplans.chain import Link
from actionplans.codec import decode_record, encode_record
from actionplans.storage import KINDS, Delivery, id_of, kind_of
from actionplans.storing import Key

FORMAT, VERSION = "actionplans json store", 1
ROWS = {**KINDS, "link": Link, "delivery": Delivery}
"""What stands in the file: each row is a line, `["plan", {...}]`."""


@attrs.define
class Shelf:
    """All that a tenant has. `head` is the first line of the file that it was read from, empty where there is none."""

    head: bytes = b""
    records: dict[Key, Any] = attrs.Factory(dict)
    links: dict[Key, tuple[Link, ...]] = attrs.Factory(dict)
    outbox: dict[str, Delivery] = attrs.Factory(dict)

    def copy(self) -> Shelf:
        """Another one, to be changed; what stands on it is never changed itself."""
        return Shelf(self.head, dict(self.records), dict(self.links), dict(self.outbox))

    def put(self, row: Any) -> None:
        """Put a record, a link or a delivery in its place."""
        match row:
            case Link():
                self.links[row.record, row.id] = (*self.links.get((row.record, row.id), ()), row)
            case Delivery():
                self.outbox[row.message.key] = row
            case _:
                self.records[kind_of(type(row)), id_of(row)] = row

    def rows(self) -> Iterator[tuple[str, Any]]:
        """Everything, with the name of its sort."""
        yield from ((kind, record) for (kind, _), record in self.records.items())
        yield from (("link", link) for links in self.links.values() for link in links)
        yield from (("delivery", one) for one in self.outbox.values())

    def of(self, kind: str) -> Iterator[Any]:
        """All records of a kind."""
        return (record for (its, _), record in self.records.items() if its == kind)

    def revisions(self, keys: Iterable[Key]) -> dict[Key, int]:
        """The revisions of those of the records that are there."""
        return {key: self.records[key].revision for key in keys if key in self.records}

    def last_links(self) -> dict[Key, tuple[int, str]]:
        """The revision and hash that the journal of each record ends with."""
        return {key: (links[-1].revision, links[-1].hash) for key, links in self.links.items()}

    def launches(self) -> dict[Key, str]:
        """The plans of bulk launches, by job and row."""
        return {key: plan.id for plan in self.of("plan") if (key := storing.job_of(plan)) is not None}


class File:
    """The file of a tenant: read whole, and replaced whole by one writer at a time."""

    def __init__(self, folder: str, store: str, tenant: str, patience: float) -> None:
        """It is made by the first commit; its folder must be there."""
        name = hashlib.sha256(tenant.encode()).hexdigest()[:32]
        self.folder, self.store, self.tenant, self.patience = Path(folder), store, tenant, patience
        self.path, self.part, self.lock = (self.folder / f"{name}.{end}" for end in ("json", "part", "lock"))
        self.closed, self.last = False, Shelf()
        if not self.folder.is_dir():
            raise errors.StoreMissing(store, f"there is no folder {folder}")
        self.read()

    def read(self) -> Shelf:
        """What the file has now. Nobody is waited for: whoever has opened it keeps it when it is replaced (C6)."""
        if self.closed:
            raise errors.StoreClosed(self.store, "it was closed")
        with self.told():
            if not self.last.head and not self.path.exists():
                return self.last
            with open(self.path, "rb") as file:
                head, last = file.readline(), self.last
                if not head or head != last.head:
                    self.last = last = self.parsed(head, file)
            return last

    def parsed(self, head: bytes, file: BinaryIO) -> Shelf:
        """The rows behind the first line, which has a digest of them."""
        try:
            told = json.loads(head.rstrip(b",\n").removeprefix(b"["))
        except ValueError:
            told = None
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise errors.StoreForeign(self.store, f"{self.path.name} is no file of ours")
        if told.get("version", 0) > VERSION:
            raise errors.StoreNewer(self.store, f"{self.path.name} has version {told['version']}, this reads {VERSION}")
        text, shelf = file.read(), Shelf(head)
        if hashlib.sha256(text).hexdigest() != told.get("sha256"):
            raise errors.StoreCorrupt(self.store, f"{self.path.name} is not what was written")
        for line in text.decode().split("\n")[:-2]:
            kind, _, data = line.rstrip(",")[2:-1].partition('",')
            shelf.put(decode_record(ROWS[kind], data))
        return shelf

    @contextmanager
    def changing(self) -> Iterator[Shelf]:
        """What the file has, to be changed; it is written when the block ends, and nothing is done if that fails."""
        with self.told(), self.locked():
            before = self.read()
            shelf = before.copy()
            yield shelf
            if shelf != before:
                self.replace(shelf)

    def replace(self, shelf: Shelf) -> None:
        """All of it is on the disk before it is put in the place of the old file, and so is its name after (C7)."""
        rows = [f'["{kind}",{encode_record(row)}]' for kind, row in shelf.rows()]
        text = (",\n".join(rows) + "\n]\n").encode()
        told = {"format": FORMAT, "version": VERSION, "tenant": self.tenant, "sha256": hashlib.sha256(text).hexdigest()}
        shelf.head = f"[{json.dumps(told)}{',' if rows else ''}\n".encode()
        try:
            with open(self.part, "wb") as file:
                file.writelines((shelf.head, text))
                file.flush()
                os.fsync(file.fileno())
            os.replace(self.part, self.path)
        finally:
            self.part.unlink(missing_ok=True)
        self.last = shelf
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, of all threads and processes; the lock file stays where it is."""
        end = time.monotonic() + self.patience
        with open(self.lock, "ab") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise errors.StoreBusy(self.store, f"others were writing for {self.patience} s") from None
                    time.sleep(0.001)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    @contextmanager
    def told(self) -> Iterator[None]:
        """What the system or a damaged file says, in the words of actionplans (C12)."""
        try:
            yield
        except errors.ActionPlansError:
            raise
        except OSError as error:
            sort = _SORTS.get(error.errno or 0, errors.StoreUnavailable)
            raise sort(self.store, os.strerror(error.errno or 0)) from error


_SORTS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), errors.StoreFull),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), errors.StoreReadOnly),
    errno.ENOENT: errors.StoreMissing,
}
