"""The page from which a form is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.history.page import number
from app.builder.publishing import approval, retyping
from app.builder.publishing.choosing import LONGEST_NOTE
from app.builder.publishing.impact import published
from app.builder.publishing.page import changed_since, publish_values
from app.database import db, unit_of_work
from app.errors import Invalid, language
from app.jobs import service as jobs
from app.records.labels import moment

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

#: The names of fields of the page that say what becomes of answers of another type begin so.
CHOICE = "choice:"


class PublishView(BaseView):  # type: ignore[misc]
    """发布."""

    route_base = "/forms"
    class_permission_name = "forms"

    @expose("/<form_key>/publish", methods=["GET"])
    def publish_page(self, form_key: str) -> ResponseReturnValue:
        """Show what publishing the draft would change, mean and touch."""
        return self._draw(form_key)

    @expose("/<form_key>/publish", methods=["POST"])
    def publish(self, form_key: str) -> ResponseReturnValue:
        """Have the draft published that the page showed, with a note; refuse where it is another by now."""
        actor = current_actor()
        require(actor, service.DESIGN, "P")
        draft = service.draft(actor, form_key)
        seen, base = number(request.form.get("lock_version")), number(request.form.get("base"))
        # Read anew: somebody may have saved since this request began.
        db.session.refresh(draft)
        if draft.lock_version != seen:
            lines = changed_since(draft, seen, language())
            return self._draw(form_key, status=409, refusal="stale", since=lines)
        if base != draft.based_on:
            return self._draw(form_key, status=409, refusal="published")
        note = request.form.get("note", "").strip()
        if not note or len(note) > LONGEST_NOTE:
            return self._draw(form_key, status=422, refusal="note")
        values = publish_values(actor, form_key, language())
        if values["errors"] or values["same"]:
            return self._draw(form_key, status=422)
        if values["warnings"] and not request.form.get("seen_warnings"):
            return self._draw(form_key, status=422, refusal="warnings")
        given = {name.removeprefix(CHOICE): value for name, value in request.form.items() if name.startswith(CHOICE)}
        try:
            choices = retyping.chosen(form_key, published(form_key), values["new"], given)
        except Invalid as error:
            texts = [item.message.get(language()) for item in error.errors]
            return self._draw(form_key, status=422, refusal="choices", texts=texts, given=given)
        if values["asked"]:
            return redirect(f"/forms/requests/{values['asked'].id}")
        if values["second"]:
            with unit_of_work():
                asked = approval.ask_for(actor, form_key, seen or 0, note, choices)
            return redirect(f"/forms/requests/{asked.id}")
        payload = {"form": form_key, "lock_version": seen, "note": note, "choices": choices}
        with unit_of_work():
            job = jobs.enqueue(actor, "publish", payload)
        return redirect(f"/jobs/{job.id}")

    def _draw(self, form_key: str, *, status: int = 200, refusal: str = "", **more: Any) -> ResponseReturnValue:
        values = publish_values(current_actor(), form_key, language())
        head = gettext("首次发布") if values["first"] else gettext("发布前比较")
        page = self.render_template(
            "builder/publish.html",
            heading=head,
            moment=moment,
            refusal=refusal,
            note=request.form.get("note", ""),
            longest_note=LONGEST_NOTE,
            **{"since": [], "texts": [], "given": {}, **values, **more},
        )
        return str(page), status
