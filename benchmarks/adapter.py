"""The product as a target of the harness: one class, as its README asks."""

from __future__ import annotations

import json
import os
import re
import urllib.parse

import rod

TERM_2, TERM_4 = "宏达", "宏达机械"
rod.Floor.search2 = lambda _self, _client: [("GET", f"/page?q={TERM_2}", {})]
rod.Fab.search2 = lambda _self, _client: [("GET", f"/demandview/list/?psize_DemandView=50&_flt_2_enterprise_name={TERM_2}", {})]
rod.FlaskAdmin.search2 = lambda _self, _client: [("GET", f"/admin/demand/?search={TERM_2}", {})]


class Xiaoqitong(rod.Target):
    """The application under gunicorn with two processes, like its peers."""

    name = "xiaoqitong"
    port = 8110
    login_path = "/login/"
    cwd = os.environ["PRODUCT"]

    @property
    def cmd(self):
        return [os.environ["PRODUCT_PYTHON"], "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{self.port}", "--timeout", "300", "--preload", "app:create_app()"]

    def environ(self):
        port = os.environ.get("PERF_PGPORT", "55432")
        return {
            **os.environ,
            "DATABASE_URL": f"postgresql://perf@127.0.0.1:{port}/peer_{self.n}",
            "DATA_DIR": os.path.join(rod.B, "product"),
        }

    def reset(self):
        """Leave the peers' table alone; the rows submitted here stay, a few dozen beside 100,000."""

    def login(self, client, user):
        token = self.token(client.get("/login/").text, "csrf_token")
        answer = client.post("/login/", data={"username": user, "password": f"{user}-Pass1-2026", "csrf_token": token})
        assert answer.status_code == 302, answer.status_code

    def ok(self, scenario, answer):
        return answer.status_code == (302 if scenario == "submit" else 200)

    def page(self, _client):
        return [("GET", "/records/demand/list?page_size=50", {})]

    def page_deep(self, client):
        """Walk back from the end to 95 % of the depth: any cursor there costs the same."""
        answer = client.get("/records/demand/list?page_size=50&from=end")
        previous = re.search(r'href="([^"]*cursor=[^"]*)"', answer.text)
        path = previous.group(1).replace("&amp;", "&") if previous else "/records/demand/list?page_size=50&from=end"
        return [("GET", path, {})]

    def sort(self, _client):
        return [("GET", "/records/demand/list?page_size=50&order=-headcount", {})]

    def search(self, _client):
        return [("GET", f"/records/demand/list?page_size=50&q={TERM_4}", {})]

    def search2(self, _client):
        return [("GET", f"/records/demand/list?page_size=50&q={TERM_2}", {})]

    def filter(self, _client):
        condition = urllib.parse.quote(json.dumps([{"field": "county", "op": "eq", "value": "汉田区"}]))
        return [("GET", f"/records/demand/list?page_size=50&filter={condition}", {})]

    def form_get(self, _client):
        return [("GET", "/records/demand/add", {})]

    def submit(self, client):
        page = client.get("/records/demand/add").text
        answers = {f"f-{key}": value for key, value in rod.formdata().items()}
        for key in ("f-created_at", "f-updated_at"):
            answers[key] = answers[key].replace(" ", "T")
        return [("POST", "/records/demand/add", {"data": {**answers, "_do": "submit", "csrf_token": self.token(page, "csrf_token")}})]


TARGET = Xiaoqitong
