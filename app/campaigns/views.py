"""The screens of campaigns: list, make, open, close, and who has filed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext, lazy_gettext

from app.access import screens
from app.access.actor import current_actor, today
from app.access.query import require
from app.builder.catalogue import catalogue
from app.campaigns import progress, service, targets
from app.campaigns.models import DRAFT, OPEN, RESOURCE
from app.campaigns.targets import KIND_LABELS, Selection
from app.database import unit_of_work
from app.errors import BadRequest, Invalid, language
from app.extensions import appbuilder
from app.identity.resuming import keep
from app.identity.service import organization_names, regions
from app.records.labels import moment
from app.records.reading.show_page import foreign
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor
    from app.campaigns.models import Campaign

#: Days that a new campaign is proposed to last.
_USUAL_DAYS = 30

PHASES = {
    "draft": (lazy_gettext("未发布"), "secondary"),
    "coming": (lazy_gettext("未开始"), "secondary"),
    "running": (lazy_gettext("填报中"), "primary"),
    "over": (lazy_gettext("已到期"), "warning"),
    "closed": (lazy_gettext("已截止"), "secondary"),
}
STATUSES = {
    progress.FILED: (lazy_gettext("已报"), "success"),
    progress.BEGUN: (lazy_gettext("填写中"), "warning"),
    progress.MISSING: (lazy_gettext("未报"), "secondary"),
}


class CampaignsView(BaseView):  # type: ignore[misc]
    """填报任务."""

    route_base = "/campaigns"
    class_permission_name = "campaigns"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List the campaigns in view with their progress."""
        actor = current_actor()
        found = service.campaigns(actor)
        counts = progress.counts(actor, [item.id for item in found])
        return self._draw(
            "campaigns/list.html",
            gettext("填报任务"),
            campaigns=[_shown(item, counts.get(item.id)) for item in found],
            may_create=actor.can(RESOURCE, "C"),
        )

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> ResponseReturnValue:
        """Make a draft."""
        actor = current_actor()
        require(actor, RESOURCE, "C")
        problems: tuple[Problem, ...] = ()
        if request.method == "POST":
            try:
                first, last = _day("opens_on"), _day("due_on")
                with unit_of_work():
                    made = service.create(
                        actor,
                        request.form.get("form", ""),
                        request.form.get("title", ""),
                        opens_on=first,
                        due_on=last,
                        selection=_selection(),
                    )
            except Invalid as error:
                problems = error.errors
            else:
                return redirect(f"/campaigns/{made.id}")
        lang, day = language(), today()
        page = self._draw(
            "campaigns/add.html",
            gettext("新建填报任务"),
            forms=[
                {"key": head.key, "title": head.title.get(lang), "lang": foreign(head.title, lang)}
                for head in service.fillable(actor)
            ],
            kinds=[(key, label.get(lang)) for key, label in KIND_LABELS.items()],
            regions=[(row.code, row.name_en if lang == "en" and row.name_en else row.name_zh) for row in regions()],
            choose_regions=any(rule.scope == "city" for rule in actor.rules(RESOURCE, "C")),
            problems=[(item.field, item.message.get(lang)) for item in problems],
            posted=request.form,
            proposed={"opens_on": day.isoformat(), "due_on": (day + timedelta(days=_USUAL_DAYS)).isoformat()},
        )
        return page, 422 if problems else 200

    @expose("/<campaign_id>", methods=["GET"])
    def show(self, campaign_id: str) -> ResponseReturnValue:
        """Show a campaign, and who has filed and who has not."""
        actor = current_actor()
        found = service.read(actor, campaign_id)
        status, after = request.args.get("status", ""), request.args.get("after", "0")
        if (status and status not in STATUSES) or not after.isascii() or not after.isdecimal() or len(after) > 9:
            raise BadRequest
        rows, following = progress.assignments(actor, found.id, status=status, after=int(after))
        names = {row.code: row for row in regions()}
        lang = language()
        selection = Selection.of(found.targets)
        return self._draw(
            "campaigns/show.html",
            found.title,
            campaign=_shown(found, progress.counts(actor, [found.id]).get(found.id)),
            owner=organization_names([found.organization_id]).get(found.organization_id, ""),
            kinds=[KIND_LABELS[key].get(lang) for key in selection.kinds if key in KIND_LABELS],
            places=[_place(names, code, lang) for code in selection.regions],
            codes=selection.codes,
            named=targets.count(actor, selection) if found.state == DRAFT and service.may(actor, "C", found) else None,
            rows=[(row, *STATUSES[row.status], _place(names, row.region, lang)) for row in rows],
            status=status,
            statuses=STATUSES,
            following=following,
            opens=found.state == DRAFT and service.may(actor, "P", found),
            discards=found.state == DRAFT and service.may(actor, "U", found),
            closes=found.state == OPEN and service.may(actor, "P", found),
            records=actor.can(_resource(found.form_key), "V"),
        )

    @expose("/<campaign_id>/open", methods=["POST"])
    def open(self, campaign_id: str) -> ResponseReturnValue:
        """Open a draft: its targets are frozen."""
        try:
            with unit_of_work():
                count = service.open_(current_actor(), campaign_id)
        except Invalid as error:
            flash(error.message.get(language()), "danger")
        else:
            flash(gettext("已发布，应报单位 %(count)s 家。", count=count), "success")
        return redirect(f"/campaigns/{campaign_id}")

    @expose("/<campaign_id>/close", methods=["POST"])
    def close(self, campaign_id: str) -> ResponseReturnValue:
        """Close an open campaign."""
        with unit_of_work():
            service.close(current_actor(), campaign_id)
        flash(gettext("已截止。"), "success")
        return redirect(f"/campaigns/{campaign_id}")

    @expose("/<campaign_id>/discard", methods=["POST"])
    def discard(self, campaign_id: str) -> ResponseReturnValue:
        """Remove a draft."""
        with unit_of_work():
            service.discard(current_actor(), campaign_id)
        flash(gettext("已删除未发布的填报任务。"), "success")
        return redirect("/campaigns/")

    def _draw(self, template: str, title: str, **values: Any) -> str:
        return str(self.render_template(template, title=title, moment=moment, **values))


