"""Apply the stack, call it, destroy it, on emulators; `make emulated-e2e` shows it step by step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import pictures
import stub_provider as stubs
import terraform_running
from aws_loop import API_KEY, BURST, PROVIDER_KEY, Stack, build_package, standing, wait_for
from node_packages import installed
from terraform_running import ROOT

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        terraform_running.missing() is not None, reason=str(terraform_running.missing())
    ),
]
MAX_RESOURCES = 45
Step = Callable[..., Any]


@pytest.fixture
def step() -> Step:
    """Do one step and print what it took."""
    began_s = time.monotonic()

    def do(name: str, work: Callable[[], Any]) -> Any:
        since_s = time.monotonic()
        done = work()
        now_s = time.monotonic()
        line = f"{now_s - began_s:7.1f} s  {name:44} {now_s - since_s:6.1f} s\n"
        sys.stderr.write(line)
        return done

    return do


def test_the_stack_is_applied_called_and_destroyed(
    tmp_path: Path, environment: dict[str, str], step: Step, group_of_six: bytes, astronaut: bytes
) -> None:
    step("package", lambda: build_package(tmp_path))
    with standing(tmp_path, environment) as stack:
        before = stack.everything()
        terraform = stack.terraform
        step("init", terraform.init)
        step("apply", lambda: terraform.run("apply", "-auto-approve", "-no-color"))
        step("a second plan is empty", lambda: terraform.run("plan", "-detailed-exitcode"))
        assert len(terraform.resources()) <= MAX_RESOURCES
        page = (ROOT / "docs" / "explanation" / "scale.md").read_text()
        assert f"The stack has {len(terraform.resources())} resources" in page
        state = (terraform.folder / "terraform.tfstate").read_text()
        assert PROVIDER_KEY not in state
        with stack.http() as api:
            step("the bucket takes nothing without TLS", lambda: without_tls(stack))
            step("health", lambda: healthy(stack))
            step("index, search, delete", lambda: faces(api, group_of_six, astronaut))
            step("an application and a chat", lambda: texts(api, stack))
            step("a wrong key, and none, are refused", lambda: keys(stack))
            step("a picture put into the bucket", lambda: arrival(api, stack, group_of_six))
            step("a presigned upload", lambda: upload(api, group_of_six))
            step("who has expired is erased by the clock", lambda: expiry(api, stack, astronaut))
            step(
                "the command line, with the gateway and without",
                lambda: commands(api, stack, tmp_path),
            )
            step("what the role may not do", lambda: denial(api, stack, astronaut))
            step("every route, as `make smoke` calls it", lambda: smoke(api))
            step("every call of the Postman collection", lambda: postman(stack, tmp_path))
            step("too many requests", lambda: throttle(api))
        step("destroy", lambda: terraform.run("destroy", "-auto-approve", "-no-color"))
        step("nothing is left", lambda: nothing_left(stack, before))


def postman(stack: Stack, folder: Path) -> None:
    """Run the collection with Postman's own runner, where that can be had."""
    try:
        installed(folder / "newman", "newman")
    except pytest.skip.Exception as reason:
        sys.stderr.write(f"           the collection is not run: {reason}\n")
        return

    async def behave(seen: stubs.Seen, wire: stubs.Wire) -> None:
        heard = seen.path.endswith(("/transcriptions", "/translations"))
        await (stubs.says({"text": "hello"}) if heard else stubs.usual)(seen, wire)

    stack.provider.always = behave
    with stack.http() as api:
        url = str(api.base_url)
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts" / "run_postman.py"), "--json"),
            *("--newman", str(folder / "newman" / "node_modules" / ".bin" / "newman")),
            *("--url", url, "--key", API_KEY, "--mode", "aws", "--emulated", "--provider"),
            *("--face", str(pictures.astronaut()), "--group", str(pictures.group_of_six())),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert json.loads(done.stdout)["calls"] > 150


