"""Sample files, and values that several tests of templates use."""

import datetime as dt
from pathlib import Path

from tests.project import PROJECT

MOMENT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
HERE = Path(__file__).parent
EXAMPLES = PROJECT / "examples" / "templates"
GOOD = [*sorted(EXAMPLES.glob("*.toml")), HERE / "nurture.xml", HERE / "renewal.json"]
"""Every file that can be read."""
