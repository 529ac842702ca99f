"""Paths in the URLs of stores that keep files."""

from __future__ import annotations

import re
from urllib.parse import unquote

from actionplans.errors import StoreUnknown


def path_in(url: str, scheme: str, example: str) -> str:
    """The path in `scheme:///relative/path` or `scheme:////absolute/path`; raises `StoreUnknown` for any other URL.

    Odd signs are percent-encoded. `example` is what such a path looks like, for the message.
    """
    start = f"{scheme}:///"
    if not url.startswith(start):
        raise StoreUnknown(url, f"a URL like {start}{example} or {start}/var/lib/{example} is wanted")
    text = url.removeprefix(start)
    if "?" in text or "#" in text:
        raise StoreUnknown(url, "options go in as arguments; a '?' or '#' of the path is written %3F or %23")
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise StoreUnknown(url, "a '%' of the path is written %25")
    try:
        path = unquote(text, errors="strict")
        path.encode()
    except UnicodeError as error:
        raise StoreUnknown(url, "the path is not UTF-8") from error
    if not path or "\0" in path:
        raise StoreUnknown(url, "this is no path")
    return path
