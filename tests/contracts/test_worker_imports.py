import subprocess
import sys

_SCRIPT = """
import sys
from importlib import import_module
from service.cli.worker import LOOPS
import models.migrations
import service.operations
import service.wiring
for _, place in LOOPS:
    import_module(place.partition(":")[0])
print(*({"alembic", "flask", "jinja2", "mako", "spectree", "werkzeug"} & set(sys.modules)))
"""


def test_workers_load_neither_the_web_framework_nor_what_migrates() -> None:
    # They would take megabytes of each worker.
    found = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == []
