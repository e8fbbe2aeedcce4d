"""Bytes under the hash of their content: data as Parquet, sources, fitted models.

Owns the layout ``<root>/ab/ab12…`` on a local folder or any fsspec address. Refuses bytes that no longer have their hash, and any name
that is no SHA-256, so that a name from elsewhere cannot reach outside the store.
"""

from __future__ import annotations

import re
import uuid
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from automl_lab.core.errors import IntegrityError, StoreError
from automl_lab.core.files import write_atomically
from automl_lab.store.home import artifacts_url

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ArtifactStore:
    """A store of immutable bytes. Safe for many processes at once: equal content has one name and is written whole or not at all."""

    def __init__(self, url: str | None = None) -> None:
        self.url = artifacts_url() if url is None else url
        try:
            filesystem, root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise StoreError(f"the artefact store {self.url!r} cannot be opened: {error}") from error
        self._filesystem: Any = filesystem
        self._root = str(root).rstrip("/")

    @property
    def local(self) -> bool:
        """Whether the artefacts lie in a folder that this machine can open directly."""
        return isinstance(self._filesystem, LocalFileSystem)

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its SHA-256. Keeping it again costs a comparison, and mends a copy that was damaged."""
        sha = sha256(content).hexdigest()
        place = self._place(sha)
        try:
            if self.has(sha) and self._filesystem.cat_file(place) == content:
                return sha
            self._write(place, content)
        except OSError as error:
            raise StoreError(f"the artefact store {self.url!r} cannot be written: {error}") from error
        return sha

    def get(self, sha: str) -> bytes:
        """The bytes of that hash. Raises ``StoreError`` when they are not here and ``IntegrityError`` when they were changed."""
        try:
            content: bytes = self._filesystem.cat_file(self._place(sha))
        except FileNotFoundError:
            raise StoreError(f"no artefact {sha[:12]}… in {self.url!r}") from None
        except OSError as error:
            raise StoreError(f"the artefact store {self.url!r} cannot be read: {error}") from error
        found = sha256(content).hexdigest()
        if found != sha:
            raise IntegrityError(f"artefact {sha[:12]}… in {self.url!r} was changed: its content now has the hash {found[:12]}…")
        return content

    def has(self, sha: str) -> bool:
        """Whether an artefact of that hash is here; its content is checked on ``get``."""
        return bool(self._filesystem.isfile(self._place(sha)))

    def path(self, sha: str) -> Path:
        """The file of that hash in a local store. Raises ``StoreError`` when the store is remote or has no such artefact."""
        if not self.local:
            raise StoreError(f"the artefact store {self.url!r} is not on this machine, so its artefacts have no path")
        if not self.has(sha):
            raise StoreError(f"no artefact {sha[:12]}… in {self.url!r}")
        return Path(self._place(sha))

    def _place(self, sha: str) -> str:
        if not _SHA256.fullmatch(sha):
            raise StoreError(f"{sha[:80]!r} is no artefact's name; it should be a SHA-256 in lower-case hexadecimal")
        return f"{self._root}/{sha[:2]}/{sha}"

    def _write(self, place: str, content: bytes) -> None:
        if self.local:
            write_atomically(Path(place), content)
            return
        # Not every remote writes a file in one step, but all of them can rename one.
        draft = f"{self._root}/drafts/{uuid.uuid4().hex}"
        self._filesystem.makedirs(f"{self._root}/drafts", exist_ok=True)
        self._filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
        self._filesystem.pipe_file(draft, content)
        self._filesystem.mv(draft, place)
