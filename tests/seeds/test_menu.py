"""With all forms of the pack published the menu stays short: headings that open, the present one open already."""

from __future__ import annotations

import re


def menu(client, path):
    page = client.get(path).get_data(as_text=True)
    return re.search(r'<nav class="sidebar.*?</nav>', page, re.DOTALL)[0]


def test_few_forms_stand_under_one_heading(app, sign_in):
    found = menu(sign_in("city_voc"), "/")
    assert "<details" not in found
    assert 'href="/records/labor_demand_survey/list"' in found


def test_many_forms_stand_under_their_categories(templates, sign_in):
    desk = sign_in("city_voc")
    found = menu(desk, "/records/pt_teacher_register/list")
    parts = re.findall(r"<details([^>]*)>\s*<summary[^>]*>([^<]*)</summary>(.*?)</details>", found, re.DOTALL)
    opened = {title for attributes, title, _ in parts if "open" in attributes}
    assert opened == {"兼职教师"}
    assert {"单位档案", "用工与培养需求", "实训基地", "订单班与实习", "毕业生服务", "组织与宣传"} <= {
        title for _, title, _ in parts
    }
    by_title = {title: re.findall(r"/records/(\w+)/list", inner) for _, title, inner in parts}
    assert "pt_teacher_engagement" in by_title["兼职教师"]
    shown = [key for keys in by_title.values() for key in keys]
    assert len(shown) == len(set(shown)) > 20
    desk.get("/lang/en")
    assert "Part-time teachers" in menu(desk, "/")
