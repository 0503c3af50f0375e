"""The files that readers' browsers fetch, ready to be sent: read once, compressed once, each with its ETags.

The embed script is written as several files that share one module. They are joined and squeezed here, when they are
first asked for, so that a page needs one small request and no tool stands between the source and the browser. What it
needs later stands in parts: a module each, imported by the script from an address that names the parts' version.
"""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from service.errors import NotFound
from service.widget.short_names import join_declarations, shorten_names
from service.widget.squeeze import squeeze_script, squeeze_styles

# What a page loads at first, in the order in which they need each other.
WIDGET_FILES = ("draw.js", "service.js", "words.js", "list.js", "form.js", "element.js")
# What the script gives its parts. A higher one says that parts written for the one before would not run: pages that
# still have an older script are then told to load again instead of being given parts that break.
CONTRACT = 1
# Of a part, after the contract: hexadecimal digits.
VERSION = re.compile(r"[0-9a-f]{12}")

# What `/static/` serves, and as what.
STATIC = {
    "look.css": "text/css",
    "pages.css": "text/css",
    "demo.css": "text/css",
    "favicon.svg": "image/svg+xml",
    "bridge.svg": "image/svg+xml",
    "height.js": "text/javascript",
}

# English sentence -> the same in a language; what depends on a number: by CLDR's plural category.
Catalogue = dict[str, str | dict[str, str]]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in both encodings. A strong ETag names exact bytes, so each encoding has its own."""

    mimetype: str
    plain: bytes
    gzipped: bytes

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.plain).hexdigest()[:20]

    @property
    def version(self) -> str:
        """The part of its address that changes with it."""
        return self.etag[:12]

    @property
    def integrity(self) -> str:
        """What a page may pin it with (https://www.w3.org/TR/SRI/); of what the encodings hold, the same for both."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.plain).digest()).decode()}"

    @classmethod
    def of(cls, text: str, mimetype: str) -> "Asset":
        plain = text.encode()
        return cls(mimetype, plain, gzip.compress(plain, 9, mtime=0))


def _file(name: str) -> str:
    return files("service.widget").joinpath(name).read_text("utf-8")


def _read(name: str) -> str:
    return _file(f"static/{name}")


@cache
def widget_script() -> Asset:
    """The whole widget as one module, styles included."""
    styles = squeeze_styles(_read("widget/look.css"))
    source = "".join(_read(f"widget/{name}") for name in WIDGET_FILES)
    told = {"STYLES": styles, "PARTS": f"{CONTRACT}.{parts_version()}", "LANGUAGES": " ".join(("en", *_languages()))}
    constants = "".join(f"const {name}={msgspec.json.encode(text).decode()};" for name, text in told.items())
    return Asset.of(join_declarations(shorten_names(constants + squeeze_script(source))), "text/javascript")


@cache
def counts_script() -> Asset:
    """For pages that list articles: fills in how many comments each has. At most 1 kB (gzip)."""
    return Asset.of(squeeze_script(_read("counts.js")), "text/javascript")


@cache
def parts() -> dict[str, Asset]:
    """Every part by its name: the modules in `static/parts`, and `words-LANGUAGE` for each catalogue in `words`."""
    folder = files("service.widget").joinpath("static/parts")
    sources = {
        name.removesuffix(".js"): squeeze_script(_read(f"parts/{name}"))
        for name in sorted(found.name for found in folder.iterdir())
        if name.endswith(".js")
    }
    sources |= {f"words-{language}": f"export default {_catalogue(language)};" for language in _languages()}
    return {name: Asset.of(source, "text/javascript") for name, source in sources.items()}


@cache
def parts_version() -> str:
    """One for all of them, so that the script names it once: it changes with any of them."""
    every = "".join(f"{name} {asset.etag}\n" for name, asset in parts().items())
    return hashlib.sha256(every.encode()).hexdigest()[:12]


def part(contract: str, name: str) -> Asset:
    """A part by its name. Raises NotFound for any other, and for one that was written for another script."""
    found = parts().get(name)
    if found is None or contract != str(CONTRACT):
        raise NotFound("This part of the widget is not here. Loading the page again brings the script that fits.")
    return found


def _languages() -> list[str]:
    """Those besides English that there is a catalogue for."""
    folder = files("service.widget").joinpath("words")
    names = sorted(found.name for found in folder.iterdir()) if folder.is_dir() else []
    return [name.removesuffix(".json") for name in names if name.endswith(".json")]


def _catalogue(language: str) -> str:
    """As one line, which is also a JavaScript expression (https://tc39.es/proposal-json-superset/)."""
    return msgspec.json.encode(msgspec.json.decode(_file(f"words/{language}.json"), type=Catalogue)).decode()


@cache
def static_file(name: str) -> Asset:
    """A file of `STATIC` by its name. Raises NotFound for any other."""
    if name not in STATIC:
        raise NotFound()
    return Asset.of(_read(name), STATIC[name])
