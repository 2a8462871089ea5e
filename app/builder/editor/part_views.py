"""The pages of rules and options of a draft."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import flash, request
from flask_appbuilder import expose
from flask_babel import gettext

from app.builder.editor import overview, rule_page
from app.builder.editor.saving import save
from app.builder.editor.views import EditorPages
from app.builder.editor.words import RULE_HELP, rule_title
from app.errors import Invalid, NotFound
from app.records.reading.show_page import foreign
from forms.designing import options
from forms.designing.formulas import placed
from forms.designing.outline import dicts, label_of
from forms.designing.palette import uses
from forms.designing.rules import check_number, put
from forms.expressions import FUNCTIONS
from forms.field_types import FIELD_TYPES
from forms.labels import Label

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.builder.editor.desk import Desk
    from app.builder.editor.rule_page import RulePage


class FormPartsView(EditorPages):
    """规则与选项."""

    @expose("/<form_key>/design/rules", methods=["GET"])
    def rules(self, form_key: str) -> ResponseReturnValue:
        """Show every rule of the form."""
        desk = self.desk(form_key)
        return self.draw("builder/editor/rules.html", desk, gettext("全部规则"), rules=overview.all_rules(desk))

    @expose("/<form_key>/design/rules/<place>", methods=["GET", "POST"])
    def rule(self, form_key: str, place: str) -> ResponseReturnValue:
        """Show and change one rule."""
        desk = self.desk(form_key)
        back = self._owner(desk, place)
        do = request.form.get("_do", "save")
        if request.method == "POST" and do == "clear":
            return save(self.draw, form_key, partial(put, place=place, text=""), back)
        page = rule_page.posted(desk, place, request.form, do) if request.method == "POST" else None
        faults: list[str] = []
        if page is not None and do == "save":
            faults = rule_page.faults(page)
            if not faults and not page.mistakes:
                change = partial(put, place=place, text=page.text, message=page.message, level=page.level)
                return save(self.draw, form_key, change, back)
        # Another row or a look at the formula is no mistake.
        refused = page is not None and do == "save"
        return self._rule(desk, page or rule_page.stored(desk, place), faults, back), 422 if refused else 200

    def _rule(self, desk: Desk, page: RulePage, faults: list[str], back: str) -> str:
        section = desk.outline.sections.get(page.path)
        owner = desk.outline.label(page.path) if page.path in desk.outline.places else None
        owner = owner or label_of((section or {}).get("title")) or Label("")
        return self.draw(
            "builder/editor/rule.html",
            desk,
            rule_title(page.kind),
            owner=owner.get(desk.lang),
            owner_lang=foreign(owner, desk.lang),
            faults=faults,
            back=back,
            help=RULE_HELP[page.kind],
            functions=[(function.name, function.about.get(desk.lang)) for function in FUNCTIONS.values()],
            **rule_page.values(desk, page),
        )

    def _owner(self, desk: Desk, place: str) -> str:
        """Return the page of what a rule belongs to. Raises ``NotFound`` where it can have no such rule."""
        path, kind = placed(place)
        if place in {"published_when", "published_when.record"}:
            return f"{desk.base}/settings#published_when"
        if path in desk.outline.places:
            useful = uses(FIELD_TYPES[self.place(desk, path).type])
            checks = dicts(desk.outline.places[path].raw.get("checks"))
            number = check_number(place)
            if place.rpartition(".")[0] != path or not useful.get(kind, True) or (number or 0) > len(checks):
                raise NotFound
            return f"{desk.base}/fields/{path}#{kind}"
        if path in desk.outline.sections and place == f"{path}.visible_when":
            return f"{desk.base}/sections/{path}"
        raise NotFound

    @expose("/<form_key>/design/fields/<path>/options", methods=["GET", "POST"])
    def options(self, form_key: str, path: str) -> ResponseReturnValue:
        """Show and change the options of a field's own."""
        desk = self.desk(form_key)
        place = self.place(desk, path)
        if not uses(FIELD_TYPES[place.type])["options"] or place.raw.get("codelist"):
            raise NotFound
        past = desk.past_codes(path)
        if request.method == "POST":
            try:
                return self._save_options(desk, path, past)
            except Invalid as error:
                return self.refused(error, f"{desk.base}/fields/{path}/options")
        return self.draw(
            "builder/editor/options.html",
            desk,
            gettext("选项"),
            place=place,
            options=[
                {
                    "code": str(item.get("code")),
                    "label": label_of(item.get("label") or {k: item[k] for k in ("zh", "en") if item.get(k)})
                    or Label(""),
                    "retired": item.get("retired") is True,
                    "past": str(item.get("code")) in past,
                    "below": len(options.codes(item.get("children") or [])),
                }
                for item in dicts(place.raw.get("options"))
            ],
            issues=overview.marks(desk).get(("field", path), []),
        )

    def _save_options(self, desk: Desk, path: str, past: frozenset[str]) -> ResponseReturnValue:
        form = request.form
        verb, _, code = form.get("_do", "").partition(":")
        back = f"{desk.base}/fields/{path}/options"
        if verb == "remove":
            return save(self.draw, desk.form_key, partial(options.remove, path=path, code=code, published=past), back)
        if verb == "add":
            label = {"zh": form.get("new_zh", ""), "en": form.get("new_en", "")}
            change = partial(options.add, path=path, texts=label, code=form.get("new_code", "").strip(), taken=past)
            return save(self.draw, desk.form_key, change, f"{back}#add")
        if verb == "paste":
            return save(self.draw, desk.form_key, partial(self._paste, path=path, past=past), back)
        codes = [str(item.get("code")) for item in dicts(desk.outline.places[path].raw.get("options"))]
        posted = [
            options.Posted(
                code,
                {"zh": form.get(f"zh-{code}", ""), "en": form.get(f"en-{code}", "")},
                bool(form.get(f"retired-{code}")),
                form.get(f"position-{code}", ""),
            )
            for code in codes
            if f"zh-{code}" in form
        ]
        return save(self.draw, desk.form_key, partial(options.change_all, path=path, posted=posted), back)

    def _paste(self, raw: dict[str, Any], path: str, past: frozenset[str]) -> dict[str, Any]:
        new, added, renamed = options.paste(raw, path, request.form.get("paste", ""), past)
        flash(gettext("粘贴：新增 %(added)s 个，改名 %(renamed)s 个。", added=added, renamed=renamed), "info")
        return new
