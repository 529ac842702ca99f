"""Memory while exporting."""

import gc
import io
import tracemalloc

from actionplans.backends.export.xlsx import write_xlsx
from tests.export.samples import small


class Nowhere(io.RawIOBase):
    """Takes bytes and keeps none."""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """All of them."""
        return len(data)


def peak(plans: int) -> int:
    """The most bytes that Python held while exporting so many plans of 20 tasks."""
    gc.collect()
    tracemalloc.start()
    try:
        write_xlsx((small(n, *"abcdefghijklmnopqrst") for n in range(plans)), Nowhere())  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows() -> None:
    """X1: 20 times the tasks, hardly more memory; one task that was kept would cost some 700 bytes, in all 2.5 MB."""
    peak(1)
    few, many = peak(10), peak(200)
    assert many < few + 200_000
