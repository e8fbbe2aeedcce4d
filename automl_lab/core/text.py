"""Text from a user's data or a library's error, made fit for one line. Refuses to shorten it: who shows it knows the room there is."""

from __future__ import annotations


def one_line(text: object) -> str:
    """The text without line breaks and control characters, which a name from a user's data may carry."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in " ".join(str(text).splitlines()))
