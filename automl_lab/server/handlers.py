"""The routes: list, snapshot, and stop, pause, resume. Every verb needs a user, and one that changes something the XSRF cookie or the token.

Owns translating our errors into HTTP statuses: 404 for an experiment that this user does not have, 409 for one that cannot do what was asked,
503 when the database or the cluster does not answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from automl_lab.core.errors import AutoMLLabError, RequestError

STEERING_SECONDS = 180.0
_NAME = r"([A-Za-z0-9_]{1,64}(?:@[0-9]{1,9})?)"


class _Handler(APIHandler):
    """Answers in JSON, errors included: ``{"message": …}``."""

    auth_resource = "automl_lab"

    def answer(self, content: Any, status: int = 200) -> None:
        """End the request with this content."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(content, allow_nan=False))

    async def read(self, function: str, *arguments: str) -> Any:
        """Call a function of ``reading`` in a thread; None after an error was answered."""
        try:
            return await asyncio.to_thread(_read, function, *arguments)
        except RequestError as error:
            self.answer({"message": str(error)}, 404)
        except AutoMLLabError as error:
            self.answer({"message": str(error)}, 503)
        return None


class ExperimentsHandler(_Handler):
    """All experiments of the user."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """``{"experiments": […]}``, the newest first."""
        found = await self.read("experiments")
        if found is not None:
            self.answer({"experiments": found})


class SnapshotHandler(_Handler):
    """One experiment."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Its Snapshot, from the store."""
        found = await self.read("snapshot", name)
        if found is not None:
            self.answer(found)


class SteeringHandler(_Handler):
    """What a user can do to a running experiment from here."""

    @web.authenticated
    @authorized(action="execute")  # type: ignore[untyped-decorator]
    async def post(self, name: str, verb: str) -> None:
        """Do it, and answer with the Snapshot after it."""
        if await self.read("snapshot", name) is None:
            return
        problem = await _steer(verb, name)
        if problem:
            self.answer({"message": problem["message"]}, problem["status"])
            return
        found = await self.read("snapshot", name)
        if found is not None:
            self.answer(found)


def routes(base_url: str) -> list[tuple[str, type[APIHandler]]]:
    """The routes below the server's base URL."""
    experiments = url_path_join(base_url, "automl-lab", "api", "experiments")
    return [
        (experiments, ExperimentsHandler),
        (f"{experiments}/{_NAME}", SnapshotHandler),
        (f"{experiments}/{_NAME}/(stop|pause|resume)", SteeringHandler),
    ]


def _read(function: str, *arguments: str) -> Any:
    from automl_lab.server import reading  # noqa: PLC0415  (pandas and scikit-learn: a server starts without them)

    return getattr(reading, function)(*arguments)


async def _steer(verb: str, name: str) -> dict[str, Any]:
    """Run ``steering`` in a child process: ``ray.init`` in this one would take the server's SIGTERM handler."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "automl_lab.server.steering",
        verb,
        name,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, trouble = await asyncio.wait_for(process.communicate(), STEERING_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return {"status": 503, "message": f"the cluster did not answer within {STEERING_SECONDS:.0f} s"}
    lines = output.decode(errors="replace").strip().splitlines()
    if process.returncode != 0 or not lines:
        last = trouble.decode(errors="replace").strip().splitlines()[-1:] or ["no output"]
        return {"status": 500, "message": f"the steering process ended with status {process.returncode}: {last[0]}"}
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer
