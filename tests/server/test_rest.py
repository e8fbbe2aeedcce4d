from __future__ import annotations

import re
import uuid
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.store.database import Store
from automl_lab.store.home import current_owner
from tests.server.conftest import TOKEN, JupyterServer

API = "automl-lab/api/experiments"
ROUTES = [("GET", API), ("GET", f"{API}/churn"), *(("POST", f"{API}/churn/{verb}") for verb in ("stop", "pause", "resume"))]
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DATASET = {
    "source": "churn.csv",
    "rows": 10,
    "columns": [],
    "target": "Churn",
    "task": "binary",
    "task_reason": "two labels",
    "classes": ["No", "Yes"],
    "fingerprint": "cd" * 32,
    "findings": [],
}


@pytest.fixture(scope="module")
def store(server: JupyterServer) -> Store:
    """The store that the server reads, with a finished experiment of this user and one of somebody else."""
    home: Path = server.home  # type: ignore[attr-defined]
    config = ExperimentConfig.of({"data": "churn.csv", "target": "Churn", "objectives": ["roc_auc"], "models": ["linear"]}).model_dump(mode="json")
    for owner, name in ((current_owner(), "churn"), ("somebody-else", "secret")):
        own = Store(f"sqlite:///{home / 'lab.db'}", str(home / "artifacts"), owner=owner)
        number = uuid.uuid4().hex
        own.create_experiment(number, name, config, DATASET, "ab" * 32, created=1.0, state="COMPLETED", phase="done", reason="the time is over")
        trial = {"number": 0, "family": "linear", "state": "COMPLETED", "values": {"roc_auc": 0.8}, "feasible": True, "finished": 2.0, "revision": 3}
        own.upsert_trials(number, [trial])
        own.append_events(number, [{"at": 1.0, "kind": "started", "text": "<b>it</b> started"}])
    return own


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_in_without_the_token(server: JupyterServer, store: Store, method: str, path: str) -> None:
    for token in (None, "wrong"):
        answer = server.ask(method, path, token=token)
        assert answer.status in {401, 403}, answer
        assert "roc_auc" not in answer.text
        assert "churn" not in answer.text


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
@pytest.mark.parametrize("method", VERBS)
def test_no_verb_of_a_route_answers_without_the_token(server: JupyterServer, store: Store, method: str, path: str) -> None:
    answer = server.ask(method, path)
    # OPTIONS is a browser's question before a request from elsewhere: it is answered without content, and allows no other origin.
    assert answer.status in {401, 403, 405} or (method == "OPTIONS" and answer.text == ""), answer
    assert answer.headers.get("Access-Control-Allow-Origin") is None
    assert "roc_auc" not in answer.text


def test_the_list_and_a_snapshot(server: JupyterServer, store: Store) -> None:
    answer = server.ask("GET", API, token=TOKEN)
    assert answer.status == 200
    assert [(each["name"], each["state"], each["target"]) for each in answer.json["experiments"]] == [("churn", "COMPLETED", "Churn")]
    snapshot = server.ask("GET", f"{API}/churn", token=TOKEN).json
    assert snapshot["schema"] == 1
    assert snapshot["best"] == 0
    assert snapshot["data"]["target"] == "Churn"
    assert snapshot["trials"][0]["values"] == {"roc_auc": 0.8}
    assert snapshot["revision"] == 3
    assert server.ask("GET", f"{API}/churn@1", token=TOKEN).json["id"] == snapshot["id"]


@pytest.mark.parametrize("name", ["churned", "churn@7", "secret"])
def test_what_this_user_does_not_have(server: JupyterServer, store: Store, name: str) -> None:
    for method, path in (("GET", f"{API}/{name}"), ("POST", f"{API}/{name}/stop")):
        answer = server.ask(method, path, token=TOKEN)
        assert answer.status == 404
        assert answer.json["message"].startswith(f"no experiment {name!r}")
        assert "somebody" not in answer.text


@pytest.mark.parametrize("path", [f"{API}/../churn", f"{API}/a.b", f"{API}/churn/drop", f"{API}/churn/stop/now"])
def test_other_paths_are_not_ours(server: JupyterServer, store: Store, path: str) -> None:
    assert server.ask("GET", path, token=TOKEN).status in {404, 405}


def test_a_cookie_alone_changes_nothing(server: JupyterServer, store: Store) -> None:
    """A page elsewhere can make the browser send the cookie, but it cannot read the XSRF token."""
    login = server.ask("GET", f"api/status?token={TOKEN}")
    cookies = SimpleCookie()
    for header in login.headers.get_all("Set-Cookie", []):
        cookies.load(header)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    assert server.ask("GET", f"{API}/churn", headers={"Cookie": cookie}).status == 200
    refused = server.ask("POST", f"{API}/churn/pause", headers={"Cookie": cookie})
    assert refused.status == 403
    assert "_xsrf" in refused.text
    page = server.ask("GET", "login")
    for header in page.headers.get_all("Set-Cookie", []):
        cookies.load(header)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    answer = server.ask("POST", f"{API}/churn/pause", headers={"Cookie": cookie, "X-XSRFToken": cookies["_xsrf"].value})
    assert answer.status == 409, answer.text
    assert re.search("completed", answer.json["message"])


def test_the_server_stays_without_ray(server: JupyterServer, store: Store) -> None:
    assert server.ask("POST", f"{API}/churn/stop", token=TOKEN).status == 200  # it ended already: nothing to do
    libraries = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "_raylet" not in libraries
