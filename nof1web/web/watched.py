"""A page's view that notes what a fragment looks at: it is drawn again only when something of that has changed."""

from __future__ import annotations

from collections.abc import Mapping


class Watched:
    """Stands for `view` in a template; `looked_at` is what was read of it, by name."""

    def __init__(self, view: object) -> None:
        self._view = view
        self.looked_at: dict[str, object] = {}

    def __getattr__(self, name: str) -> object:
        value = self.looked_at[name] = getattr(self._view, name)
        return value


def shows(view: object, looked_at: Mapping[str, object]) -> bool:
    """Whether a fragment that looked at this would look the same drawn from `view`."""
    return all(getattr(view, name) == value for name, value in looked_at.items())
