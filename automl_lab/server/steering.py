"""Stops, pauses or resumes an experiment from a process of its own: ``python -m automl_lab.server.steering stop NAME``.

It prints one line of JSON, ``{}`` or ``{"status": 409, "message": …}``. Refuses to be more than a messenger: the controller does the work.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from automl_lab import api
from automl_lab.core.errors import AutoMLLabError, RequestError

VERBS = ("stop", "pause", "resume")


def steer(verb: str, name: str) -> dict[str, Any]:
    """Do it and say how it went: nothing, or the HTTP status and message of what went wrong."""
    try:
        getattr(api.Experiment.attach(name), verb)()
    except RequestError as error:
        return {"status": 409, "message": str(error)}
    except AutoMLLabError as error:
        return {"status": 503, "message": str(error)}
    return {}


def main(arguments: list[str]) -> int:
    """The process. Returns its exit status."""
    if len(arguments) != 2 or arguments[0] not in VERBS:
        sys.stderr.write(f"usage: steering {'|'.join(VERBS)} NAME\n")
        return 2
    sys.stdout.write(json.dumps(steer(*arguments)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
