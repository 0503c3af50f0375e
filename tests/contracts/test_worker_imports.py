import subprocess
import sys

_SCRIPT = """
import sys
from importlib import import_module
from service.cli.worker import LOOPS
import service.operations
for _, place in LOOPS:
    import_module(place.partition(":")[0])
print(*({"flask", "jinja2", "werkzeug"} & set(sys.modules)))
"""


def test_workers_load_no_web_framework() -> None:
    # It would take megabytes of each worker.
    found = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == []
