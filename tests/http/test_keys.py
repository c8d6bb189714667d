"""Who may call: keys, scopes, limits, and the routes that need none."""

import json

import pytest
from fastapi import FastAPI

from asgi_client import Client, api_routes
from build import ANA, MemoryParts, build_memory_application, draw
from faceplate.domain.keys import KeyScope
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.services.keys import Limits

OPEN = {
    ("GET", "/v1/health"),
    ("GET", "/metrics"),
    ("PUT", "/v1/uploads/{upload_id}"),
}


def every_call(app: FastAPI) -> list[tuple[str, str, str]]:
    found = []
    for route in api_routes(app):
        path = route.path_format.replace("{", "").replace("}", "")
        scope = (route.openapi_extra or {}).get("x-scope", "")
        found += [(method, path, scope) for method in route.methods]
    return found


def test_every_route_but_the_open_ones_wants_a_key(client: Client, app: FastAPI) -> None:
    nobody = client.with_secret(None)
    opened = {(method, path.replace("{", "").replace("}", "")) for method, path in OPEN}
    for method, path, _ in every_call(app):
        answer = nobody.call(method, path)
        if (method, path) in opened:
            assert answer.status != 401, path
        else:
            assert (answer.status, answer.code) == (401, "unauthenticated"), path
            assert answer.header("www-authenticate") == 'Bearer realm="faceplate"'


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "fp_000000000000_" + "0" * 48},
        {"x-api-key": "é" * 10},
        {"authorization": "Basic eDp5"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
    ],
)
def test_a_wrong_key_looks_like_no_key(client: Client, headers: dict[str, str]) -> None:
    answer = client.with_secret(None).get("/v1/images", headers=headers)
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_a_key_may_come_as_bearer_but_not_two_different_ones(client: Client) -> None:
    nobody, secret = client.with_secret(None), client.secret
    for value in (f"Bearer {secret}", f"bearer  {secret}"):
        assert nobody.get("/v1/images", headers={"authorization": value}).status == 200
    same = {"authorization": f"Bearer {secret}", "x-api-key": str(secret)}
    assert nobody.get("/v1/images", headers=same).status == 200
    differing = {"authorization": "Bearer other", "x-api-key": str(secret)}
    assert nobody.get("/v1/images", headers=differing).status == 401
    twice = [(b"x-api-key", str(secret).encode()), (b"x-api-key", b"other")]
    assert nobody.get("/v1/images", headers=twice).status == 401


@pytest.mark.parametrize("scope", list(KeyScope))
def test_each_route_wants_its_scope(
    client: Client, app: FastAPI, parts: MemoryParts, scope: KeyScope
) -> None:
    levels = {"": 0, "read": 0, "write": 1, "admin": 2}
    limited = client.with_secret(parts.application.keys.create("some", scope=scope)[1])
    for method, path, needed in every_call(app):
        answer = limited.call(method, path)
        if levels[needed] > levels[scope.value]:
            assert (answer.status, answer.code) == (403, "scope_too_small"), path
        else:
            assert answer.status != 401, path
            assert answer.status < 400 or answer.code != "scope_too_small", path


def test_searching_only_needs_read_and_indexing_write(client: Client, parts: MemoryParts) -> None:
    reader = client.with_secret(parts.application.keys.create("r", scope=KeyScope.READ)[1])
    for target in ("/v1/search", "/v1/detect"):
        assert reader.post(target, draw(ANA)).status == 200
    assert reader.put("/v1/index/a", draw(ANA)).code == "scope_too_small"
    assert reader.call("HEAD", "/v1/images").status == 200


def test_several_keys_live_side_by_side_until_one_is_revoked(client: Client) -> None:
    made = client.post("/v1/keys", {"name": "door", "scope": "read", "rate_rps": 5, "burst": 9})
    assert made.status == 201
    body = made.json()
    door = client.with_secret(body["secret"])
    assert door.get("/v1/images").status == 200
    listed = client.get("/v1/keys").json()
    assert listed["next_token"] is None
    assert body["secret"] not in json.dumps(listed)
    shown = next(key for key in listed["keys"] if key["key_id"] == body["key_id"])
    assert (shown["name"], shown["scope"], shown["rate_rps"], shown["burst"]) == (
        "door",
        "read",
        5,
        9,
    )
    revoked = client.delete(f"/v1/keys/{body['key_id']}").json()
    assert revoked == {"key_id": body["key_id"], "revoked": True}
    assert door.get("/v1/images").status == 401
    assert client.get("/v1/images").status == 200
    after = client.get("/v1/keys").json()["keys"]
    assert [key["revoked_at"] is not None for key in after].count(True) == 1


def test_rotating_gives_a_new_secret_with_the_same_rights(client: Client) -> None:
    body = client.post("/v1/keys", {"name": "door", "scope": "write", "daily_quota": 7}).json()
    fresh = client.post(f"/v1/keys/{body['key_id']}/rotate")
    assert (fresh.status, fresh.json()["scope"], fresh.json()["daily_quota"]) == (201, "write", 7)
    assert client.with_secret(body["secret"]).get("/v1/images").status == 401
    assert client.with_secret(fresh.json()["secret"]).get("/v1/images").status == 200
    assert client.post(f"/v1/keys/{body['key_id']}/rotate").code == "key_not_found"
    assert client.delete("/v1/keys/none").code == "key_not_found"


