"""The pages of the library of question blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.library import blocks
from app.builder.models import QuestionBlock
from app.database import db, unit_of_work
from app.errors import BadRequest, Conflict, Invalid, language
from app.records.labels import moment
from forms.field_types import FIELD_TYPES
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue


class BlocksView(BaseView):  # type: ignore[misc]
    """题块库."""

    route_base = "/forms/blocks"
    class_permission_name = "forms"
    default_view = "blocks"

    @expose("/", methods=["GET"])
    def blocks(self) -> ResponseReturnValue:
        """List the blocks; with ``?form=`` also the sections of a draft, to save one."""
        require(current_actor(), service.DESIGN, "V")
        return self._list(request.args.get("form", ""))

    def _list(self, form_key: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        actor, lang = current_actor(), language()
        may_design = actor.can(service.DESIGN, "F")
        found = list(db.session.scalars(sa.select(QuestionBlock).order_by(QuestionBlock.title)))
        uses = blocks.uses_of([one.id for one in found])
        sections = service.draft(actor, form_key).definition.get("sections") or [] if may_design and form_key else []
        page = self.render_template(
            "builder/blocks.html",
            heading=gettext("题块库"),
            wrong=wrong,
            blocks=[(one, len(one.section.get("fields") or []), len(uses.get(one.id, ()))) for one in found],
            forms=[(key, Label.of(title).get(lang)) for key, title in blocks.forms_to_design()],
            form_key=form_key,
            sections=[_drawn(section, lang) for section in sections],
            may_design=may_design,
            moment=moment,
        )
        return str(page), status

    @expose("/", methods=["POST"])
    def save_block(self) -> ResponseReturnValue:
        """Save a section of a draft as a block."""
        actor, given = current_actor(), request.form
        require(actor, service.DESIGN, "F")
        form_key = given.get("form", "")
        service.draft(actor, form_key)
        try:
            with unit_of_work():
                found = blocks.save(actor, form_key, given.get("section", ""), given.get("title", ""))
        except (Invalid, Conflict) as error:
            return self._list(form_key, error.message.get(language()), 422)
        return redirect(f"/forms/blocks/{found.id}")

    @expose("/<block_id>", methods=["GET"])
    def show_block(self, block_id: str) -> ResponseReturnValue:
        """Show a block with where it is used."""
        actor, lang = current_actor(), language()
        found = blocks.block(actor, block_id)
        used = blocks.uses_of([found.id]).get(found.id, [])
        titles = {key: Label.of(title).get(lang) for key, title in blocks.forms_to_design()}
        page = self.render_template(
            "builder/block.html",
            found=found,
            section=_drawn(found.section, lang),
            uses=[(key, titles.get(key, key), section) for key, section in used],
            forms=sorted(titles.items()),
            may_design=actor.can(service.DESIGN, "F"),
            moment=moment,
        )
        return str(page)

    @expose("/<block_id>", methods=["POST"])
    def use_block(self, block_id: str) -> ResponseReturnValue:
        """Copy a block into a draft, or take it out of the library."""
        actor, given = current_actor(), request.form
        require(actor, service.DESIGN, "F")
        blocks.block(actor, block_id)
        if given.get("do") == "remove":
            with unit_of_work():
                blocks.remove(actor, block_id)
            flash(gettext("题块已移出题块库；已插入的不受影响。"), "success")
            return redirect("/forms/blocks/")
        if given.get("do") != "insert":
            raise BadRequest
        form_key = given.get("form", "")
        with unit_of_work():
            blocks.insert(actor, block_id, form_key)
        flash(gettext("已插入草稿的最后，作为一个分组。"), "success")
        return redirect(f"/forms/{form_key}/publish")


def _drawn(section: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return a section as it is drawn: its key, its title, its fields with their types."""

    def text(raw: Any, otherwise: str) -> str:
        return Label.of(raw).get(lang) if raw and Label.fits(raw) else otherwise

    fields = [
        {
            "label": text(item.get("label"), str(item.get("key"))),
            "type": FIELD_TYPES[item["type"]].label.get(lang) if item.get("type") in FIELD_TYPES else "—",
            "required": bool(item.get("required")),
        }
        for item in section.get("fields") or []
    ]
    return {"key": section.get("key"), "title": text(section.get("title"), str(section.get("key"))), "fields": fields}
