"""The framework's CRUD views and APIs, with the doors closed that leak in the stock ones.

- The shared ``_filters`` object of a view stored one user's foreign key in another's edit when two
  requests met; here filters are made per request.
- No ``/download``, no action or deletion by GET; routes are listed, never inherited by accident.
- An action looks its rows up through the view's own filters; one foreign id refuses the whole action.
- Ordering, page and page size come from the address: unknown columns and sizes are refused or capped.
- Addresses of visited pages are not kept in the session.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flask import flash, g, redirect, request
from flask_appbuilder import ModelRestApi, ModelView, expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext, lazy_gettext
from werkzeug.exceptions import BadRequest as MalformedRequest

from app.access import screens
from app.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from flask_appbuilder.models.filters import Filters

MAX_PAGE_SIZE = 200
_NUMBER_ARGUMENT = re.compile(r"(?:page|psize)_")
_ORDER_ARGUMENT = re.compile(r"_oc_")
_FILTER_ARGUMENT = re.compile(r"_flt_(\d)_(.+)")


class RequestFilters:
    """Makes ``_filters`` a fresh object per view and request instead of one shared by all threads."""

    datamodel: Any
    search_columns: list[str]

    @property
    def _filters(self) -> Filters:
        key = f"filters_{id(self)}"
        if key not in g:
            setattr(g, key, self.datamodel.get_filters(self.search_columns))
        filters: Filters = getattr(g, key)
        return filters

    @_filters.setter
    def _filters(self, value: object) -> None:
        # The framework assigns the shared object at start-up; it is never read.
        del value


def forbidden_arguments(view: Any) -> list[str]:
    """Return the names of address arguments that ask *view* for what it does not offer."""
    refused = []
    for name, value in request.args.items():
        if _NUMBER_ARGUMENT.match(name):
            if (
                not value.isdecimal()
                or len(value) > 9
                or (name.startswith("psize_") and not 0 < int(value) <= MAX_PAGE_SIZE)
            ):
                refused.append(name)
        elif _ORDER_ARGUMENT.match(name):
            if value not in view.order_columns:
                refused.append(name)
        elif match := _FILTER_ARGUMENT.match(name):
            choices = view._filters.get_search_filters().get(match[2])  # noqa: SLF001 - our own property
            if choices is None or int(match[1]) >= len(choices):
                refused.append(name)
    return refused


class BureauModelView(RequestFilters, ModelView):  # type: ignore[misc]
    """Base of every CRUD view here.

    :cvar screen: rule that decides who may open it (:mod:`app.access.screens`); without one, nobody.
    """

    screen: ClassVar[screens.Rule | None] = None
    include_route_methods: ClassVar[set[str] | None] = {"list", "show", "add", "edit", "delete"}
    add_row_message = lazy_gettext("已新增。")
    edit_row_message = lazy_gettext("已保存。")
    delete_row_message = lazy_gettext("已删除。")
    database_error_message = lazy_gettext("未能保存，请检查后重试。")

    def __init__(self, **arguments: Any) -> None:
        if self.related_views:
            # The framework shows such a tab to whom its own view would refuse.
            raise TypeError(f"{type(self).__name__}: related views are not offered")
        super().__init__(**arguments)
        if type(self).screen is not None:
            screens.register(self.class_permission_name, type(self).screen)  # type: ignore[arg-type]

    def update_redirect(self) -> None:
        """Keep no history of addresses: they hold search terms."""

    def get_redirect(self) -> str:
        """Go back to the list."""
        return str(self.get_default_url())

    def _list(self, **arguments: Any) -> Any:
        if forbidden_arguments(self):
            raise MalformedRequest
        return super()._list(**arguments)

    def _show(self, pk: Any) -> Any:
        if forbidden_arguments(self):
            raise MalformedRequest
        return super()._show(pk)

    def _add(self) -> Any:
        if forbidden_arguments(self):
            raise MalformedRequest
        return super()._add()

    def _edit(self, pk: Any) -> Any:
        if forbidden_arguments(self):
            raise MalformedRequest
        return super()._edit(pk)

    def _delete(self, pk: Any) -> None:
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            raise NotFound
        self.pre_delete(item)
        if self.datamodel.delete(item):
            self.post_delete(item)
            flash(self.delete_row_message, "success")
        else:
            # The framework would show the text of the database's error, statement and values included.
            flash(self.database_error_message, "danger")

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> ResponseReturnValue:
        """Delete by POST alone."""
        self._delete(self._deserialize_pk_if_composite(pk))
        response: ResponseReturnValue = self.post_delete_redirect()
        return response

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> ResponseReturnValue:
        """Run an action on one row in scope."""
        return self._act(name, [pk], single=True)

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> ResponseReturnValue:
        """Run an action on the chosen rows, all of them in scope or none."""
        return self._act(request.form.get("action", ""), request.form.getlist("rowid"), single=False)

    def _act(self, name: str, pks: list[str], *, single: bool) -> ResponseReturnValue:
        action = self.actions.get(name)
        if action is None:
            raise NotFound
        if not self.appbuilder.sm.has_access(self.get_action_permission_name(name), self.class_permission_name):
            raise NotAllowed
        items = [self.datamodel.get(self._deserialize_pk_if_composite(pk), self._base_filters) for pk in pks]
        if not items or any(item is None for item in items):
            raise NotFound
        response: ResponseReturnValue = action.func(items[0] if single else items)
        return response or redirect(self.get_redirect())


class BureauRestApi(RequestFilters, ModelRestApi):  # type: ignore[misc]
    """Base of REST APIs over fixed tables: columns are listed, cookies need the CSRF token."""

    screen: ClassVar[screens.Rule | None] = None
    csrf_exempt = False
    allow_browser_login = True
    include_route_methods: ClassVar[set[str] | None] = {"get", "get_list"}
    max_page_size = MAX_PAGE_SIZE

    def __init__(self) -> None:
        for name in ("list_columns", "show_columns", "search_columns", "order_columns"):
            if not getattr(type(self), name, None):
                raise TypeError(gettext("%(name)s 未列出：默认会公开所有列。", name=f"{type(self).__name__}.{name}"))
        super().__init__()
        if type(self).screen is not None:
            screens.register(self.class_permission_name, type(self).screen)  # type: ignore[arg-type]

    def _handle_filters_args(self, rison_args: dict[str, Any]) -> Filters:
        filters: Filters = self.datamodel.get_filters(self.search_columns)
        filters.rest_add_filters(rison_args.get("filters", []))
        joined: Filters = filters.get_joined_filters(self._base_filters)
        return joined
