"""Saving one change from a page: merged with what others did, or asked about where both did the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from flask import flash, redirect, request
from flask_babel import gettext, ngettext

from app.access.actor import current_actor
from app.builder.editor.desk import edit, open_desk
from app.builder.editor.words import PROPERTIES
from app.builder.history.page import number
from app.database import unit_of_work
from app.errors import Conflict, language
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from app.builder.editor.desk import Desk

    Draw = Callable[..., str]

#: Longest text of one side of a conflict.
_SHOWN = 2_000


def seen_version() -> int:
    """Return the lock version of the page that was posted."""
    return number(request.form.get("lock_version")) or 0


def save(
    draw: Draw, form_key: str, change: Callable[[dict[str, Any]], dict[str, Any]], done: str | Callable[[], str]
) -> ResponseReturnValue:
    """Save *change* and go to *done*; where another changed the same, show both and ask.

    Raises ``Invalid`` where the change cannot be made.
    """
    seen = seen_version()
    sides = {request.form.get(f"path-{index}", ""): request.form.get(f"choice-{index}", "") for index in _asked()}
    try:
        with unit_of_work():
            _, merged = edit(current_actor(), form_key, seen, change, sides)
    except Conflict as conflict:
        return _ask(draw, form_key, conflict), 409
    if merged is not None and merged.theirs:
        count = len(merged.theirs)
        flash(
            ngettext(
                "已保存。您打开此页后他人改了 %(num)s 处别的内容，两边的修改都已保留。",
                "已保存。您打开此页后他人改了 %(num)s 处别的内容，两边的修改都已保留。",
                count,
            ),
            "info",
        )
    else:
        flash(gettext("已保存到草稿。"), "success")
    return redirect(done if isinstance(done, str) else done())


def _asked() -> list[str]:
    return [name.partition("-")[2] for name in request.form if name.startswith("path-")][:200]


def _ask(draw: Draw, form_key: str, conflict: Conflict) -> str:
    lang = language()
    desk = open_desk(current_actor(), form_key, lang)
    own = {"csrf_token"} | {name for name in request.form if name.startswith(("path-", "choice-"))}
    clashes = conflict.data.get("conflicts", [])
    return draw(
        "builder/editor/conflict.html",
        desk,
        gettext("两人改了同一处"),
        clashes=[
            {
                "path": clash["path"],
                "words": place_words(desk, clash["path"]),
                "mine": _text(clash["mine"], lang),
                "theirs": _text(clash["theirs"], lang),
            }
            for clash in clashes
        ],
        kept=[(name, value) for name in request.form if name not in own for value in request.form.getlist(name)],
        action=request.path,
    )


def place_words(desk: Desk, path: str) -> str:
    """Return what the path of a merge is called: ``sections.fields.name.label.zh`` → “姓名”的名称."""
    parts = path.split(".")
    owner = ""
    if path.startswith("sections.fields.") and len(parts) > 2:
        key, rest = parts[2], parts[3:]
        if len(rest) > 1 and rest[0] == "fields":
            key, rest = f"{key}.{rest[1]}", rest[2:]
        owner, parts = desk.outline.label(key).get(desk.lang), rest
    elif parts[0] == "sections" and len(parts) > 1:
        title = desk.outline.sections.get(parts[1], {}).get("title")
        owner = Label.of(title).get(desk.lang) if title and Label.fits(title) else parts[1]
        parts = parts[2:]
    name = next((part for part in reversed(parts) if part in PROPERTIES), "")
    words = str(PROPERTIES[name]) if name else gettext("整项") if not parts else ".".join(parts)
    if parts and parts[-1] == "en":
        words = gettext("%(name)s（英文）", name=words)
    return gettext("“%(owner)s”：%(name)s", owner=owner, name=words) if owner else words


def _text(value: Any, lang: str) -> str:
    if value is None:
        return str(gettext("（已删除）"))
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, dict) and "label" in value and Label.fits(value["label"]):
        return Label.of(value["label"]).get(lang)
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=80)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
