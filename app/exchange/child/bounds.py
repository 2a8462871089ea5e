"""What a process may use that reads a stranger's file."""

from __future__ import annotations

import resource

MEGABYTE = 1024 * 1024


def limit(*, memory: int, cpu_seconds: int, file_size: int = 600 * MEGABYTE) -> None:
    """Bound this process: address space and file size in bytes, processor time; no core dumps."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
