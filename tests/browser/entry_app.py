"""A small application around the entry page: one form with every kind of field, records in memory.

The page is tested here by itself: nothing of sign-in, rights or storage takes part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from flask_babel import Babel
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from app.records.entry import (
    NoteView,
    RecordHead,
    Urls,
    action_of,
    attach,
    change_rows,
    draft_conflict,
    draft_reply,
    entry_page,
    parse_draft,
    parse_post,
    uploads_of,
)
from forms.compiled import Context, compile_form
from forms.loading import parse_code_list, parse_definition

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 3, 15)

TRADES = parse_code_list(
    "trade",
    {
        "title": {"zh": "职业", "en": "Trade"},
        "items": [
            {"code": "6", "zh": "生产制造", "en": "Manufacturing"},
            {"code": "6-18", "zh": "机械加工", "en": "Machining", "parent": "6"},
        ]
        + [{"code": f"6-18-{n:03}", "zh": f"工种{n}", "en": f"Trade {n}", "parent": "6-18"} for n in range(150)]
        + [{"code": "6-18-900", "zh": "焊工", "en": "Welder", "parent": "6-18"}],
    },
)
SKILLS = parse_code_list(
    "skill",
    {
        "title": {"zh": "技能", "en": "Skill"},
        "items": [
            {"code": str(n), "zh": name}
            for n, name in enumerate(
                ["车工", "钳工", "铣工", "电工", "焊工", "磨工", "镗工", "钻工", "装配工", "质检员"]
            )
        ],
    },
)
FORM = {
    "key": "demo_form",
    "title": {"zh": "校企合作项目统计表", "en": "Cooperation projects"},
    "resource": "demo",
    "kind": "register",
    "list": {"columns": ["name"]},
    "sections": [
        {
            "key": "base",
            "title": {"zh": "一、基本情况", "en": "Basics"},
            "fields": [
                {"key": "hint", "type": "note", "label": {"zh": "填写说明", "en": "How to fill"}, "help": {"zh": "金额以万元为单位", "en": "Amounts in 10,000 yuan"}},
                {"key": "name", "type": "text", "label": {"zh": "项目名称", "en": "Project"}, "required": True, "max_length": 40},
                {"key": "start", "type": "date", "label": {"zh": "起始日期", "en": "Start"}, "required": True},
                {"key": "end", "type": "date", "label": {"zh": "终止日期", "en": "End"}, "checks": [{"expression": "end >= start", "message": {"zh": "不能早于起始日期", "en": "Not before the start"}}]},
                {"key": "phone", "type": "phone", "label": {"zh": "联系电话", "en": "Phone"}, "class": "personal", "mask": "phone_m"},
                {"key": "has_money", "type": "bool", "label": {"zh": "有经费投入", "en": "Has funds"}, "required": True},
                {"key": "skill", "type": "select", "codelist": "skill", "label": {"zh": "主要技能", "en": "Main skill"}},
                {"key": "trade", "type": "tree", "codelist": "trade", "label": {"zh": "职业（工种）", "en": "Trade"}, "help": {"zh": "输入名称、代码或拼音首字母", "en": "Type a name or code"}},
                {"key": "level", "type": "select", "label": {"zh": "等级", "en": "Level"}, "options": [{"code": "1", "label": {"zh": "高级", "en": "High"}}, {"code": "2", "label": {"zh": "中级", "en": "Middle"}}]},
                {"key": "channel", "type": "multiselect", "label": {"zh": "渠道", "en": "Channel"}, "options": [{"code": "1", "label": {"zh": "招聘", "en": "Hire"}}, {"code": "9", "label": {"zh": "其他", "en": "Other"}}]},
                {"key": "channel_note", "type": "text", "label": {"zh": "其他渠道", "en": "Other channel"}, "visible_when": "contains(channel, '9')", "required_when": "contains(channel, '9')"},
                {"key": "school", "type": "reference", "form": "school", "label": {"zh": "合作院校", "en": "School"}},
                {"key": "month", "type": "month", "label": {"zh": "到岗月份", "en": "Month"}},
                {"key": "filler", "type": "text", "label": {"zh": "填表人", "en": "Filled by"}, "readonly": True},
            ],
        },
        {
            "key": "money",
            "title": {"zh": "二、经费情况", "en": "Funds"},
            "visible_when": "has_money = true",
            "fields": [
                {"key": "school_money", "type": "money", "label": {"zh": "学校投入", "en": "School"}, "unit": {"zh": "万元", "en": "10k yuan"}, "required": True, "min": 0},
                {"key": "firm_money", "type": "money", "label": {"zh": "企业投入", "en": "Firm"}, "unit": {"zh": "万元", "en": "10k yuan"}, "min": 0, "help": {"zh": "与合作协议一致", "en": "As agreed"}},
                {"key": "sum_money", "type": "computed", "label": {"zh": "经费合计", "en": "Total"}, "unit": {"zh": "万元", "en": "10k yuan"}, "compute": "school_money + firm_money", "places": 2},
                {"key": "contract", "type": "file", "label": {"zh": "协议", "en": "Agreement"}, "multiple": True},
            ],
        },
        {
            "key": "devices",
            "title": {"zh": "三、设备明细", "en": "Devices"},
            "fields": [
                {
                    "key": "device", "type": "subtable", "label": {"zh": "设备", "en": "Devices"}, "min_rows": 1, "max_rows": 5, "totals": ["price"],
                    "fields": [
                        {"key": "title", "type": "text", "label": {"zh": "设备名称", "en": "Device"}, "required": True},
                        {"key": "count", "type": "integer", "label": {"zh": "数量", "en": "Count"}},
                        {"key": "price", "type": "money", "label": {"zh": "单价", "en": "Price"}, "unit": {"zh": "万元", "en": "10k yuan"}, "checks": [{"expression": "price <= school_money", "message": {"zh": "不能超过学校投入", "en": "At most the school's"}, "level": "warning"}]},
                        {"key": "cost", "type": "computed", "label": {"zh": "小计", "en": "Cost"}, "compute": "count * price", "places": 2},
                        {"key": "imported", "type": "bool", "label": {"zh": "进口", "en": "Imported"}},
                        {"key": "country", "type": "text", "label": {"zh": "产地", "en": "Country"}, "visible_when": "imported = true"},
                    ],
                },
                {"key": "remark", "type": "textarea", "label": {"zh": "备注"}, "class": "internal"},
            ],
        },
    ],
}  # fmt: skip

BASE = """<!doctype html><html lang="{{ page.lang if page.lang == 'en' else 'zh-CN' }}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %}</title>{% block head_css %}{% for file in styles %}<link rel="stylesheet" href="{{ file }}">{% endfor %}{% endblock %}</head>
<body><main class="container-fluid py-3">{% block content %}{% endblock %}</main>{% block tail_js %}{% for file in scripts %}<script src="{{ file }}"></script>{% endfor %}{% endblock %}</body></html>"""


@dataclass
class Store:
    """What the test looks at: records, what was posted, and how the next answers shall be."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    submitted: list[str] = field(default_factory=list)
    drafts: list[dict[str, Any]] = field(default_factory=list)
    notes: list[NoteView] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: int = 0
    lang: str = "zh"
    autosave: bool = True

    def put(self, key: str, answers: dict[str, Any]) -> None:
        """Keep *answers* as a new version."""
        self.answers[key] = answers
        self.versions[key] = self.versions.get(key, 0) + 1


