"""Call every route of a deployed API, and say which do not answer as they should.

Routes come from the API's own document. Each is called with a key and with nothing to do (an empty
object, names that are not there), so that nothing is stored or deleted; an error of ours or of the
gateway is wrong. Then the same without a key, which must be refused.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from typing import Any

NOWHERE = "smoke-test-nowhere"
OURS = frozenset({500, 502, 503, 504})
SKIPPED = frozenset({"/v1/backups", "/v1/restore", "/v1/backup"})
TIMEOUT_S = 35


def call(url: str, method: str, key: str | None, body: bytes | None) -> tuple[int, bytes]:
    """Send one request; return status and body."""
    headers = {"content-type": "application/json"}
    if key:
        headers["x-api-key"] = key
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read()


def filled(path: str) -> str:
    """Fill a path's parameters with a name that is not there."""
    return "/".join(NOWHERE if part.startswith("{") else part for part in path.split("/"))


def judge(status: int, body: bytes, operation: dict[str, Any], *, keyed: bool) -> str | None:
    """Say what is wrong with an answer; None when nothing is."""
    if not keyed and operation.get("security"):
        return None if status in {401, 403} else f"{status} without a key"
    if status in OURS and not _expected(body):
        return f"{status} {body[:200].decode(errors='replace')}"
    if status == 404 and b"route_not_found" in body:
        return "there is no such route"
    if status == 403 and b"Missing Authentication Token" in body:
        return "the gateway knows no such route"
    return None


def _expected(body: bytes) -> bool:
    """Tell an honest answer of a service behind us, or of a part that AWS replaces."""
    try:
        found = json.loads(body)
    except ValueError:
        return False
    code = found.get("code") or (found.get("error") or {}).get("code") or ""
    return str(code).startswith(("upstream_", "unsupported", "surface_", "query_"))


def main() -> int:
    """Print a line a route; fail when one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--api-key", required=True)
    asked = parser.parse_args()
    url = asked.url.rstrip("/")
    status, body = call(f"{url}/openapi.json", "GET", None, None)
    if status != 200:
        print(f"{url}/openapi.json answers {status}", file=sys.stderr)
        return 1
    wrong = checked = 0
    for path, operations in json.loads(body)["paths"].items():
        for method, operation in operations.items():
            if path in SKIPPED or method not in {"get", "put", "post", "patch", "delete"}:
                continue
            sends = None if method in {"get", "delete"} else b"{}"
            for key in (asked.api_key, None):
                status, body = call(url + filled(path), method.upper(), key, sends)
                problem = judge(status, body, operation, keyed=key is not None)
                checked += 1
                wrong += problem is not None
                mark = "ok  " if problem is None else "FAIL"
                name = path if key else f"{path} (no key)"
                print(f"{mark} {method.upper():6} {name}: {problem or status}")
    print(f"{checked} calls, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
