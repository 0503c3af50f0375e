"""The files that readers' browsers fetch, ready to be sent: read once, compressed once, each with its ETags.

The embed script is written as several files that share one module. They are joined and squeezed here, when they are
first asked for, so that a page needs one small request and no tool stands between the source and the browser.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from service.errors import NotFound
from service.widget.short_names import join_declarations, shorten_names
from service.widget.squeeze import squeeze_script, squeeze_styles

# In the order in which they need each other.
WIDGET_PARTS = ("draw.js", "service.js", "list.js", "mine.js", "form.js", "element.js")

# What `/static/` serves, and as what.
STATIC = {
    "look.css": "text/css",
    "pages.css": "text/css",
    "demo.css": "text/css",
    "favicon.svg": "image/svg+xml",
    "bridge.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in both encodings. A strong ETag names exact bytes, so each encoding has its own."""

    mimetype: str
    plain: bytes
    gzipped: bytes

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.plain).hexdigest()[:20]

    @classmethod
    def of(cls, text: str, mimetype: str) -> "Asset":
        plain = text.encode()
        return cls(mimetype, plain, gzip.compress(plain, 9, mtime=0))


def _read(name: str) -> str:
    return files("service.widget").joinpath("static").joinpath(name).read_text("utf-8")


@cache
def widget_script() -> Asset:
    """The whole widget as one module, styles included."""
    styles = squeeze_styles(_read("widget/look.css"))
    source = "".join(_read(f"widget/{part}") for part in WIDGET_PARTS)
    script = f"const STYLES={msgspec.json.encode(styles).decode()};{squeeze_script(source)}"
    return Asset.of(join_declarations(shorten_names(script)), "text/javascript")


@cache
def static_file(name: str) -> Asset:
    """A file of `STATIC` by its name. Raises NotFound for any other."""
    if name not in STATIC:
        raise NotFound()
    return Asset.of(_read(name), STATIC[name])
