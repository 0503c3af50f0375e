"""One article of a newspaper, without comments and with those of each service: the same page but for its few lines."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.read import remark

_STYLE = """
body { margin: 0 auto; max-width: 44em; padding: 0 1em; font: 17px/1.5 Georgia, serif; color: #222; }
h1 { font-size: 2em; line-height: 1.2 } footer { border-top: 1px solid; margin-top: 3em }
"""
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The bridge stays open</title><link rel="icon" href="data:,"><style>{style}</style>{head}
<h1>The bridge stays open</h1><p>{text}</p>
{comments}
<section><h2>Read next</h2>{more}</section><footer>About us</footer>
"""
# Notes the moment at which comments and form stood there; `performance.now()` begins with the load.
_NOTE = """<script>
{{ const note = () => (window.shown ??= performance.now());
{when} }}
</script>"""
_OURS = "document.addEventListener('rejoinder:ready', note);"
# Isso tells nobody: its list is there with its last comment.
_THEIRS = """new MutationObserver((_, watcher) => {{
  if (document.querySelectorAll('.isso-comment').length < {count}) return;
  watcher.disconnect();
  note();
}}).observe(document, {{ childList: true, subtree: true }});"""
_LOADED = "addEventListener('load', note);"


def articles(rejoinder: str, isso: str | None, comments: int) -> Mapping[str, str]:
    """The pages by the service whose comments they have, as docs/embedding.md and Isso's own pages say to embed it."""
    found = {
        "none": _article(_LOADED, "", ""),
        "rejoinder": _article(
            _OURS,
            f'<script type="module" src="{rejoinder}/widget.js"></script>\n'
            "<style>rejoinder-comments:not(:defined) { display: block; min-height: 100vh }</style>",
            '<rejoinder-comments site="bench" thread="1"></rejoinder-comments>',
        ),
    }
    if isso is not None:
        found["isso"] = _article(
            _THEIRS.format(count=comments),
            f'<script data-isso="{isso}/" data-isso-max-comments-top="inf" data-isso-max-comments-nested="inf"'
            f' data-isso-reveal-on-click="0" async src="{isso}/js/embed.min.js"></script>',
            '<section id="isso-thread" data-isso-id="/1"><noscript>Comments need JavaScript.</noscript></section>',
        )
    return found


def _article(when: str, head: str, comments: str) -> str:
    more = "".join(f"<p>{remark(10_000 + n)}</p>" for n in range(8))
    note = _NOTE.format(when=when)
    return _PAGE.format(style=_STYLE, head=note + head, text=remark(9_999), comments=comments, more=more)


@contextmanager
def newspaper(port: int, pages: Mapping[str, str]) -> Iterator[str]:
    """Serves the pages by their names, on an origin of the newspaper's own; yields that."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = pages.get(self.path.strip("/"))
            body = (page or "").encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.shutdown()
        server.server_close()
