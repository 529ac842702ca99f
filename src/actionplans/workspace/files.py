"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from actionplans.checks import advice, shown
from actionplans.errors import ActionPlansError, ExportError, Invalid, PluginError, Problem
from actionplans.plugins import Export


def path_of(target: object, what: str = "export") -> Path:
    """The path of a file to write, or to read `what` from; raises `Invalid` for what cannot be one."""
    try:
        name = os.fsdecode(target)  # type: ignore[arg-type]
        if "\0" in os.fsencode(name).decode(errors="replace") or not Path(name).name:
            raise ValueError("no name of a file")
    except (TypeError, ValueError) as error:
        raise Invalid(what, (Problem("target", f"the path of a file is wanted, not {shown(target)}"),)) from error
    return Path(name)


def exporter_of(exporters: Mapping[str, Export], path: Path, format: str) -> Export:
    """The exporter of the format, or else of the file's suffix; raises `PluginError` with those there are."""
    name = format or path.suffix.removeprefix(".")
    if name in exporters:
        return exporters[name]
    if not name:
        known = ", ".join(f".{one}" for one in sorted(exporters))
        raise PluginError("(no format)", f"{path.name!r} has no suffix: end it in one of {known}, or pass format=")
    told = f"no exporter of this name is installed: {advice(name, exporters)}"
    raise PluginError(name, f"{told}; others come with plug-ins that have the hook actionplans_exporters")


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
        reason = error.strerror or str(error)
        if not path.parent.is_dir():
            reason = f"there is no folder {path.parent}: make it first"
        raise ExportError(str(path), f"the file cannot be written: {reason}") from error
    return path
