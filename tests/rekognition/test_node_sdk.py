"""The AWS SDK for JavaScript, unmodified; skipped where Node or its packages cannot be had."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import pictures
from node_packages import installed
from real_server import RealServer

pytestmark = [pytest.mark.models, pytest.mark.slow]

PACKAGE = "@aws-sdk/client-rekognition"
SCRIPT = """
import { readFileSync } from "node:fs";
import {
  RekognitionClient, CreateCollectionCommand, DeleteCollectionCommand, DescribeCollectionCommand,
  IndexFacesCommand, DeleteFacesCommand, DetectFacesCommand, CompareFacesCommand,
  SearchFacesCommand, SearchFacesByImageCommand, CreateUserCommand, DeleteUserCommand,
  AssociateFacesCommand, DisassociateFacesCommand, SearchUsersCommand, SearchUsersByImageCommand,
  TagResourceCommand, UntagResourceCommand, ListTagsForResourceCommand,
  paginateListCollections, paginateListFaces, paginateListUsers,
} from "@aws-sdk/client-rekognition";

const [one, six] = process.argv.slice(2).map((path) => ({ Bytes: readFileSync(path) }));
const client = new RekognitionClient({ maxAttempts: 1 });
const send = (command) => client.send(command);
const c = { CollectionId: "node" };
const found = {};

const { CollectionArn: arn } = await send(new CreateCollectionCommand({ ...c, Tags: { a: "1" } }));
await send(new TagResourceCommand({ ResourceArn: arn, Tags: { b: "2" } }));
await send(new UntagResourceCommand({ ResourceArn: arn, TagKeys: ["a"] }));
found.tags = (await send(new ListTagsForResourceCommand({ ResourceArn: arn }))).Tags;

const indexed = await send(new IndexFacesCommand({ ...c, Image: one, ExternalImageId: "e" }));
const id = indexed.FaceRecords[0].Face.FaceId;
await send(new IndexFacesCommand({ ...c, Image: six, QualityFilter: "NONE" }));
const described = await send(new DescribeCollectionCommand(c));
found.count = described.FaceCount;
found.age = Math.abs(Date.now() - described.CreationTimestamp.getTime()) < 120000;

found.faces = 0;
for await (const page of paginateListFaces({ client, pageSize: 3 }, { ...c })) {
  found.faces += page.Faces.length;
}
found.collections = false;
for await (const page of paginateListCollections({ client, pageSize: 1 }, {})) {
  found.collections ||= page.CollectionIds.includes("node");
}
found.byImage = (await send(new SearchFacesByImageCommand({ ...c, Image: one })))
  .FaceMatches.map((match) => match.Face.FaceId === id);
found.byFace = (await send(new SearchFacesCommand({ ...c, FaceId: id }))).FaceMatches.length;
found.detected = (await send(new DetectFacesCommand({ Image: six }))).FaceDetails.length;
found.unmatched = (await send(new CompareFacesCommand({ SourceImage: one, TargetImage: six })))
  .UnmatchedFaces.length;

await send(new CreateUserCommand({ ...c, UserId: "collins" }));
const user = { ...c, UserId: "collins", FaceIds: [id] };
found.status = (await send(new AssociateFacesCommand(user))).UserStatus;
found.users = [];
for await (const page of paginateListUsers({ client, pageSize: 1 }, { ...c })) {
  found.users.push(...page.Users);
}
found.usersByImage = (await send(new SearchUsersByImageCommand({ ...c, Image: one })))
  .UserMatches.map((match) => match.User.UserId);
found.usersByFace = (await send(new SearchUsersCommand({ ...c, FaceId: id }))).UserMatches.length;
found.kept = (await send(new DeleteFacesCommand({ ...c, FaceIds: [id] })))
  .UnsuccessfulFaceDeletions[0].Reasons;
await send(new DisassociateFacesCommand(user));
await send(new DeleteUserCommand({ ...c, UserId: "collins" }));
found.deleted = (await send(new DeleteFacesCommand({ ...c, FaceIds: [id] }))).DeletedFaces.length;
try {
  await send(new CreateCollectionCommand(c));
} catch (error) {
  found.error = [error.name, error.$metadata.httpStatusCode, error.$metadata.attempts];
}
await send(new DeleteCollectionCommand(c));
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK installed."""
    folder = installed(tmp_path_factory.mktemp("node-sdk"), PACKAGE, timeout_s=110)
    (folder / "client.js").write_text(SCRIPT)
    return folder


@pytest.mark.timeout(240)
def test_the_javascript_sdk_works_unmodified(package: Path, real: RealServer) -> None:
    done = subprocess.run(
        ["node", "client.js", str(pictures.astronaut()), str(pictures.group_of_six())],
        cwd=package,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=dict(real.environment),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "tags": {"b": "2"},
        "count": 7,
        "age": True,
        "faces": 7,
        "collections": True,
        "byImage": [True],
        "byFace": 0,
        "detected": 6,
        "unmatched": 6,
        "status": "ACTIVE",
        "users": [{"UserId": "collins", "UserStatus": "ACTIVE"}],
        "usersByImage": ["collins"],
        "usersByFace": 1,
        "kept": ["ASSOCIATED_TO_AN_EXISTING_USER"],
        "deleted": 1,
        "error": ["ResourceAlreadyExistsException", 400, 1],
    }
