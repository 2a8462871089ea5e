"""Where files of exports and imports lie: in the data folder, readable by this account only."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from app.errors import BadRequest
from forms.labels import Label

if TYPE_CHECKING:
    from typing import IO

MOST_BYTES = 20 * 1024 * 1024
_CHUNK = 1024 * 1024


def _folder(*names: str) -> Path:
    path = Path(current_app.config["DATA_DIR"]).joinpath(*names)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def exports() -> Path:
    """Return the folder of export files."""
    return _folder("exports")


def import_folder(import_id: str) -> Path:
    """Return the folder of one import."""
    return _folder("imports", import_id)


def drop_import(import_id: str) -> None:
    """Remove the files of an import."""
    shutil.rmtree(_folder("imports") / import_id, ignore_errors=True)


def imports() -> Path:
    """Return the folder that holds the folders of imports."""
    return _folder("imports")


def keep_upload(stream: IO[bytes], path: Path) -> tuple[int, str]:
    """Write an uploaded stream to *path*; return its size and hash. Raises ``BadRequest`` where it is too long."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise BadRequest(
                    Label("文件超过 20 MB，请分成几个文件。", "The file is larger than 20 MB; split it."),
                    code="too_large",
                )
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise BadRequest(Label("文件是空的。", "The file is empty."), code="empty")
    return size, digest.hexdigest()


def settle(temporary: Path, final: Path) -> tuple[int, str]:
    """Make a finished file durable under its final name; return its size and hash."""
    digest = hashlib.sha256()
    with temporary.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        os.fsync(file.fileno())
    temporary.chmod(0o600)
    temporary.replace(final)
    return final.stat().st_size, digest.hexdigest()