def test_aws_access_keys_are_made_listed_rotated_and_revoked(client: Client) -> None:
    wanted = {"name": "sdk", "kind": "aws", "collection_prefix": "team."}
    made = client.post("/v1/keys", wanted).json()
    assert made["key_id"] == made["access_key_id"]
    assert (made["scope"], made["collection_prefix"]) == ("write", "team.")
    assert "secret" not in made
    fresh = client.post(f"/v1/keys/{made['key_id']}/rotate").json()
    assert fresh["secret_access_key"] != made["secret_access_key"]
    assert client.delete(f"/v1/keys/{fresh['key_id']}").status == 200
    listed = client.get("/v1/keys").json()["keys"]
    assert sorted((key["kind"], key["revoked_at"] is None) for key in listed) == [
        ("api", True),
        ("aws", False),
        ("aws", False),
    ]
    assert made["secret_access_key"] not in json.dumps(listed)
    answer = client.with_secret(made["secret_access_key"]).get("/v1/images")
    assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a", "scope": "root"}, "scope"),
        ({"name": "a", "rate_rps": 0}, "rate_rps"),
        ({"name": "a", "kind": "iam"}, "kind"),
        ({"name": "a", "kind": "aws", "scope": "admin"}, "scope"),
        ({"name": "a", "collection_prefix": "team"}, "collection_prefix"),
        ({"name": "a", "kind": "aws", "collection_prefix": "a b"}, "collection_prefix"),
        ({"name": "a", "burst": 1.5}, "burst"),
        ({"name": "a", "daily_quota": -1}, "daily_quota"),
        ({"name": "a", "daily_quota": 10**30}, "daily_quota"),
        ({"name": "a", "daily_quota": True}, "daily_quota"),
    ],
)
def test_a_bad_key_names_the_member(client: Client, body: dict[str, object], named: str) -> None:
    answer = client.post("/v1/keys", body)
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named


def test_a_rate_is_held_and_says_when_to_come_back(options: HttpOptions) -> None:
    parts = build_memory_application(limits=Limits(rate_rps=0.5, burst=2))
    client = Client(create_app(parts.application, options), parts.application.keys.create("t")[1])
    assert [client.get("/v1/images").status for _ in range(2)] == [200, 200]
    refused = client.get("/v1/images")
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.header("retry-after") == "2"
    other = client.with_secret(parts.application.keys.create("other")[1])
    assert other.get("/v1/images").status == 200
    parts.runtime.advance(2.0)
    assert client.get("/v1/images").status == 200


def test_a_day_is_used_up_and_comes_back_at_midnight(options: HttpOptions) -> None:
    parts = build_memory_application(limits=Limits(daily_quota=2))
    key, secret = parts.application.keys.create("t")
    client = Client(create_app(parts.application, options), secret)
    assert [client.get("/v1/images").status for _ in range(2)] == [200, 200]
    refused = client.get("/v1/images")
    assert (refused.status, refused.code) == (429, "quota_exceeded")
    assert refused.header("retry-after") == str(12 * 3600)
    parts.runtime.advance(12 * 3600)
    listed = client.get("/v1/keys").json()["keys"]
    assert [row["used_today"] for row in listed if row["key_id"] == key.key_id] == [1]


def test_a_wrong_request_is_refused_for_its_key_first(client: Client) -> None:
    nobody = client.with_secret(None)
    assert nobody.get("/v1/images?limit=x&typo=1").code == "unauthenticated"
    assert nobody.post("/v1/people", b"{").code == "unauthenticated"


def test_backups_are_for_this_machines_own_user(client: Client, parts: MemoryParts) -> None:
    for target in ("/v1/backups", "/v1/restore"):
        answer = client.post(target, {"path": "/nowhere/x.tar"})
        assert (answer.status, answer.code) == (403, "local_key_needed")
    named = client.with_secret(parts.application.keys.create("local")[1])
    assert named.post("/v1/backups", {"path": "/x.tar"}).code == "local_key_needed"


def test_the_local_key_may_name_files(client: Client, parts: MemoryParts, tmp_path) -> None:
    parts.application.keys.accept("local", "sesame", limited=False)
    local = client.with_secret("sesame")
    local.put("/v1/index/a.png", draw(ANA))
    path = tmp_path / "all.tar"
    made = local.post("/v1/backups", {"path": str(path)})
    assert (made.status, made.json()["images"]) == (201, 1)
    assert made.json()["bytes"] == path.stat().st_size
    assert local.post("/v1/backups", {"path": str(path)}).code == "file_exists"
    local.delete("/v1/images/a.png")
    assert local.post("/v1/restore", {"path": str(path)}).json() == {"images": 1, "swept": 0}
    assert local.post("/v1/search", draw(ANA)).json()["status"] == "matched"
    missing = local.post("/v1/restore", {"path": str(tmp_path / "none.tar")})
    assert (missing.status, missing.code) == (400, "backup_not_found")
    junk = tmp_path / "junk.tar"
    junk.write_bytes(b"junk" * 500)
    assert local.post("/v1/restore", {"path": str(junk)}).code == "backup_invalid"
    for bad in ("relative.tar", "/a\x00b"):
        assert local.post("/v1/backups", {"path": bad}).code == "invalid_parameter"
