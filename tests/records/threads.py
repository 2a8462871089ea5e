"""Many at once: each in a thread with a client of its own, all starting together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from tests.conftest import ApiClient


def twin(client: ApiClient) -> ApiClient:
    """Return a client with the same token, for another thread."""
    found = object.__new__(ApiClient)
    found.client, found.headers = client.client.application.test_client(), client.headers
    return found


def sent(client: ApiClient, method: str, path: str, body: Any, **headers: str) -> Callable[[], TestResponse]:
    """Return a request that is still to be sent."""
    mine = twin(client)
    return lambda: mine.open(method, path, json=body, headers=headers)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Return what the calls return, in their order; the first exception of any is raised."""
    results: list[Any] = [None] * len(calls)
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = calls[number]()
        except BaseException as error:  # noqa: BLE001 - told by the test that started the thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