def without_tls(stack: Stack) -> None:
    """See the bucket's policy hold, then lift it: the emulator has no TLS to come over."""
    s3, bucket = stack.client("s3"), stack.terraform.outputs()["bucket"]
    with stack.http(None) as anybody:
        parts = anybody.get("/v1/health").json()["parts"]
    assert not parts["blobs"]["ok"], parts
    s3.delete_bucket_policy(Bucket=bucket)


def healthy(stack: Stack) -> None:
    with stack.http(None) as anybody:
        answer = anybody.get("/v1/health")
    assert answer.status_code == 200, answer.text


def faces(api: httpx.Client, group: bytes, astronaut: bytes) -> None:
    indexed = api.put(
        "/v1/index/a%20group/ü.jpg",
        content=group,
        headers={"content-type": "image/jpeg", "x-amz-meta-place": "garden"},
    )
    assert indexed.status_code == 201, indexed.text
    assert len(indexed.json()["FaceRecords"]) == 6
    assert api.put("/v1/index/astronaut.png", content=astronaut).status_code == 201
    found = api.post("/v1/search", content=astronaut)
    assert found.json()["matchedFaces"] == ["astronaut.png"], found.text
    original = api.get("/v1/images/a%20group/ü.jpg")
    assert original.content == group
    assert original.headers["x-amz-meta-place"] == "garden"
    assert api.delete("/v1/images/astronaut.png").status_code == 200
    assert api.post("/v1/search", content=astronaut).json()["matchedFaces"] == []
    assert api.get("/v1/images/astronaut.png").status_code == 404
    nobody = api.post("/v1/search", content=b"no picture")
    assert nobody.status_code == 400
    assert nobody.headers["access-control-allow-origin"] == "*"
    assert api.delete("/v1/images/a%20group/ü.jpg").status_code == 200


def texts(api: httpx.Client, stack: Stack) -> None:
    ran = api.post("/v1/examples/default-grammar", json={"input_text": "she no went"})
    assert ran.status_code == 200, ran.text
    assert stack.provider.seen[-1].headers["authorization"] == f"Bearer {PROVIDER_KEY}"
    body = {"model": "stub-1", "messages": [{"role": "user", "content": "hello"}]}
    assert api.post("/v1/chat/completions", json=body).status_code == 200
    assert len(api.get("/v1/examples").json()["examples"]) > 50
    usage = api.get("/v1/usage").json()["usage"]
    assert {row["app"] for row in usage} >= {"default-grammar"}


def keys(stack: Stack) -> None:
    for key in ("w" * 40, None):
        with stack.http(key) as stranger:
            for method, path in (("GET", "/v1/faces"), ("POST", "/v1/examples/default-grammar")):
                answer = stranger.request(method, path)
                assert answer.status_code == 403, answer.text
            preflight = stranger.options(
                "/v1/examples/default-grammar",
                headers={"origin": "https://example.com", "access-control-request-method": "POST"},
            )
            assert preflight.status_code == 204
            assert preflight.headers["access-control-allow-origin"] == "*"


def arrival(api: httpx.Client, stack: Stack, picture: bytes) -> None:
    bucket = stack.terraform.outputs()["bucket"]
    stack.client("s3").put_object(Bucket=bucket, Key="inbox/odd + näme &.jpg", Body=picture)
    path = "/v1/images/odd%20+%20n%C3%A4me%20&.jpg"
    wait_for(lambda: api.get(path).status_code == 200)
    assert len(api.get(f"{path}/faces").json()["faces"]) == 6


def upload(api: httpx.Client, picture: bytes) -> None:
    ticket = api.post("/v1/uploads", json={"filename": "by-address.jpg"}).json()
    sent = httpx.put(ticket["url"], content=picture, trust_env=False)
    assert sent.status_code == 200, sent.text
    place = "/v1/uploads/" + ticket["upload_id"]
    done = wait_for(lambda: (one := api.get(place).json())["status"] != "waiting" and one)
    assert (done["status"], done["face_count"]) == ("indexed", 6)


