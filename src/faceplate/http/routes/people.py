"""People: make, look at, change, erase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.domain.keys import KeyScope
from faceplate.domain.people import Consent, Person
from faceplate.http.answers import encode, json_answer
from faceplate.http.backend import Backend
from faceplate.http.bodies import read_body
from faceplate.http.codes import JSON_BODY, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.json_bodies import MAX_JSON_BYTES, check
from faceplate.http.openapi import json_body
from faceplate.http.parameters import CollectionQuery, LimitQuery, PersonIdPath, TokenQuery
from faceplate.http.routing import Routes
from faceplate.http.schemas.people import (
    ConsentBody,
    NewPerson,
    PeopleList,
    PersonAnswer,
    PersonChange,
    PersonRemoval,
    Purge,
    PurgeAnswer,
)
from faceplate.http.views import Json, page, person_item, proof
from faceplate.services.people import People

routes = Routes("people", "Several faces, one person; consent, and erasure with proof.")

_ERASURE_CODES = ("person_not_found", "collection_not_found", *STORING)


@routes.add(
    "POST",
    "/v1/people",
    "createPerson",
    "Make a person",
    scope=KeyScope.WRITE,
    answer=PersonAnswer,
    status=201,
    codes=(*JSON_BODY, *STORING, "person_exists"),
    body=json_body(NewPerson),
)
async def create_person(
    request: Request, backend: BackendDep, collection_id: CollectionQuery = None
) -> Response:
    """Without faces at first. A person_id is made when none is given."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), NewPerson)

    def write() -> bytes:
        person = backend.application.people.create(
            wanted.name,
            collection_id=collection_id,
            person_id=wanted.person_id,
            metadata=wanted.metadata,
            consent=_consent(wanted.consent),
        )
        return encode(person_item(person, 0))

    return json_answer(await backend.workers.read(write), 201)


@routes.add(
    "GET",
    "/v1/people",
    "listPeople",
    "List people",
    scope=KeyScope.READ,
    answer=PeopleList,
    codes=("invalid_pagination_token",),
)
async def list_people(
    backend: BackendDep,
    limit: LimitQuery = 100,
    next_token: TokenQuery = None,
    collection_id: CollectionQuery = None,
) -> Response:
    """By person_id."""
    people = backend.application.people

    def read() -> bytes:
        found = people.list(collection_id=collection_id, limit=limit, token=next_token)
        items = [describe(backend, person) for person in found.items]
        return encode(page("people", items, found.next_token))

    return json_answer(await backend.workers.read(read))


@routes.add(
    "POST",
    "/v1/people/purge-expired",
    "purgeExpiredPeople",
    "Erase everyone whose consent has run out",
    scope=KeyScope.ADMIN,
    answer=PurgeAnswer,
    codes=(*JSON_BODY, *_ERASURE_CODES),
    body=json_body(Purge, required=False),
)
async def purge_expired_people(request: Request, backend: BackendDep) -> Response:
    """In every collection. It also runs by itself."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), Purge)
    actor = actor_of(request)
    people = backend.application.people
    return json_answer(
        await backend.workers.read(
            lambda: encode(dict(people.purge_expired(dry_run=wanted.dry_run, actor=actor)))
        )
    )


@routes.add(
    "GET",
    "/v1/people/{person_id}",
    "getPerson",
    "Look at one person",
    scope=KeyScope.READ,
    answer=PersonAnswer,
    codes=("person_not_found",),
)
async def get_person(
    backend: BackendDep, person_id: PersonIdPath, collection_id: CollectionQuery = None
) -> Response:
    """With the number of their faces."""
    people = backend.application.people
    return json_answer(
        await backend.workers.read(
            lambda: encode(describe(backend, people.get(person_id, collection_id=collection_id)))
        )
    )


@routes.add(
    "PATCH",
    "/v1/people/{person_id}",
    "updatePerson",
    "Change a person",
    scope=KeyScope.WRITE,
    answer=PersonAnswer,
    codes=(*JSON_BODY, *STORING, "person_not_found"),
    body=json_body(PersonChange, required=False),
)
async def update_person(
    request: Request,
    backend: BackendDep,
    person_id: PersonIdPath,
    collection_id: CollectionQuery = None,
) -> Response:
    """Only what is given changes; ``consent: null`` withdraws the consent."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), PersonChange)
    given = wanted.model_fields_set

    def write() -> bytes:
        person = backend.application.people.update(
            person_id,
            collection_id=collection_id,
            name=wanted.name,
            metadata=wanted.metadata,
            consent=_consent(wanted.consent),
            withdraw_consent="consent" in given and wanted.consent is None,
        )
        return encode(describe(backend, person))

    return json_answer(await backend.workers.read(write))