def _shown(campaign: Campaign, count: progress.Count | None) -> dict[str, Any]:
    lang = language()
    label, tone = PHASES[campaign.phase]
    title = catalogue().heads[campaign.form_key].title
    return {
        "id": campaign.id,
        "title": campaign.title,
        "form_key": campaign.form_key,
        "form": title.get(lang),
        "form_lang": foreign(title, lang),
        "version": campaign.form_version_no,
        "opens_on": campaign.opens_on,
        "due_on": campaign.due_on,
        "phase": label,
        "tone": tone,
        "state": campaign.state,
        "count": count or progress.Count(),
    }


def _place(names: dict[str, Any], code: str, lang: str) -> str:
    row = names.get(code)
    if row is None:
        return code
    return str(row.name_en if lang == "en" and row.name_en else row.name_zh)


def _resource(form_key: str) -> str:
    return catalogue().heads[form_key].resource


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        text = Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01")
        raise Invalid(errors=[Problem(name, None, "not_date", text)]) from None


def _selection() -> Selection:
    codes = dict.fromkeys(code for code in re.split(r"[\s,，;；、]+", request.form.get("codes", "")) if code)
    return Selection(
        tuple(dict.fromkeys(request.form.getlist("kinds"))),
        tuple(dict.fromkeys(request.form.getlist("regions"))),
        tuple(codes),
    )


def _may_open(actor: Actor, permission: str) -> bool:
    letters = {"add": "C", "open": "P", "close": "P", "discard": "U"}
    return actor.can(RESOURCE, letters.get(permission.removeprefix("can_"), "V"))


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("campaigns_templates", "app.campaigns", template_folder="templates"))
    screens.register("campaigns", _may_open)
    appbuilder.add_view_no_menu(CampaignsView())
    keep("CampaignsView.add")
