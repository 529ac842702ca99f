"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from actionplans.checks import shown
from actionplans.errors import ActionPlansError, ExportError, Invalid, Problem


def path_of(target: object) -> Path:
    """The path of a file to write; raises `Invalid` for what cannot be one."""
    try:
        name = os.fsdecode(target)  # type: ignore[arg-type]
        if "\0" in os.fsencode(name).decode(errors="replace") or not Path(name).name:
            raise ValueError("no name of a file")
    except (TypeError, ValueError) as error:
        raise Invalid("export", (Problem("target", f"the path of a file is wanted, not {shown(target)}"),)) from error
    return Path(name)


def written(path: Path, part: Path, write: Callable[[BinaryIO], None]) -> Path:
    """Write a file beside the target, then put it in its place; what goes wrong leaves neither."""
    try:
        with open(part, "xb") as stream:
            try:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
                os.replace(part, path)
            except BaseException:
                part.unlink()
                raise
    except ActionPlansError:
        raise
    except OSError as error:
        raise ExportError(str(path), f"the file cannot be written: {error.strerror or error}") from error
    return path
