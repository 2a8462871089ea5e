"""What the frame shows: who acts, where he may go, which language he reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext

from app.access import screens
from app.access.actor import Actor, NoActor, current_actor
from app.builder.service import forms_for
from app.campaigns.models import RESOURCE as CAMPAIGNS
from app.errors import language
from app.exchange.models import RESOURCE as EXPORT_REQUESTS
from app.visitors import issuing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from app.builder.service import FormHead


#: Up to so many forms stand under one heading.
MOST_FORMS = 10


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the menu."""

    label: str
    href: str
    icon: str
    lang: str = ""

    @property
    def current(self) -> bool:
        """Tell whether the page shown lies below this entry."""
        here = request.path
        return here == self.href if self.href == "/" else here.startswith(self.href.removesuffix("list"))


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading."""

    label: str
    items: tuple[Item, ...]
    lang: str = ""
    #: Whether it is closed unless the page shown is one of its entries.
    folds: bool = False

    @property
    def open(self) -> bool:
        """Tell whether the page shown lies below one of the entries."""
        return any(item.current for item in self.items)


class Shell:
    """The frame of one page; everything is found out when the template asks for it."""

    @cached_property
    def language(self) -> str:
        """Return ``zh`` or ``en``."""
        return language()

    @cached_property
    def html_lang(self) -> str:
        """Return the value of the ``lang`` attribute."""
        return "en" if language() == "en" else "zh-CN"

    @property
    def back(self) -> str:
        """Return the page of this site that the visitor came from; empty where there is none to go back to."""
        try:
            came = urlsplit(request.referrer or "")
        except ValueError:
            # No address at all.
            return ""
        address = came.path + (f"?{came.query}" if came.query else "")
        # Two strokes would lead to another site.
        here = came.netloc == request.host and came.path != request.path and not came.path.startswith("//")
        return address if here else ""

    @cached_property
    def actor(self) -> Actor | None:
        """Return who acts, or ``None`` on public pages."""
        try:
            actor = current_actor()
        except NoActor:
            return None
        # Whoever fills with a code sees no frame of the office, even where somebody is signed in beside.
        return None if actor.kind == "visitor" else actor

    @cached_property
    def role(self) -> str:
        """Return the name of the actor's role."""
        name = self.actor.role_name if self.actor is not None else None
        return name.get(language()) if name is not None else ""

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return the menu of the actor."""
        actor = self.actor
        if actor is None:
            return ()
        lang = language()
        own = [Item(gettext("工作台"), "/", "house")]
        if forms_for(actor, "A") or forms_for(actor, "R"):
            own.append(Item(gettext("待我审核"), "/work/", "clipboard-check"))
        if actor.can(CAMPAIGNS, "V"):
            own.append(Item(gettext("填报任务"), "/campaigns/", "calendar3"))
        if issuing.forms(actor):
            own.append(Item(gettext("填报码"), "/codes/", "key"))
        if forms_for(actor, "E") or actor.can(EXPORT_REQUESTS, "V"):
            own.append(Item(gettext("导出申请"), "/export-requests/", "shield-check"))
        own.append(Item(gettext("后台任务"), "/jobs/", "clock-history"))
        administration = []
        if screens.allowed(actor, "can_index", "forms"):
            administration.append(Item(gettext("表单管理"), "/forms/", "ui-checks-grid"))
        if screens.allowed(actor, "can_index", "accounts"):
            administration.append(Item(gettext("账号"), "/accounts/", "people"))
        groups = (
            Group("", tuple(own)),
            *_forms(forms_for(actor), lang),
            Group(gettext("管理"), tuple(administration)),
        )
        return tuple(group for group in groups if group.items)


def _forms(heads: Iterable[FormHead], lang: str) -> list[Group]:
    """Return the forms under one heading, or under those of their categories where there are many."""
    found: dict[str, tuple[str, list[Item]]] = {}
    other = gettext("表单记录")
    listed = list(heads)
    for head in listed:
        label = head.category if len(listed) > MOST_FORMS else None
        name, lang_of = (label.get(lang), _foreign(label, lang)) if label is not None else (other, "")
        item = Item(head.title.get(lang), f"/records/{head.key}/list", "table", _foreign(head.title, lang))
        found.setdefault(name, (lang_of, []))[1].append(item)
    several = len(found) > 1
    groups = [Group(name, tuple(items), lang_of, folds=several) for name, (lang_of, items) in found.items()]
    return sorted(groups, key=lambda group: group.label == other)


def _foreign(label: Any, lang: str) -> str:
    return "zh-CN" if lang == "en" and not label.en else ""


def init_app(app: Flask) -> None:
    """Offer ``shell`` to every template."""

    def offer() -> dict[str, Any]:
        return {"shell": Shell(), "app_name": gettext("校企通"), "demo_mode": current_app.config["DEMO_MODE"]}

    app.context_processor(offer)
