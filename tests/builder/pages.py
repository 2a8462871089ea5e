"""What the tests of the pages of forms share: forms of their own, a draft that is changed, publishing by page."""

from __future__ import annotations

import re

from app.jobs.running import run_all
from tests.access.tenants import done
from tests.conftest import csrf_token
from tests.records.zoo import definition


def published(app, api, key, **changes):
    """Publish a form by the API; return its definition."""
    raw = definition(key=key, **changes)
    admin = api("city_admin")
    done(admin.post("/forms", json={"definition": raw}), 201)
    done(admin.post(f"/forms/{key}/publish", json={"lock_version": 1}), 202)
    with app.app_context():
        run_all()
    return raw


def save(api, key, raw):
    """Save *raw* as the draft; return its lock version."""
    admin = api("city_admin")
    lock = done(admin.get(f"/forms/{key}/draft"), 200)["lock_version"]
    body = {"lock_version": lock, "definition": raw}
    return done(admin.put(f"/forms/{key}/draft", json=body), 200)["lock_version"]


def hidden(page, name):
    """Return the value of a hidden field of a page."""
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def publish(client, key, **more):
    """Send the form of the publish page as it stands; return the answer."""
    page = client.get(f"/forms/{key}/publish").get_data(as_text=True)
    body = {
        "csrf_token": csrf_token(page),
        "lock_version": hidden(page, "lock_version"),
        "base": hidden(page, "base"),
        "note": "说明",
        "seen_warnings": "1",
        **more,
    }
    return client.post(f"/forms/{key}/publish", data={name: value for name, value in body.items() if value is not None})
