"""What a user changed of a search while it ran, as it is recorded: families and ranges from a trial on, and the trials that an ensemble has to hold.

Pure functions of the record, so that a controller that is started again asks what the one before it would have asked. Owns the form of the record;
refuses to apply anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Space:
    """What is searched from the trial ``since`` on; None for what holds from the next ask on, whose number is not known yet."""

    families: tuple[str, ...]
    ranges: Mapping[str, Any]
    since: int | None = None

    def narrowed(self, ranges: Mapping[str, Any]) -> Space:
        """With these ranges as well."""
        return replace(self, ranges={**self.ranges, **ranges}, since=None)

    def switched(self, family: str, *, on: bool, order: Sequence[str]) -> Space:
        """With that family or without it, all in this ``order``."""
        wanted = {*self.families, family} if on else {*self.families} - {family}
        return replace(self, families=tuple(each for each in order if each in wanted), since=None)


def spaces(record: Mapping[str, Any]) -> list[Space]:
    """All of them in their order, that of the configuration first. Only the last one may have no number yet."""
    config = record["config"]
    later = (record.get("steering") or {}).get("spaces", ())
    return [Space(tuple(config["models"]), config.get("ranges") or {}, 0), *(Space(tuple(each["families"]), each["ranges"], each["since"]) for each in later)]


def space_at(record: Mapping[str, Any], number: int) -> Space:
    """What was searched when that trial was asked."""
    return [each for each in spaces(record) if each.since is not None and each.since <= number][-1]


def pinned(record: Mapping[str, Any]) -> tuple[int, ...]:
    """Trials that an ensemble has to hold."""
    return tuple((record.get("steering") or {}).get("pinned", ()))


def pinning(record: Mapping[str, Any], trials: Iterable[int]) -> dict[str, Any]:
    """The record's steering with these trials pinned."""
    return {**(record.get("steering") or {}), "pinned": sorted(trials)}


def changed(record: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """The record's steering with this space as the last one, instead of one that no trial was asked from."""
    kept = [asdict(each) for each in spaces(record)[1:] if each.since is not None and each.since != space.since]
    return {**(record.get("steering") or {}), "spaces": [*kept, asdict(space)]}