def make_app() -> tuple[Flask, Store]:
    """Return the application and its store."""
    store = Store()
    definition = parse_definition(FORM, {"trade": TRADES, "skill": SKILLS})
    compiled = compile_form(definition)
    context = Context(today=TODAY, role="clerk")
    static = ROOT / "app" / "static"
    app = Flask("entry_test", static_folder=str(static))
    app.jinja_loader = ChoiceLoader(
        [DictLoader({"appbuilder/base.html": BASE}), FileSystemLoader(ROOT / "app/records/templates")]
    )
    app.config.update(BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"))
    Babel(app, locale_selector=lambda: store.lang)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals["csrf_token"] = lambda: "token"

    def vendored(*patterns: str) -> list[str]:
        found = [next(static.glob(f"vendor/**/{pattern}"), None) for pattern in patterns]
        return [f"/static/{path.relative_to(static)}" for path in found if path]

    def page(key: str, answers: dict[str, Any], status: int = 200, mode: str = "edit", **more: Any) -> tuple[str, int]:
        urls = Urls(
            f"/entry/{key}",
            f"/draft/{key}" if store.autosave else "",
            "/files",
            "/lookup/",
            back="/",
            print=f"/print/{key}",
        )
        head = RecordHead(key, "2026-001", "已退回修改", "warning", store.versions.get(key, 0), "甲厂")
        view = entry_page(
            compiled, answers, context=context, urls=urls, mode=mode, lang=store.lang, record=head, notes=store.notes, masked=store.masked, files=store.files,
            references={"school": [{"id": "S1", "label": "第一技师学院"}, {"id": "S2", "label": "第二技师学院"}]}, **more,
        )  # fmt: skip
        styles, scripts = vendored("bootstrap.min.css", "tom-select*.min.css"), vendored("tom-select.complete.min.js")
        return render_template("records/entry.html", page=view, styles=styles, scripts=scripts), status

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:"
        return response

    @app.get("/")
    def home() -> str:
        return "<!doctype html><html lang=zh><title>home</title><h1>home</h1>"

    @app.get("/entry/<key>")
    def show(key: str) -> Any:
        return page(key, store.answers.get(key, {}), mode="add" if key == "new" else "edit")

    @app.get("/print/<key>")
    def paper(key: str) -> Any:
        return page(key, store.answers.get(key, {}), mode="print")

    @app.post("/entry/<key>")
    def save(key: str) -> Any:
        raw, do = parse_post(definition, request.form), action_of(request.form)
        for number, upload in enumerate(uploads_of(definition, request.files)):
            attach(raw, upload, f"plain{number}")
            store.files[f"plain{number}"] = {"name": upload.file.filename}
        cleaned, problems = compiled.clean(raw, context=context)
        stored = store.answers.get(key, {})
        if do.changes_rows:
            changed = change_rows(definition, {**stored, **cleaned}, do)
            return page(key, compiled.clean(changed, context=context)[0])
        if key in store.answers and int(request.form["lock_version"]) != store.versions[key]:
            conflicts = [
                {"field": path, "mine": value, "theirs": stored.get(path)}
                for path, value in cleaned.items()
                if value != stored.get(path)
            ]
            return page(key, {**stored, **cleaned}, 409, conflicts=conflicts)
        saved = "R1" if key == "new" else key
        store.put(saved, compiled.merge(stored, cleaned))
        if do.verb == "submit":
            problems = compiled.validate(store.answers[saved], context=context)
            if any(problem.level == "error" for problem in problems):
                return page(saved, store.answers[saved], 422, problems=problems)
            store.submitted.append(saved)
            return redirect("/")
        return redirect(f"/entry/{saved}")

    @app.post("/draft/<key>")
    def draft(key: str) -> Any:
        if store.broken:
            return jsonify(title="broken"), store.broken
        assert request.headers["X-CSRFToken"] == "token"
        version, raw = parse_draft(definition, request.get_json())
        store.drafts.append(raw)
        cleaned, _ = compiled.clean(raw, context=context)
        saved = "R1" if key == "new" else key
        stored = store.answers.get(saved, {})
        if saved in store.answers and version != store.versions[saved]:
            conflicts = [{"field": path, "mine": value, "theirs": stored.get(path)} for path, value in cleaned.items()]
            return jsonify(draft_conflict(definition, conflicts, store.versions[saved], store.lang)), 409
        store.put(saved, compiled.merge(stored, cleaned))
        return jsonify(draft_reply(saved, store.versions[saved], f"/entry/{saved}"))

    @app.get("/lookup/<path:name>")
    def lookup(name: str) -> Any:
        return jsonify([{"id": "S9", "label": "第九技师学院", "hint": name}] if "九" in request.args["q"] else [])

    @app.post("/files")
    def files() -> Any:
        file = request.files["file"]
        store.files["f00"] = {"name": file.filename, "size": len(file.read())}
        return jsonify(id="f00", name=file.filename, size=store.files["f00"]["size"]), 201

    return app, store
