"""The product as a target of the harness: one class, as its README asks; and the scenarios that the peers lack."""

from __future__ import annotations

import os
import re

import rod

#: A word of four characters that few enterprises bear, one of two, and one of two that every sixteenth bears.
TERMS = {"search": "宏达机械", "search2": "宏达", "search_common": "机械"}
LIST = "/records/demand/list?size=50"


def _add_searches() -> None:
    """Give floor and peers the searches that they lack; they differ from the one they have in the word alone."""
    for peer in (rod.Floor, rod.Fab, rod.FlaskAdmin):
        for name, term in TERMS.items():
            setattr(peer, name, _searching(peer.search, term))


def _searching(search, term):
    def scenario(self, client):
        return [(method, path.replace("宏达机械", term), more) for method, path, more in search(self, client)]

    return scenario


_add_searches()


class Xiaoqitong(rod.Target):
    """The application under gunicorn with two processes, like its peers."""

    name = "xiaoqitong"
    port = 8110
    login_path = "/login/"
    cwd = os.environ.get("PRODUCT", ".")
    cmd = (
        *(os.environ.get("PRODUCT_PYTHON", "python"), "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}"),
        *("--timeout", "300", "app:create_app()"),
    )

    def environ(self):
        """Return the environment of the server; ``DATABASE_URL`` comes from run.sh."""
        return {**os.environ, "DATA_DIR": os.environ["PRODUCT_DATA"]}

    def reset(self):
        """Leave the peers' table alone: the product does not use it; ``fill`` has cleared its own."""

    def login(self, client, user):
        """Sign in by the form."""
        token = self.token(client.get("/login/").text, "csrf_token")
        answer = client.post("/login/", data={"username": user, "password": f"{user}-Pass1", "csrf_token": token})
        if answer.status_code != 302:
            raise RuntimeError(f"{user} cannot sign in: {answer.status_code}")

    def ok(self, scenario, answer):
        """Tell whether the answer is what was asked for; a submission leads to the page of the record."""
        if scenario == "submit":
            return answer.status_code == 302 and "/show/" in answer.headers["location"]
        return answer.status_code == 200

    def page(self, _client):
        """List the newest 50 demands."""
        return [("GET", LIST, {})]

    def page_deep(self, client):
        """List 50 demands at 95 % of the depth, found by turning back from the end as a reader would."""
        answer = client.get("/records/demand/list?size=100&from=end")
        rows = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}[self.n]
        for _ in range(rows // 20 // 100):
            answer = client.get(self._turn(answer.text))
        return [("GET", self._turn(answer.text).replace("size=100", "size=50"), {})]

    @staticmethod
    def _turn(page):
        return re.search(r'href="([^"]*)">上一页<', page).group(1).replace("&amp;", "&")

    def sort(self, _client):
        """List the 50 largest demands."""
        return [("GET", f"{LIST}&order=-headcount", {})]

    def search(self, _client):
        """Search a word of four characters."""
        return [("GET", f"{LIST}&q={TERMS['search']}", {})]

    def search2(self, _client):
        """Search a word of two characters."""
        return [("GET", f"{LIST}&q={TERMS['search2']}", {})]

    def search_common(self, _client):
        """Search a word of two characters that many enterprises bear."""
        return [("GET", f"{LIST}&q={TERMS['search_common']}", {})]

    def filter(self, _client):
        """Filter by one county."""
        return [("GET", f"{LIST}&ff=county&fo=eq&fv=汉田区", {})]

    def form_get(self, _client):
        """Open the entry page."""
        return [("GET", "/records/demand/add", {})]

    def submit(self, client):
        """Fill in everything and submit."""
        token = self.token(client.get("/records/demand/add").text, "csrf_token")
        answers = {f"f-{key}": value for key, value in rod.formdata().items()}
        for key in ("f-created_at", "f-updated_at"):
            answers[key] = answers[key].replace(" ", "T")
        answers |= {"campaign": "", "_do": "submit", "csrf_token": token}
        return [("POST", "/records/demand/add", {"data": answers})]


TARGET = Xiaoqitong
