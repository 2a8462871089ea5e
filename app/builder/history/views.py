"""The pages of a form's versions: compare any two, take an earlier one as the new draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.history.difference_page import compared
from app.builder.history.page import number, versions
from app.builder.history.restoring import restore
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, language
from app.records.labels import moment
from app.records.reading.show_page import foreign

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class HistoryView(BaseView):  # type: ignore[misc]
    """版本."""

    route_base = "/forms"
    class_permission_name = "forms"

    @expose("/<form_key>/compare", methods=["GET"])
    def compare(self, form_key: str) -> ResponseReturnValue:
        """Tell the difference of two versions in words, the older one first; by default the last two."""
        require(current_actor(), service.DESIGN, "V")
        head, lang = service.head(form_key), language()
        newer = number(request.args.get("new")) or head.no
        older = number(request.args.get("old")) or max(newer - 1, 1)
        older, newer = sorted((older, newer))
        before, after = (service.definition(form_key, no) for no in (older, newer))
        lines = compared(before, after, lang)
        only = request.args.get("only") == "data"
        page = self.render_template(
            "builder/compare.html",
            form=head,
            title=after.title.get(lang),
            title_lang=foreign(after.title, lang),
            older=older,
            newer=newer,
            versions=versions(form_key),
            lines=[line for line in lines if line.grave or not only],
            left_out=sum(not line.grave for line in lines) if only else 0,
            only=only,
            moment=moment,
        )
        return str(page)

    @expose("/<form_key>/restore", methods=["POST"])
    def restore(self, form_key: str) -> ResponseReturnValue:
        """Make an earlier version the draft."""
        chosen, lock = number(request.form.get("version")), number(request.form.get("lock_version"))
        if chosen is None or lock is None:
            raise BadRequest
        try:
            with unit_of_work():
                restore(current_actor(), form_key, chosen, lock)
        except Conflict as error:
            flash(error.message.get(language()), "warning")
            return redirect(f"/forms/{form_key}")
        flash(gettext("草稿已换成第 %(no)s 版的内容。核对比较，发布后即为新版本。", no=chosen), "success")
        return redirect(f"/forms/{form_key}/publish")
