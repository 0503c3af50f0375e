"""The language that a request's people are spoken to in, as far as the request alone can say it."""

from flask import Request, Response, request

from service.localization import (
    ENGLISH,
    best_for_reader,
    fitting_for_reader,
    language_for_readers,
    speak,
    speak_to_reader,
    speaking,
)

# In an address: before everything else that says a language.
LANG = "lang"
# The room of the desk chooses for itself.
_FOR_MODERATORS = ("/moderate", "/api/v1/moderation")


def begin_to_speak(request: Request, *, to_people: bool) -> None:
    """Never in what this thread spoke last. Readers' pages begin in the language that their address asks for, else in
    their browser's; what belongs to an article goes on in its own (`go_on_in`). To programs we speak English, but for
    the words of a refusal where the address asks for a language: no cache mixes two."""
    if request.path.startswith(_FOR_MODERATORS):
        speak(ENGLISH)
        return
    begun = best_for_reader(list(request.accept_languages.values())) if to_people else ENGLISH
    speak_to_reader(language_asked() or begun)


def language_asked() -> str | None:
    """The one of our languages that this request's address asks for (`?lang=pt-BR`), if any."""
    return fitting_for_reader(request.args.get(LANG))


def go_on_in(*wished: str | None) -> None:
    """For a page that belongs to an article: what its address asks for, else the first of these that fits."""
    speak_to_reader(language_for_readers(language_asked(), *wished))


def say_language(response: Response) -> None:
    """Of a reader's page: which language it is in, and what has a say in that besides its address."""
    response.headers["Content-Language"] = speaking()
    response.vary.add("Accept-Language")
