"""The screens of those who issue codes: batches, how many are spent, and the sheet to print, shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext
from markupsafe import Markup

from app.access import screens
from app.access.actor import current_actor, today
from app.builder.catalogue import catalogue
from app.database import unit_of_work
from app.errors import Invalid, NotAllowed, language
from app.extensions import appbuilder
from app.records.hooks import campaign_choices, campaign_title
from app.records.labels import moment
from app.records.reading.show_page import foreign
from app.visitors import codes, issuing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor
    from app.visitors.models import VisitBatch
    from forms.answers.problems import Problem
    from forms.definition import Definition

#: Days that codes are proposed to hold.
_USUAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class Slip:
    """What one visitor is given: the code, its address, and the address as a picture."""

    code: str
    address: str
    picture: Markup


def slips(issued: issuing.Issued, base: str) -> list[Slip]:
    """Return the slips of a new batch. :param base: the address of this site."""
    return [_slip(code, base) for code in issued.codes]


def _slip(code: str, base: str) -> Slip:
    shown = codes.spaced(code)
    address = f"{base.rstrip('/')}/v/c/{shown}"
    picture = segno.make(address, error="m", micro=False)
    drawn = picture.svg_inline(scale=3, border=2, svgclass="visit-qr", lineclass=None, omitsize=True)
    return Slip(shown, address, Markup(drawn))  # noqa: S704 - drawn from an address that we have made


class CodesView(BaseView):  # type: ignore[misc]
    """填报码."""

    route_base = "/codes"
    class_permission_name = "codes"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List the batches of the own organization."""
        actor = _issuer()
        found = issuing.batches(actor)
        counts = issuing.counts(found)
        return self._draw(
            "visitors/codes.html",
            gettext("填报码"),
            batches=[_shown(item, counts.get(item.id)) for item in found],
        )

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> ResponseReturnValue:
        """Choose a form; then what is fixed, how many and until when; then show the codes, once."""
        actor = _issuer()
        offered = issuing.forms(actor)
        key = request.values.get("form", offered[0].key if len(offered) == 1 else "")
        if not key:
            return self._draw("visitors/choose.html", gettext("发放填报码"), forms=[_titled(form) for form in offered])
        form = issuing.form_of(actor, key)
        problems: Sequence[Problem] = ()
        if request.method == "POST":
            try:
                with unit_of_work():
                    issued = issuing.issue(
                        actor,
                        key,
                        _count(),
                        fixed={name.removeprefix("f-"): value for name, value in request.form.items()},
                        valid_until=_day(),
                        campaign_id=request.form.get("campaign") or None,
                        note=request.form.get("note", ""),
                    )
            except Invalid as error:
                problems = error.errors
            else:
                return self._draw(
                    "visitors/slips.html",
                    gettext("打印填报码"),
                    batch=_shown(issued.batch, None),
                    slips=slips(issued, request.host_url),
                )
        return self._form(actor, form, problems), 422 if problems else 200

    def _form(self, actor: Actor, form: Definition, problems: Sequence[Problem]) -> str:
        lang = language()
        return self._draw(
            "visitors/issue.html",
            gettext("发放填报码"),
            form=_titled(form),
            offers=[
                (item.key, item.label.get(lang), foreign(item.label, lang), listed)
                for item, listed in issuing.offers(actor, form, lang)
            ],
            campaigns=campaign_choices(actor, form.key),
            problems=[(item.field, item.message.get(lang)) for item in problems],
            posted=request.form,
            most=issuing.MOST_CODES,
            until=(today() + timedelta(days=_USUAL_DAYS)).isoformat(),
            anonymous=form.anonymous,
        )

    @expose("/<batch_id>", methods=["GET"])
    def show(self, batch_id: str) -> ResponseReturnValue:
        """Show a batch and how many of its codes are spent."""
        found = issuing.batch(_issuer(), batch_id)
        count = issuing.counts([found]).get(found.id)
        return self._draw("visitors/batch.html", gettext("填报码"), batch=_shown(found, count))

    @expose("/<batch_id>/revoke", methods=["POST"])
    def revoke(self, batch_id: str) -> ResponseReturnValue:
        """Make what is left of a batch worthless."""
        with unit_of_work():
            issuing.revoke(_issuer(), batch_id)
        flash(gettext("未使用的填报码已停用。"), "success")
        return redirect(f"/codes/{batch_id}")

    def _draw(self, template: str, title: str, **values: Any) -> str:
        return str(self.render_template(template, title=title, moment=moment, **values))


def _issuer() -> Actor:
    """Return the actor, who issues codes for some form. Raises ``NotAllowed``."""
    actor = current_actor()
    if not issuing.forms(actor):
        raise NotAllowed
    return actor


def _titled(form: Definition) -> dict[str, Any]:
    lang = language()
    return {"key": form.key, "title": form.title.get(lang), "lang": foreign(form.title, lang)}


def _shown(batch: VisitBatch, count: issuing.Count | None) -> dict[str, Any]:
    lang = language()
    title = catalogue().heads[batch.form_key].title
    labels = [str(value.get("label", "")) for value in batch.fixed.values() if isinstance(value, dict)]
    return {
        "id": batch.id,
        "title": title.get(lang),
        "lang": foreign(title, lang),
        "note": batch.note,
        "fixed": labels,
        "campaign": campaign_title(batch.campaign_id),
        "until": batch.valid_until,
        "created_at": batch.created_at,
        "revoked_at": batch.revoked_at,
        "over": batch.revoked_at is not None or batch.valid_until < today(),
        "count": count or issuing.Count(),
    }


def _count() -> int:
    text = request.form.get("count", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("valid_until", ""))
    except ValueError:
        return date.min


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("visitors_templates", "app.visitors", template_folder="templates"))
    screens.register("codes", screens.signed_in)
    appbuilder.add_view_no_menu(CodesView())
