"""A browser that notes whatever a text on a page managed to do there."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request

# Runs before a page's own scripts: what its Content-Security-Policy had to stop counts as well as what it let pass.
_LISTEN = """
document.addEventListener("securitypolicyviolation",
  (violation) => window.noteViolation(`${violation.violatedDirective}: ${violation.blockedURI} ${violation.sample}`));
"""
# Everything that runs, loads, frames or leads elsewhere, in the document and in its shadow trees.
_FOREIGN = """
() => {
  const found = [], ours = (url) => ["127.0.0.1", "localhost"].includes(new URL(url, location.href).hostname);
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const name = element.localName, said = `<${name}> ${element.outerHTML.slice(0, 120)}`;
      if (element.shadowRoot) look(element.shadowRoot);
      if (name === "script" && (!element.src || !ours(element.src) || element.textContent.trim())) found.push(said);
      if (["iframe", "frame", "object", "embed", "applet", "portal", "base", "marquee", "math"].includes(name)
          || (name === "meta" && element.httpEquiv)
          || (name === "link" && !ours(element.href))
          || (["src", "srcset", "poster", "data", "background", "ping", "formaction", "srcdoc"]
            .some((attribute) => element.hasAttribute(attribute))
            && !["script", "img"].includes(name))
          || (name === "img" && !element.src.startsWith("data:") && !ours(element.src))
          || (name === "form" && !ours(element.action))
          || [...element.attributes].some((attribute) => attribute.name.startsWith("on"))) found.push(said);
      if (name === "a" && element.hasAttribute("href") && !["http:", "https:", "mailto:"].includes(element.protocol))
        found.push(said);
    }
  };
  look(document);
  return found;
}
"""


@dataclass
class Watched:
    """`happened`: each thing that no text may do, with the page it was done on."""

    context: BrowserContext
    happened: list[str] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        self.context.on("dialog", self._dialog)
        self.context.on("request", self._request)
        self.context.on("weberror", lambda error: self._note("threw", str(error.error)))
        self.context.expose_binding("noteViolation", lambda _source, said: self._note("policy", said))
        self.context.add_init_script(_LISTEN)
        self.page: Page = self.context.new_page()

    def open(self, url: str, selector: str = "body") -> Page:
        """Opens the page, waits for the selector, and looks at all that stands in it."""
        answer = self.page.goto(url)
        assert answer is not None
        if answer.status >= 500:
            self._note("failed", str(answer.status))
        self.page.wait_for_selector(selector, state="attached")
        self.look()
        return self.page

    def look(self) -> None:
        self.seen += 1
        for said in self.page.evaluate(_FOREIGN):
            self._note("element", said)

    def _dialog(self, dialog: object) -> None:
        self._note("dialog", getattr(dialog, "message", ""))
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob", "about") and url.hostname not in ("127.0.0.1", "localhost"):
            self._note("request", request.url)

    def _note(self, what: str, said: str) -> None:
        self.happened.append(f"{what} on {urlsplit(self.page.url).path}: {said[:200]}")
