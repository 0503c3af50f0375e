"""A worker's threads share one heap."""

import subprocess
import sys
from textwrap import dedent

import pytest

COUNTED = dedent(
    """
    import ctypes, sys, threading
    from service.cli.heaps import use_one_heap

    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    if sys.argv[1] == "one":
        use_one_heap()
    # Heaps stay with threads that live, so all of them ask before one ends.
    asked = threading.Barrier(4)
    threads = [threading.Thread(target=lambda: (bytearray(4000), asked.wait())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)
    """
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other heaps")
def test_threads_share_one_heap() -> None:
    heaps = {
        asked: subprocess.run(
            [sys.executable, "-c", COUNTED, asked], check=True, capture_output=True, text=True
        ).stdout.count("<heap nr=")
        for asked in ("one", "any")
    }
    assert heaps["one"] == 1
    assert heaps["any"] != 1
