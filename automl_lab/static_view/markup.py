"""HTML from Python without a hole: text is escaped unless it was made here. Refuses nothing else; it is a dozen lines on purpose."""

from __future__ import annotations

import html


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """One element. Children that are no ``Markup`` are text; an attribute that is None is left out, ``_`` in its name becomes ``-``."""
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"' for key, value in attributes.items() if value is not None)
    inside = "".join(child if isinstance(child, Markup) else html.escape(child) for child in children)
    return Markup(f"<{name}{shown}>{inside}</{name}>")


def joined(*parts: Markup) -> Markup:
    """Elements one after the other."""
    return Markup("".join(parts))
