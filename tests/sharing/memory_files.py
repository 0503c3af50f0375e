"""Temporary files of the tests: in memory where there is room, since much of the time goes by waiting for a disk."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
# Far more than a run leaves there.
ROOM = 2 << 30


def keep_temporary_files_in_memory() -> None:
    """Unless somebody says with TMPDIR where they belong. Processes that tests start do the same."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None
