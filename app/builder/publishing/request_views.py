"""The pages on which a second person decides about publishing, and the policy that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.publishing import approval
from app.builder.publishing.request_page import request_values, requests_values
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, Invalid, language
from app.records.labels import moment

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class RequestsView(BaseView):  # type: ignore[misc]
    """发布申请."""

    route_base = "/forms"
    class_permission_name = "forms"

    @expose("/requests/", methods=["GET"])
    def requests(self) -> ResponseReturnValue:
        """List requests, the open ones first."""
        require(current_actor(), service.DESIGN, "V")
        page = self.render_template(
            "builder/requests.html", heading=gettext("发布申请"), moment=moment, **requests_values(language())
        )
        return str(page)

    @expose("/requests/<request_id>", methods=["GET"])
    def show_request(self, request_id: str) -> ResponseReturnValue:
        """Show a request with the difference that it speaks of."""
        return self._show(request_id)

    def _show(self, request_id: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        actor = current_actor()
        values = request_values(actor, approval.request_of(actor, request_id), language())
        page = self.render_template(
            "builder/request.html",
            heading=gettext("发布申请"),
            moment=moment,
            wrong=wrong,
            comment=request.form.get("comment", ""),
            longest=approval.LONGEST_COMMENT,
            **values,
        )
        return str(page), status

    @expose("/requests/<request_id>", methods=["POST"])
    def decide_request(self, request_id: str) -> ResponseReturnValue:
        """Approve, refuse, or take back."""
        actor, do = current_actor(), request.form.get("do")
        if do not in {"approve", "refuse", "withdraw"}:
            raise BadRequest
        try:
            with unit_of_work():
                if do == "withdraw":
                    approval.withdraw(actor, request_id)
                else:
                    comment = request.form.get("comment", "")
                    approval.decide(actor, request_id, approve=do == "approve", comment=comment)
        except Conflict as error:
            return self._show(request_id, error.message.get(language()), 409)
        except Invalid as error:
            return self._show(request_id, error.message.get(language()), 422)
        return redirect(f"/forms/requests/{request_id}")

    @expose("/<form_key>/policy", methods=["POST"])
    def policy(self, form_key: str) -> ResponseReturnValue:
        """Set from which class of change on a second person is asked for."""
        with unit_of_work():
            approval.set_policy(current_actor(), form_key, request.form.get("policy", ""))
        flash(gettext("发布要求已保存。"), "success")
        return redirect(f"/forms/{form_key}")
