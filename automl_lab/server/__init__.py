"""The Jupyter Server extension: experiments over REST, for the frontend and for anything with the server's token.

Owns the routes under ``<base_url>/automl-lab/api``. Refuses to join a Ray cluster inside the server's process, because Ray takes over its
signals: steering runs in a child process. Nothing heavy is imported until a route is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What ``jupyter server extension list`` asks."""
    return [{"module": "automl_lab.server"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add our routes to a starting server."""
    from automl_lab.server.handlers import routes  # noqa: PLC0415  (only a server has tornado at hand)

    server.web_app.add_handlers(".*$", routes(server.web_app.settings["base_url"]))  # type: ignore[no-untyped-call]
