"""Ask the servers in turn, a few requests each, again and again: what else the machine does falls on all alike.

``ROUNDS=15 benchmarks/run.sh`` starts it. Told is the median of the rounds, from the scheduler's own account (of
nanoseconds) of each server's processes and of the database's. ``BEFORE=folder`` names another checkout of the
product, to be measured as ``before`` beside this one.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

import psutil
import rod

EACH = 8
WARM = 6
ADAPTER = Path(__file__).with_name("adapter.py")
USERS = {"county": ("page", "sort", "search")}


def spent(pids):
    """Return the milliseconds that processes have computed."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text(encoding="ascii").split()[0])
            except OSError:
                continue
    return total / 1e6


def below(pid):
    """Return a process and those that it started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def backends(size):
    """Return the processes of the database that serve the servers."""
    postmaster = int(Path(os.environ["PERF_PGDATA"], "postmaster.pid").read_text(encoding="ascii").split()[0])
    children = psutil.Process(postmaster).children()
    return [child.pid for child in children if f" peer_{size} " in " ".join(child.cmdline())]


def one_process(kind, size, name=""):
    """Return a target with a single process, so that every request finds a warm one."""
    target = kind("pg", size)
    target.cmd = tuple("1" if part == "2" else part for part in target.cmd)
    target.name = name or target.name
    return target


def targets(names, size):
    """Return the targets that are asked for, by name."""
    found = {}
    for name in names:
        kind = rod.TARGETS.get(name)
        found[name] = one_process(kind or rod.load_adapter(ADAPTER), size)
    if folder := os.environ.get("BEFORE"):
        target = found["before"] = one_process(rod.load_adapter(ADAPTER), size, "before")
        target.cwd, target.base = folder, "http://127.0.0.1:8111"
        target.cmd = tuple(part.replace(":8110", ":8111") for part in target.cmd)
    return found


def measured(servers, clients, user, scenario, rounds):
    """Return the milliseconds of a request to each server that offers the scenario."""
    asked = {}
    for name, target in servers.items():
        requests = getattr(target, scenario)(clients[name, user])
        if not requests:
            continue
        asked[name] = requests[0]
        for _ in range(WARM):
            answer, _size = rod.one(target, clients[name, user], requests[0])
            if not target.ok(scenario, answer):
                raise RuntimeError(f"{name} {user} {scenario}: {answer.status_code}")
    found = {name: [] for name in asked}
    for _ in range(rounds):
        for name, request in asked.items():
            pids = [*below(servers[name].proc.pid), *backends(servers[name].n)]
            before = spent(pids)
            for _ in range(EACH):
                rod.one(servers[name], clients[name, user], request)
            # The database may still be putting its things away.
            time.sleep(0.005)
            found[name].append((spent(pids) - before) / EACH)
    return {name: statistics.median(values) for name, values in found.items()}


def main(out, names, size, scenarios, rounds):
    """Write the medians in the shape of the harness's results."""
    servers = targets(names, size)
    result = {name: {} for name in servers}
    try:
        for target in servers.values():
            target.reset()
            target.setup()
            target.start()
        clients = {(name, user): target.client() for name, target in servers.items() for user in ("admin", *USERS)}
        for (name, user), client in clients.items():
            servers[name].login(client, user)
        for user in ("admin", *USERS):
            for scenario in scenarios:
                if scenario not in USERS.get(user, scenarios):
                    continue
                told = measured(servers, clients, user, scenario, rounds)
                print(f"{user}:{scenario}", {name: round(value, 2) for name, value in told.items()}, flush=True)
                for name, value in told.items():
                    result[name][f"{user}:{scenario}"] = {"cpu_ms": value}
    finally:
        for target in servers.values():
            target.stop()
    Path(out).write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4].split(","), int(sys.argv[5]))
