"""Where a request comes from, with and without proxies that are trusted to say so."""

from __future__ import annotations

import pytest
from flask import Flask, request

import config
from app import proxies
from app.visitors import attempts, codes
from tests.conftest import csrf_token

FORGED = "198.51.100.9"


def echo(**settings):
    app = Flask("echo")
    app.config.update({"TRUSTED_PROXIES": 0, "HTTPS": False, **settings})
    proxies.init_app(app)
    app.add_url_rule("/", view_func=lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    return app.test_client()


def told(client, *forwarded):
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    if forwarded:
        headers["X-Forwarded-For"] = ", ".join(forwarded)
    return client.get("/", headers=headers).get_data(as_text=True)


def test_a_forged_address_is_ignored_unless_proxies_are_trusted():
    assert told(echo(), FORGED) == "127.0.0.1 http localhost"
    assert told(echo(TRUSTED_PROXIES=1), FORGED, "203.0.113.5") == "203.0.113.5 http localhost"
    assert told(echo(TRUSTED_PROXIES=2), FORGED, "203.0.113.5", "10.0.0.2") == "203.0.113.5 http localhost"
    # Fewer entries than proxies: somebody went round them.
    assert told(echo(TRUSTED_PROXIES=2), FORGED) == "127.0.0.1 http localhost"
    assert told(echo(TRUSTED_PROXIES=1)) == "127.0.0.1 http localhost"


def test_tls_is_what_the_configuration_says():
    assert told(echo(HTTPS=True)) == "127.0.0.1 https localhost"


@pytest.mark.parametrize(("text", "hops"), [(None, 0), ("", 0), ("0", 0), ("1", 1), ("3", 3)])
def test_the_setting(tmp_path, text, hops):
    environ = {"DATA_DIR": str(tmp_path)} | ({} if text is None else {"TRUSTED_PROXIES": text})
    assert config.load(environ)["TRUSTED_PROXIES"] == hops


@pytest.mark.parametrize("text", ["yes", "-1", "1.5", "99", "127.0.0.1"])
def test_what_is_no_number_of_proxies_stops_the_start(tmp_path, text):
    with pytest.raises(ValueError, match="TRUSTED_PROXIES"):
        config.load({"DATA_DIR": str(tmp_path), "TRUSTED_PROXIES": text})


def test_a_forged_address_does_not_escape_the_limit_of_failures(app):
    client = app.test_client()
    answers = [
        client.post(
            "/api/v1/visits", json={"code": codes.new()}, headers={"X-Forwarded-For": f"198.51.100.{number}"}
        ).status_code
        for number in range(attempts.MOST + 1)
    ]
    assert answers == [422] * attempts.MOST + [429]
    token = csrf_token(client.get("/v/").get_data(as_text=True))
    page = client.post("/v/", data={"csrf_token": token, "code": codes.new()}, headers={"X-Forwarded-For": FORGED})
    assert page.status_code == 429


def test_visitors_behind_a_trusted_proxy_are_told_apart(app, monkeypatch):
    monkeypatch.setitem(app.config, "TRUSTED_PROXIES", 1)
    monkeypatch.setattr(app, "wsgi_app", app.wsgi_app)
    proxies.init_app(app)
    client = app.test_client()

    def attempt(address):
        sent = {"X-Forwarded-For": f"{FORGED}, {address}"}
        return client.post("/api/v1/visits", json={"code": codes.new()}, headers=sent).status_code

    answers = [attempt("203.0.113.77") for _ in range(attempts.MOST + 1)]
    assert answers == [422] * attempts.MOST + [429]
    assert attempt("203.0.113.78") == 422
