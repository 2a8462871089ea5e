"""Attachments: bytes under a random name in the data folder, seen by the law of the record that holds them."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from app import audit
from app.access.law import Mode
from app.access.query import resource_allows, tagged
from app.builder.catalogue import definition, head
from app.database import db, new_id, utcnow
from app.errors import Invalid, NotAllowed, NotFound
from app.records.models import File
from app.records.reading.record import read
from forms.answers.answer import rows_of
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from typing import IO

    from app.access.actor import Actor
    from forms.definition import Field

_CHUNK = 256 * 1024
_MEGABYTE = 1024 * 1024
DEFAULT_MEGABYTES = 10
LONGEST_NAME = 120

#: How the content of a file with this extension begins, and the media type that it is sent with.
KINDS: dict[str, tuple[tuple[bytes, ...], str]] = {
    "pdf": ((b"%PDF-",), "application/pdf"),
    "jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    "ofd": ((b"PK\x03\x04",), "application/ofd"),
    "xlsx": ((b"PK\x03\x04",), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ((b"PK\x03\x04",), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def folder() -> Path:
    """Return the folder of attachments, readable by this account only."""
    path = Path(current_app.config["DATA_DIR"]) / "files"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def clean_name(name: str) -> str:
    """Return a file name without folders, control characters and signs that file systems refuse."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    text = re.sub(r'[<>:"|?*]+', "_", text).strip(" .")
    stem, dot, extension = text.rpartition(".")
    return f"{stem[: LONGEST_NAME - 10]}.{extension[:9]}" if dot else text[:LONGEST_NAME]


def store(actor: Actor, form_key: str, path: str, stream: IO[bytes], name: str) -> File:
    """Keep an uploaded file; until a record names it, its uploader alone sees it.

    Raises ``NotFound`` (no such field), ``NotAllowed`` (may not fill the form) and ``Invalid`` with the field: a kind
    of file that is not asked for, content that is not what the name says, too large, empty.
    """
    form = definition(form_key)
    if actor.visit is not None and (actor.visit.form_key != form_key or actor.visit.anonymous):
        raise NotAllowed
    if not form.has(path) or not field_type(form.field(path).type).attachment:
        raise NotFound
    if not (resource_allows(actor, form.resource, "C") or resource_allows(actor, form.resource, "U")):
        raise NotAllowed
    item = form.field(path)
    name = clean_name(name)
    extension = name.rpartition(".")[2].lower()
    accepted = [str(kind).lower().lstrip(".") for kind in item.setting("accept", None) or _accepted(item)]
    if extension not in accepted or extension not in KINDS:
        kinds = "、".join(accepted)
        raise _refused(path, "file_kind", Label(f"只能上传 {kinds} 文件", f"Only {', '.join(accepted)} files"))
    place = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    target = folder() / place
    target.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        size, digest = _write(stream, target, path, item, KINDS[extension][0])
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    kept = File(
        id=new_id(),
        form_key=form_key,
        field=path,
        name=name,
        size=size,
        sha256=digest,
        media_type=KINDS[extension][1],
        path=place,
        uploaded_by=actor.user_id,
        visit=actor.visit.code if actor.visit is not None else None,
        organization_id=actor.organization_id,
        at=utcnow(),
    )
    db.session.add(kept)
    db.session.flush()
    audit.record(actor, "file_stored", object_type="file", object_id=kept.id, detail={"form": form_key, "field": path})
    return kept


def _accepted(item: Field) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(field_type(item.type), "accept", ())
    return found


def _write(stream: IO[bytes], target: Path, path: str, item: Field, beginnings: tuple[bytes, ...]) -> tuple[int, str]:
    most = int(item.setting("max_size", DEFAULT_MEGABYTES))
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := stream.read(_CHUNK):
            if not size and not chunk.startswith(beginnings):
                text = Label("文件内容与扩展名不符，请重新选择", "The content is not what the file name says")
                raise _refused(path, "file_content", text)
            size += len(chunk)
            if size > most * _MEGABYTE:
                raise _refused(path, "file_size", Label(f"单个文件不超过 {most} MB", f"At most {most} MB per file"))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise _refused(path, "file_empty", Label("文件是空的，请重新选择", "The file is empty"))
    return size, digest.hexdigest()


def _refused(path: str, code: str, text: Label) -> Invalid:
    return Invalid(text, code=code, errors=[Problem(path, None, code, text)])


def described(ids: Collection[str]) -> list[File]:
    """Return those of the attachments whose record the present actor may view, or that he uploaded himself."""
    return list(db.session.scalars(sa.select(File).where(File.id.in_(sorted(ids))))) if ids else []


def open_file(actor: Actor, file_id: str) -> File:
    """Return an attachment that the actor may see in plain. Raises ``NotFound`` for any other.

    It is held by a field: where that is masked or hidden from him, or names the file no longer, so is the file.
    """
    found: File | None = db.session.scalar(sa.select(File).where(File.id == file_id))
    if found is None:
        raise NotFound
    if found.record_id is not None:
        view = read(actor, found.form_key, found.record_id)
        if view.modes.get(found.field, Mode.HIDE) is not Mode.PLAIN or not _named(view.answers, found):
            raise NotFound
        resource = head(found.form_key).resource
        audit.record(
            actor,
            "file_read",
            object_type="file",
            object_id=found.id,
            detail={"form": found.form_key, "resource": resource},
        )
    return found


def _named(answers: dict[str, object], found: File) -> bool:
    table, _, key = found.field.rpartition(".")
    holders = rows_of(answers.get(table)) if table else [answers]
    return any(found.id in value for holder in holders if isinstance(value := holder.get(key), list))


def path_of(found: File) -> Path:
    """Return where the bytes lie. Raises ``NotFound`` where they are gone."""
    path = folder() / found.path
    if not path.is_file():
        raise NotFound
    return path


def drop_pending(older_than: timedelta) -> int:
    """Remove uploads that no record has named for so long; return how many. For the system alone."""
    table = File.__table__
    stale = sa.and_(table.c.record_id.is_(None), table.c.at < utcnow() - older_than)
    rows = db.session.execute(
        tagged(sa.select(table.c.id, table.c.path).where(stale), "uploads that nothing names")
    ).all()
    if rows:
        gone = sa.delete(table).where(table.c.id.in_([row.id for row in rows]))
        db.session.execute(tagged(gone, "uploads that nothing names"))
    for row in rows:
        (folder() / row.path).unlink(missing_ok=True)
    return len(rows)
