"""People: name faces, merge, reassign, and erase with proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from faceplate.domain.collections import require_person_id
from faceplate.domain.errors import Conflict, FaceplateError, InvalidParameter, NotFound
from faceplate.domain.faces import FaceRecord
from faceplate.domain.paging import Page
from faceplate.domain.people import AuditEntry, Consent, ErasureProof, Person, stricter
from faceplate.ports.recognizer import AssociationOutcome, Recognizer
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.services.faces import Faces
from faceplate.services.images import Images
from faceplate.services.people_erasure import Erasure, faces_of
from faceplate.services.secrets import Pseudonyms
from faceplate.services.uploads import KEPT

_PAGE = 1000
MAX_NAME_CHARS = 200


class People:
    """The people of a collection."""

    def __init__(
        self,
        *,
        recognizer: Recognizer,
        records: Records,
        runtime: Runtime,
        faces: Faces,
        images: Images,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._recognizer = recognizer
        self._records = records
        self._runtime = runtime
        self._faces = faces
        self._erasure = Erasure(
            recognizer=recognizer,
            records=records,
            runtime=runtime,
            images=images,
            pseudonyms=pseudonyms,
        )

    def create(
        self,
        name: str,
        *,
        collection_id: str | None = None,
        person_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        consent: Consent | None = None,
    ) -> Person:
        """Create a person without faces.

        Raises:
            Conflict: Code ``person_exists``.
        """
        collection_id = collection_id or self._faces.default_collection
        self._faces.ensure_collection(collection_id)
        person = Person(
            collection_id=collection_id,
            person_id=require_person_id(person_id or f"p-{self._runtime.token(8)}"),
            name=_require_name(name),
            created_at=self._runtime.now(),
            metadata=dict(metadata or {}),
            consent=consent,
        )
        with self._records.unit():
            if self._records.get_people(collection_id, [person.person_id]):
                raise Conflict("There is a person with this id already.", code="person_exists")
            self._records.put_person(person)
        return person

    def get(self, person_id: str, *, collection_id: str | None = None) -> Person:
        """Return one person."""
        collection_id = collection_id or self._faces.default_collection
        found = self._records.get_people(collection_id, [person_id])
        if person_id not in found:
            raise NotFound("There is no such person.", code="person_not_found")
        return found[person_id]

    def find_by_name(self, name: str, *, collection_id: str | None = None) -> Person | None:
        """Return the first person with exactly this name."""
        token: str | None = None
        while True:
            page = self.list(collection_id=collection_id, limit=_PAGE, token=token)
            for person in page.items:
                if person.name == name:
                    return person
            token = page.next_token
            if token is None:
                return None

    def list(
        self, *, collection_id: str | None = None, limit: int = 100, token: str | None = None
    ) -> Page[Person]:
        """List people by id."""
        return self._records.list_people(
            collection_id or self._faces.default_collection, limit=limit, token=token
        )

    def names(self, collection_id: str, faces: Sequence[FaceRecord]) -> Mapping[str, str]:
        """Return the names of the people these faces belong to, by person id."""
        ids = sorted({face.person_id for face in faces if face.person_id})
        return {
            person_id: person.name
            for person_id, person in self._records.get_people(collection_id, ids).items()
        }

    def update(
        self,
        person_id: str,
        *,
        collection_id: str | None = None,
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
        consent: Consent | None = None,
        withdraw_consent: bool = False,
    ) -> Person:
        """Change what is given; ``withdraw_consent`` forgets the consent (and erases nobody)."""
        with self._records.unit():
            person = self.get(person_id, collection_id=collection_id)
            if name is not None:
                person = replace(person, name=_require_name(name))
            if metadata is not None:
                person = replace(person, metadata=dict(metadata))
            if consent is not None or withdraw_consent:
                person = replace(person, consent=consent)
            self._records.put_person(person)
        return person

    def faces(
        self,
        person_id: str,
        *,
        collection_id: str | None = None,
        limit: int = 100,
        token: str | None = None,
    ) -> Page[FaceRecord]:
        """List a person's faces by FaceId."""
        person = self.get(person_id, collection_id=collection_id)
        return self._records.list_faces(
            person.collection_id, limit=limit, token=token, person_id=person_id
        )

    def face_count(self, person: Person) -> int:
        """Return how many faces a person has."""
        return sum(1 for _ in faces_of(self._records, person))

    def assign(
        self,
        person_id: str,
        face_ids: Sequence[str],
        *,
        collection_id: str | None = None,
        reassign: bool = False,
        min_similarity_pct: float = 0.0,
    ) -> AssociationOutcome:
        """Give faces to a person; with ``reassign`` they are taken from whom they belong to.

        A face that the person is refused stays with whom it belonged to.
        """
        person = self.get(person_id, collection_id=collection_id)
        collection = person.collection_id
        give = partial(self._recognizer.associate_faces, collection)
        if not (reassign and self._other_owners(person, face_ids)):
            return give(person_id, face_ids, min_similarity_pct=min_similarity_pct)
        with self._recognizer.step(collection):
            owners = self._other_owners(person, face_ids)
            for owner, theirs in owners.items():
                self._recognizer.disassociate_faces(collection, owner, theirs)
            outcome = give(person_id, face_ids, min_similarity_pct=min_similarity_pct)
            for owner, theirs in owners.items():
                refused = [face_id for face_id in theirs if face_id in outcome.failed]
                if refused:
                    give(owner, refused, min_similarity_pct=0.0)
        return outcome

    def unassign(
        self, person_id: str, face_ids: Sequence[str], *, collection_id: str | None = None
    ) -> AssociationOutcome:
        """Take faces from a person; the faces stay."""
        person = self.get(person_id, collection_id=collection_id)
        return self._recognizer.disassociate_faces(person.collection_id, person_id, face_ids)

    def merge(
        self, into: str, others: Sequence[str], *, collection_id: str | None = None
    ) -> Person:
        """Give all faces of other people to one person and delete the others, one after another.

        Of their consents the one that ends first is kept: nobody's faces are kept for longer than
        they agreed to.
        Who keeps a face is not deleted; a call that failed can be made again.

        Raises:
            Conflict: Together they have more faces than a person may have (code
                ``too_many_faces_of_person``; nothing was changed), or a face cannot change hands
                (``faces_not_moved``; its person stays as they were).
        """
        person = self.get(into, collection_id=collection_id)
        if into in others:
            raise InvalidParameter("A person cannot be merged into itself.", parameter="from")
        sources = [
            self.get(other, collection_id=person.collection_id) for other in dict.fromkeys(others)
        ]
        self._require_room([person, *sources])
        for source in sources:
            person = self._move(source, person)
        return person

    def forget_name(self, person_id: str, *, collection_id: str | None = None) -> None:
        """Delete the person and keep the faces, which then belong to nobody."""
        person = self.get(person_id, collection_id=collection_id)
        self._recognizer.delete_person(person.collection_id, person_id)

    def erase(
        self, person_id: str, *, collection_id: str | None = None, actor: str = "api"
    ) -> ErasureProof:
        """Remove everything of a person and prove it; leave a truthful trail.

        Gone are the person's name, metadata and consent, the faces assigned to them with their
        vectors, and the pictures these were seen in, with their uploads. Where a picture shows
        other people as well, its bytes go and the faceprints of the others stay. The audit log gets
        a row before anything is removed, and one in the step that deletes the person, which comes
        when a fresh look has found nothing more. They hold counts and a keyed digest of the id, no
        personal data. An erasure that was cut off can be made again.

        Raises:
            NotFound: Code ``person_not_found``.
        """
        return self._erasure.run(self.get(person_id, collection_id=collection_id), actor=actor)

    def purge_expired(self, *, dry_run: bool = False, actor: str = "expiry") -> Mapping[str, int]:
        """Erase everyone whose consent has run out, in every collection; return counts.

        ``erased`` counts those of whom a fresh look found nothing. Who cannot be erased does not
        keep the others from it: the first such error is raised at the end. Old uploads are
        forgotten as well.
        """
        if not dry_run:
            self._records.delete_uploads_before(self._runtime.now() - KEPT)
        expired = self._records.expired_people(self._runtime.now().date())
        erased = 0
        failures: list[FaceplateError] = []
        for person in () if dry_run else expired:
            held = self._records.get_people(person.collection_id, [person.person_id])
            if person.person_id not in held or held[person.person_id].consent != person.consent:
                continue  # erased or renewed since the list was made
            try:
                proof = self.erase(
                    person.person_id, collection_id=person.collection_id, actor=actor
                )
            except NotFound:
                continue  # somebody else was faster
            except FaceplateError as exc:
                failures.append(exc)
            else:
                erased += not any(proof.after.values())
        if failures:
            raise failures[0]
        return {"expired": len(expired), "erased": erased}

    def audit(self, *, limit: int = 100, token: str | None = None) -> Page[AuditEntry]:
        """List the audit log, oldest first."""
        return self._records.list_audit(limit=limit, token=token)

    # parts

    def _other_owners(self, person: Person, face_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        held = self._records.get_faces(person.collection_id, face_ids)
        owners = {face.person_id for face in held.values()} - {None, person.person_id}
        return {
            owner: [face_id for face_id, face in held.items() if face.person_id == owner]
            for owner in owners
            if owner is not None
        }

    def _require_room(self, people: Sequence[Person]) -> None:
        most = self._recognizer.max_faces_of_person
        total = sum(self.face_count(person) for person in people)
        if most is not None and total > most:
            raise Conflict(
                f"Together they have {total} faces; one person may have {most}.",
                code="too_many_faces_of_person",
            )

    def _move(self, source: Person, target: Person) -> Person:
        collection, recognizer = source.collection_id, self._recognizer
        with recognizer.step(collection):
            face_ids = [face.face_id for face in faces_of(self._records, source)]
            if face_ids:
                recognizer.disassociate_faces(collection, source.person_id, face_ids)
                outcome = recognizer.associate_faces(
                    collection, target.person_id, face_ids, min_similarity_pct=0.0
                )
                if outcome.failed:
                    raise Conflict(
                        f"{len(outcome.failed)} of {len(face_ids)} faces cannot change hands; "
                        "their person stays.",
                        code="faces_not_moved",
                        details={"person_id": source.person_id, "faces": sorted(outcome.failed)},
                    )
            target = self.get(target.person_id, collection_id=collection)
            target = replace(target, consent=stricter(target.consent, source.consent))
            self._records.put_person(target)
            recognizer.delete_person(collection, source.person_id)
        return target


def _require_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise InvalidParameter(
            f"A name needs 1 to {MAX_NAME_CHARS} printable characters.", parameter="name"
        )
    return name.strip()
