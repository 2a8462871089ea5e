"""What the frame shows: who acts, where he may go, which language he reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app.access import screens
from app.access.actor import Actor, NoActor, current_actor
from app.builder.catalogue import catalogue
from app.builder.service import forms_for
from app.caches import Itself, on_clear
from app.campaigns.models import RESOURCE as CAMPAIGNS
from app.errors import language
from app.exchange.models import RESOURCE as EXPORT_REQUESTS
from app.shell.assets import SPRITE, asset
from app.visitors import issuing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from app.builder.catalogue import Catalogue
    from app.builder.service import FormHead


#: Up to so many forms stand under one heading.
MOST_FORMS = 10
#: Stands in what is kept where each page puts a token of its own.
_PLACE = "\x00token\x00"


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
        if self.actor is None:
            return ()
        return _groups(Itself(self.actor), Itself(catalogue()), self.language)

    @property
    def bar(self) -> Markup:
        """Return the bar at the top of the page, drawn."""
        drawn = _bar(Itself(self.actor), self.language, asset(SPRITE))
        return drawn if self.actor is None else Markup(drawn.replace(_PLACE, escape(generate_csrf())))  # noqa: S704 - as drawn

    @property
    def menu(self) -> Markup:
        """Return the menu at the side of the page, drawn."""
        here = tuple(item.href for group in self.groups for item in group.items if item.current)
        return _menu(Itself(self.groups), here, self.language, asset(SPRITE))


# What frames a page is the same on every page of an actor: until his grants change, forms are published, he chooses
# another language or, in the menu, goes elsewhere.


@lru_cache(maxsize=512)
def _bar(_actor: Itself[Actor | None], _lang: str, _sprite: str) -> Markup:
    return _draw("appbuilder/navbar.html", csrf_token=lambda: _PLACE)


@lru_cache(maxsize=512)
def _menu(_groups: Itself[tuple[Group, ...]], _here: tuple[str, ...], _lang: str, _sprite: str) -> Markup:
    return _draw("appbuilder/navbar_menu.html")


def _draw(template: str, **values: Any) -> Markup:
    text = current_app.jinja_env.get_template(template).render(shell=Shell(), app_name=gettext("校企通"), **values)
    return Markup(text)  # noqa: S704 - what a template has escaped


@lru_cache(maxsize=512)
def _groups(kept: Itself[Actor], _catalogue: Itself[Catalogue], lang: str) -> tuple[Group, ...]:
    """Return the menu of an actor, as far as what is published goes into it."""
    actor = kept.it
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


for _kept in (_bar, _menu, _groups):
    on_clear(_kept.cache_clear)


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
