"""The pages on which a form is created: how to begin, what was read, what else it needs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from flask import redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.creating import proposals
from app.builder.creating.needs import create
from app.builder.creating.page import answered, beginnings, first_plan, questions
from app.builder.travel import foreign
from app.database import db, unit_of_work
from app.errors import BadRequest, Conflict, Invalid, language
from app.exchange import isolation
from forms.files.loading import DefinitionError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor
    from app.builder.creating.needs import Plan
    from app.builder.models import FormProposal


class CreatingView(BaseView):  # type: ignore[misc]
    """新建表单."""

    route_base = "/forms"
    class_permission_name = "forms"

    @expose("/new", methods=["GET"])
    def new(self) -> ResponseReturnValue:
        """Offer the ways to begin."""
        require(current_actor(), service.DESIGN, "F")
        return self._begin()

    def _begin(self, refusal: str = "", status: int = 200) -> ResponseReturnValue:
        page = self.render_template(
            "builder/new.html",
            heading=gettext("新建表单"),
            refusal=refusal,
            title=request.form.get("title", ""),
            text=request.form.get("text", ""),
            **beginnings(language()),
        )
        return str(page), status

    @expose("/new", methods=["POST"])
    def begin(self) -> ResponseReturnValue:
        """Read what was chosen; nothing is created yet."""
        actor = current_actor()
        require(actor, service.DESIGN, "F")
        try:
            # Reading takes a while; nobody else waits for it.
            book = _workbook(actor) if request.form.get("how") == "file" else None
            with unit_of_work():
                found = proposals.propose(actor, **book) if book is not None else _proposed(actor)
        except Invalid as error:
            lines = [error.message, *(item.message for item in error.errors)]
            return self._begin(" ".join(line.get(language()) for line in lines[:5]), 422)
        return redirect(f"/forms/new/{found.id}")

    @expose("/new/<proposal_id>", methods=["GET"])
    def ask(self, proposal_id: str) -> ResponseReturnValue:
        """Show what was read, and ask what else the form needs."""
        actor = current_actor()
        found = proposals.proposal(actor, proposal_id)
        return self._ask(found, first_plan(found, actor))

    def _ask(
        self, found: FormProposal, plan: Plan, wrong: list[tuple[str, str]] | None = None, status: int = 200
    ) -> ResponseReturnValue:
        values = questions(current_actor(), found, language())
        page = self.render_template(
            "builder/new_questions.html", heading=gettext("新建表单"), plan=plan, wrong=wrong or [], **values
        )
        return str(page), status

    @expose("/new/<proposal_id>", methods=["POST"])
    def create(self, proposal_id: str) -> ResponseReturnValue:
        """Create the form as its draft."""
        actor, lang = current_actor(), language()
        found = proposals.proposal(actor, proposal_id)
        began_as = found.kind
        plan = answered(request.form, found)
        try:
            with unit_of_work():
                draft = create(actor, found.definition, plan)
                db.session.delete(db.session.merge(found))
        except DefinitionError as error:
            wrong = [(issue.path, issue.message.get(lang)) for issue in error.issues]
        except (Invalid, Conflict) as error:
            wrong = [(item.field, item.message.get(lang)) for item in error.errors] or [("", error.message.get(lang))]
        else:
            # Nobody wants to publish a blank form: it is built first.
            return redirect(f"/forms/{draft.form_key}/{'canvas' if began_as == 'blank' else 'publish'}")
        return self._ask(proposals.proposal(actor, proposal_id), plan, wrong, 422)


def _proposed(actor: Actor) -> FormProposal:
    """Return the proposal that the posted page asks for. Raises ``Invalid``, ``NotFound``, ``BadRequest``."""
    given = request.form
    match given.get("how"):
        case "blank":
            return proposals.blank(actor, given.get("title", ""))
        case "text":
            return proposals.pasted(actor, given.get("title", ""), given.get("text", ""), language())
        case "template":
            return proposals.of_template(actor, given.get("template", ""))
        case "copy":
            return proposals.copied(actor, given.get("form", ""), language())
        case _:
            raise BadRequest


def _workbook(actor: Actor) -> dict[str, Any]:
    """Return what the workbook of the posted page says. Raises ``Invalid``."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(foreign.NO_FILE)
    content = sent.stream.read(foreign.LARGEST + 1)
    if len(content) > foreign.LARGEST:
        raise isolation.refusal("too_large")
    with TemporaryDirectory(prefix="xqt-form-") as folder:
        path = Path(folder) / "workbook.xlsx"
        path.write_bytes(content)
        return {**foreign.read_workbook(actor, path, language()), "origin": sent.filename}