def expiry(api: httpx.Client, stack: Stack, picture: bytes) -> None:
    """Let the schedule come round in a minute instead of a day, then put it back."""
    consent = {"purpose": "door", "given_on": "2025-01-01", "expires_on": "2025-01-02"}
    gone = {"name": "Ana", "person_id": "has-expired", "consent": consent}
    assert api.post("/v1/people", json=gone).status_code == 201
    face = api.put("/v1/index/expired.png", content=picture).json()["FaceRecords"][0]["Face"]
    given = {"face_ids": [face["FaceId"]]}
    assert api.put("/v1/people/has-expired/faces", json=given).status_code == 200
    events = stack.client("events")
    (rule,) = events.list_rules(NamePrefix="faceplate-expiry")["Rules"]
    kept = {name: rule[name] for name in ("Name", "Description", "ScheduleExpression", "State")}
    events.put_rule(**{**kept, "ScheduleExpression": "rate(1 minute)"})
    wait_for(lambda: api.get("/v1/people/has-expired").status_code == 404)
    events.put_rule(**kept)
    assert api.get("/v1/images/expired.png").status_code == 404
    entries = api.get("/v1/audit").json()["entries"]
    (_, entry) = [one for one in entries if one["actor"] == "expiry"]
    assert (entry["action"], entry["counts"]["faces"]) == ("erase_person", 1)


def commands(api: httpx.Client, stack: Stack, folder: Path) -> None:
    """Export through the gateway, and past it as docs/how-to/back-up.md does; then repair."""
    given = stack.terraform.environment
    outputs = stack.terraform.outputs()
    remote = ("--url", str(api.base_url), "--api-key", API_KEY)
    beside = {
        **{name: value for name, value in given.items() if name.startswith("AWS_")},
        "FACEPLATE_MODE": "aws",
        "FACEPLATE_AWS__BUCKET": outputs["bucket"],
        "FACEPLATE_AWS__TABLE": outputs["table"],
        "FACEPLATE_COLLECTION": outputs["collection"],
        "FACEPLATE_DATA_DIR": str(folder / "data"),
    }
    first = cli({}, "faces", "export", str(folder / "one.zip"), *remote)
    second = cli(beside, "faces", "export", str(folder / "two.zip"))
    assert first["images"] > 0
    assert {**first, "path": ""} == {**second, "path": ""}
    # Not through the gateway: the emulator knows no right of PartiQL's and refuses the function.
    query = "SELECT FaceId, Confidence FROM faces WHERE Confidence > 90"
    asked = cli(beside, "faces", "query", query, "--limit", "2")
    assert len(asked["rows"]) == 2
    assert cli(beside, "doctor", "--repair")["ok"]


def cli(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "faceplate.cli.main", *arguments, "--json"],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def denial(api: httpx.Client, stack: Stack, picture: bytes) -> None:
    """Take a permission from the function's role, and give it back."""
    iam = stack.client("iam")
    (role,) = [one for one in iam.list_roles()["Roles"] if "-vision-" in one["RoleName"]]
    where = {"RoleName": role["RoleName"], "PolicyName": "vision"}
    policy = iam.get_role_policy(**where)["PolicyDocument"]
    kept = [one for one in policy["Statement"] if one["Sid"] != "Pictures"]
    iam.put_role_policy(**where, PolicyDocument=json.dumps({**policy, "Statement": kept}))
    refused = api.put("/v1/index/denied.png", content=picture)
    iam.put_role_policy(**where, PolicyDocument=json.dumps(policy))
    assert refused.status_code == 500, refused.text
    assert "AccessDenied" not in refused.text
    assert api.put("/v1/index/denied.png", content=picture).status_code in {200, 201}


def smoke(api: httpx.Client) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts" / "smoke.py")),
            *("--url", str(api.base_url), "--api-key", API_KEY),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nok ") > 80


def throttle(api: httpx.Client) -> None:
    answers = []
    with httpx.Client(base_url=api.base_url, headers=api.headers, trust_env=False) as quick:
        while 429 not in answers:
            answers.append(quick.get("/v1/nowhere", timeout=60).status_code)
            assert len(answers) < 20 * BURST
    assert API_KEY not in str(answers)


def nothing_left(stack: Stack, before: dict[str, list[str]]) -> None:
    assert stack.everything() == before
    assert stack.terraform.resources() == []
