"""granian, with the application's modules loaded before it forks its processes.

They then share what importing takes (about a second each) and its memory. Nothing is opened here: each process
wires itself in `service.app:from_environment`, and runs the loop of `service.web_server.eager_loop`. Started by
`rejoinder web` and by the one-machine mode, as `python -m service.cli.serve --threads N` with granian's own options.
"""

import gc
import os
import sys
from argparse import ArgumentParser
from importlib import import_module

from service.app import ROUTE_MODULES, THREADS, THREADS_VARIABLE
from service.web_server.eager_loop import build_eager_loop
from service.web_server.readiness_notice import watch_web

LOADED_FIRST = (*ROUTE_MODULES, "service.publishing.shortcut")


def main() -> None:
    from granian import loops
    from granian.cli import entrypoint

    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    own, granians = parser.parse_known_args()
    os.environ[THREADS_VARIABLE] = str(own.threads)
    sys.argv[1:] = [*granians, "--host", own.host, "--port", str(own.port)]
    loops.register("auto")(build_eager_loop)
    for name in LOADED_FIRST:
        import_module(name)
    # What is loaded stays: the collector need not visit it, so the pages stay shared.
    gc.collect()
    gc.freeze()
    watch_web(own.host, own.port)
    entrypoint()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
