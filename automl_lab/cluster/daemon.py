"""The local cluster: one Ray head per user and lab home, in a process session of its own, so that it outlives the kernel that started it.

Owns starting, finding and stopping that head and the file that names it. Refuses to join a cluster that it did not start: a bare
``ray.init()`` would take whatever the machine's last ``ray start`` left behind, on a shared node somebody else's.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from automl_lab.core.errors import ClusterError
from automl_lab.core.files import write_atomically

START_SECONDS = 120.0
OBJECT_STORE_BYTES = 1 << 30


@dataclass(frozen=True)
class LocalCluster:
    """A running local head: where it listens, which folder is its own, and the token that opens it (kept in a file only its user reads)."""

    address: str
    folder: str
    token_file: str


def _file(home: Path) -> Path:
    return home / "cluster.json"


def _folder(home: Path) -> Path:
    """A short folder of this user alone: Ray puts Unix sockets below it, whose paths may not pass 107 bytes, and opens its own folder to everybody."""
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:8]
    base = Path(tempfile.gettempdir())
    folder = (base if len(str(base)) < 20 else Path("/tmp")) / f"automl-{getpass.getuser()[:12]}-{digest}"  # noqa: S108 (made 0700 and checked below)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise ClusterError(f"{folder} is not a private folder of this user; remove it or set TMPDIR to a folder of your own")
    return folder


def find(home: Path) -> LocalCluster | None:
    """The local head of this home if it still answers on its port, else None."""
    try:
        cluster = LocalCluster(**json.loads(_file(home).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # the file of an older version: its head is started anew
        return None
    return cluster if Path(cluster.token_file).is_file() and answers(cluster.address) else None  # a folder below /tmp may have been swept


def answers(address: str) -> bool:
    """Whether something accepts connections at ``host:port``."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except OSError:
        return False


def start(home: Path) -> LocalCluster:
    """The running local head, started if there is none; two callers at once get the same one. Takes 4 to 14 s when it starts. Raises ``ClusterError``."""
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "cluster.lock", timeout=START_SECONDS + 10):
        running = find(home)
        if running is not None:
            return running
        folder = _folder(home)
        token_file = folder / "token"
        write_atomically(token_file, secrets.token_hex(32))  # mkstemp makes it 0600
        cluster = LocalCluster(f"127.0.0.1:{_free_port()}", str(folder), str(token_file))
        _tidy(folder)
        try:
            _launch(cluster)
        except ClusterError:  # Ray gives its node 30 s and no more, which a busy machine can miss once
            _launch(cluster)
        write_atomically(_file(home), json.dumps(asdict(cluster)))
        return cluster


def _scratch(folder: Path) -> Path:
    """Where the head's processes put what is temporary: whoever is ended in the middle of a trial leaves it there."""
    return folder / "scratch"


def _tidy(folder: Path) -> None:
    """Remove what heads that are gone have left: temporary files, and the logs of all but the last."""
    shutil.rmtree(_scratch(folder), ignore_errors=True)
    sessions = sorted(each for each in (folder / "ray").glob("session_*") if not each.is_symlink())
    for session in sessions[:-1]:
        shutil.rmtree(session, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def token_environment(cluster: LocalCluster) -> dict[str, str]:
    """The environment in which Ray speaks to this head: everyone on the machine can reach its ports, only holders of the token are heard."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": cluster.token_file}


def _launch(cluster: LocalCluster) -> None:
    host, port = cluster.address.rsplit(":", 1)
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", f"--node-ip-address={host}", f"--port={port}"]
    command += [
        "--include-dashboard=false",
        "--no-monitor",
        f"--temp-dir={cluster.folder}/ray",
        "--disable-usage-stats",
        f"--object-store-memory={OBJECT_STORE_BYTES}",
    ]
    log, scratch = Path(cluster.folder) / "start.log", _scratch(Path(cluster.folder))
    scratch.mkdir(exist_ok=True)
    with log.open("wb") as output:
        # Threads that spin while they wait cost 20 to 70 times on shared cores: every worker inherits the passive policy.
        # Whoever started the controller ends, the controller goes on: Ray would end its worker processes each time that they rest for a moment.
        environment = {**os.environ, **token_environment(cluster), "OMP_WAIT_POLICY": "PASSIVE", "RAY_kill_idle_workers_interval_ms": "0"}
        environment["TMPDIR"] = str(scratch)
        environment.pop("RAY_ADDRESS", None)
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and arguments)
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True, cwd=cluster.folder
        )
        try:
            code = process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            _end(processes(cluster), 3.0)
            raise ClusterError(f"the local Ray did not start within {START_SECONDS:.0f} s; its log is {log}") from None
    if code != 0:
        _end(processes(cluster), 3.0)  # half a head would stay for ever, and nobody would know of it
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise ClusterError(f"the local Ray did not start ({last[0].strip()}); its log is {log}")


def processes(cluster: LocalCluster) -> list[psutil.Process]:
    """The processes of this head: those whose command line names its folder, and their children."""
    own: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["cmdline"]):
        if any(cluster.folder in part for part in process.info["cmdline"] or []):
            with contextlib.suppress(psutil.NoSuchProcess):
                for each in [process, *process.children(recursive=True)]:
                    own[each.pid] = each
    own.pop(os.getpid(), None)
    return list(own.values())


def stop(home: Path, seconds: float = 3.0) -> bool:
    """End this home's local head and all of its processes; False when none was running. Experiments stay in the store and resume on the next start."""
    cluster = find(home)
    if cluster is None:
        return False
    _end(processes(cluster), seconds)
    shutil.rmtree(_scratch(Path(cluster.folder)), ignore_errors=True)
    _file(home).unlink(missing_ok=True)
    return True


def _end(found: list[psutil.Process], seconds: float) -> None:
    """Ask them to end, and end those that have not after some seconds."""
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def uptime(home: Path) -> float | None:
    """Seconds since the local head was started, or None when there is none."""
    return time.time() - _file(home).stat().st_mtime if find(home) else None
