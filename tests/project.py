"""Where the project and the package under test stand: the package may be installed elsewhere, from a wheel."""

from pathlib import Path

import actionplans

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = Path(actionplans.__path__[0])


def modules(folder: Path = PACKAGE) -> list[Path]:
    """Every source file of the package, or of one folder of it."""
    return sorted(folder.rglob("*.py"))


def module_name(path: Path) -> str:
    """The dotted name of a source file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
