"""What a policy says for sections, threads and presets alone, and which list files it names anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# In the order in which they are laid over the rest and over each other.
LAYERS = ("sections", "threads", "presets")


def layers_of(settings: Mapping[str, Any], *kinds: str) -> list[Mapping[str, Any]]:
    """All layers of a policy, or those of some of `LAYERS`; a thread that only names a preset has none of its own."""
    return [own for kind in kinds or LAYERS for own in settings.get(kind, {}).values() if not isinstance(own, str)]


def files_named(settings: Mapping[str, Any]) -> set[str]:
    """The files that a policy's lists name, in its layers too."""
    every = [settings, *layers_of(settings)]
    return {own["file"] for layer in every for own in layer.get("lists", ()) if "file" in own}
