"""Time as the product speaks of it: durations in words and one deadline for everything. Refuses clocks that differ between machines to be mixed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from automl_lab.core.errors import RequestError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(value: str | float) -> float:
    """Seconds of ``"90s"``, ``"10m"``, ``"1h30m"`` or a plain number of seconds. Raises ``RequestError`` for anything else or not above zero."""
    text = str(value).strip().lower().replace(" ", "")
    found = _DURATION.findall(text)
    if found and "".join(amount + unit for amount, unit in found) == text:
        seconds = sum(float(amount) * _UNITS[unit] for amount, unit in found)
    else:
        try:
            seconds = float(text)
        except ValueError:
            raise RequestError(f"{value!r} is no duration; write it like '90s', '10m' or '2h'") from None
    if not 0 < seconds < float("inf"):
        raise RequestError(f"a duration has to be above zero, not {value!r}")
    return seconds


def format_duration(seconds: float) -> str:
    """``"4.2 s"``, ``"3m 05s"`` or ``"2h 10m"``: two units at the most."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


@dataclass(frozen=True)
class Deadline:
    """The one moment by which everything is done. ``at`` is wall-clock seconds since the epoch, so that it outlives a process; None means never."""

    at: float | None

    def left(self, now: float | None = None) -> float:
        """Seconds until the deadline, never below zero; infinite without one."""
        if self.at is None:
            return float("inf")
        return max(0.0, self.at - (time.time() if now is None else now))