@routes.add(
    "DELETE",
    "/v1/people/{person_id}",
    "erasePerson",
    "Erase a person, and prove it",
    scope=KeyScope.WRITE,
    answer=PersonRemoval,
    codes=_ERASURE_CODES,
)
async def erase_person(
    request: Request,
    backend: BackendDep,
    person_id: PersonIdPath,
    *,
    keep_faces: Annotated[
        bool, Query(description="Only forget the person; their faces stay and belong to nobody.")
    ] = False,
    collection_id: CollectionQuery = None,
) -> Response:
    """Name, consent, faces, vectors and the pictures that show them go; an audit row stays."""
    return await _remove(request, backend, person_id, collection_id, keep_faces=keep_faces)


@routes.add(
    "POST",
    "/v1/people/{person_id}/erase",
    "erasePersonByPost",
    "Erase a person, and prove it",
    scope=KeyScope.WRITE,
    answer=PersonRemoval,
    codes=_ERASURE_CODES,
)
async def erase_person_by_post(
    request: Request,
    backend: BackendDep,
    person_id: PersonIdPath,
    collection_id: CollectionQuery = None,
) -> Response:
    """The same as DELETE."""
    return await _remove(request, backend, person_id, collection_id, keep_faces=False)


def describe(backend: Backend, person: Person) -> Json:
    """Render a person with the number of their faces."""
    return person_item(person, backend.application.people.face_count(person))


def actor_of(request: Request) -> str:
    """Name who asked, for the audit log: the id of the key."""
    return f"key:{request.state.key.key_id}"


async def _remove(
    request: Request,
    backend: Backend,
    person_id: str,
    collection_id: str | None,
    *,
    keep_faces: bool,
) -> Response:
    people = backend.application.people
    actor = actor_of(request)

    def write() -> bytes:
        if not keep_faces:
            result = proof(people.erase(person_id, collection_id=collection_id, actor=actor))
        else:
            result = _forget(people, person_id, collection_id)
        return encode({"person_id": person_id, "erased": not keep_faces, **result})

    return json_answer(await backend.workers.read(write))


def _forget(people: People, person_id: str, collection_id: str | None) -> Json:
    """Delete the person alone, and count what names them before and by a fresh look after."""
    person = people.get(person_id, collection_id=collection_id)
    before = {"people": 1, "faces": people.face_count(person)}
    people.forget_name(person_id, collection_id=collection_id)
    try:
        people.get(person_id, collection_id=collection_id)
        left = 1
    except NotFound:
        left = 0
    return {"before": before, "after": {"people": left, "faces": people.face_count(person)}}


def _consent(body: ConsentBody | None) -> Consent | None:
    if body is None:
        return None
    given_on = body.given_on or datetime.now(UTC).date()
    if body.expires_on is not None and body.expires_on < given_on:
        raise InvalidParameter(
            "expires_on must not be before given_on.",
            parameter="consent.expires_on",
            details={"rule": "not_before_given_on"},
        )
    return Consent(body.purpose, given_on, body.expires_on)
