"""What `index` did, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faceplate.cli.output import note, print_table, printable
from faceplate.cli.picture_files import FoundPictures
from faceplate.domain.errors import FaceplateError

_NAMED = 20
"""So many refused files are named; the counts are of all."""


@dataclass(slots=True)
class IndexReport:
    """Counts of one run. A picture without a face, or with several, is indexed as well."""

    total: int = 0
    indexed: int = 0
    replaced: int = 0
    unchanged: int = 0
    faces: int = 0
    no_face: int = 0
    faces_left_out: int = 0
    several_faces: int = 0
    duplicates: int = 0
    people_named: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    refused_files: list[dict[str, str]] = field(default_factory=list)
    skipped_hidden: int = 0
    skipped_other_files: int = 0
    unreadable_folders: int = 0
    interrupted: bool = False
    stopped_by: FaceplateError | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, found: FoundPictures) -> IndexReport:
        """Start with what was found on disk."""
        report = cls(
            total=len(found.pictures) + len(found.repeated),
            skipped_hidden=found.hidden,
            skipped_other_files=found.other_files,
            unreadable_folders=len(found.unreadable),
        )
        for picture in found.repeated:
            error = FaceplateError(
                "Another file of this run has the same key; index the folder above both.",
                code="key_repeated",
            )
            report.count_refused(str(picture.path), error)
        return report

    @property
    def done(self) -> int:
        """How many pictures are through, one way or the other."""
        return self.indexed + self.unchanged + self.refused.total()

    def count_indexed(self, answer: Mapping[str, Any]) -> None:
        """Count one answer of the index route."""
        warnings = set(answer.get("warnings", ()))
        if answer["change"] == "same":
            self.unchanged += 1
        else:
            self.indexed += 1
            self.replaced += answer["change"] == "replaced"
        self.faces += len(answer["FaceRecords"])
        self.no_face += "no_face" in warnings
        self.faces_left_out += "faces_left_out" in warnings
        self.several_faces += "several_faces" in warnings
        self.duplicates += "duplicate_image" in warnings
        given = answer.get("person_id") is not None and "person_not_assigned" not in warnings
        self.people_named += given

    def count_refused(self, path: str, error: FaceplateError) -> None:
        """Count one picture that was not taken, and why."""
        self.refused[error.code] += 1
        if len(self.refused_files) < _NAMED:
            self.refused_files.append({"file": path, "code": error.code, "message": error.message})

    def as_json(self) -> dict[str, Any]:
        """Return the report as a document."""
        return {
            "total": self.total,
            "indexed": self.indexed,
            "replaced": self.replaced,
            "unchanged": self.unchanged,
            "faces": self.faces,
            "no_face": self.no_face,
            "faces_left_out": self.faces_left_out,
            "several_faces": self.several_faces,
            "duplicates": self.duplicates,
            "people_named": self.people_named,
            "refused": dict(sorted(self.refused.items())),
            "refused_files": self.refused_files,
            "skipped": {"hidden": self.skipped_hidden, "other_files": self.skipped_other_files},
            "unreadable_folders": self.unreadable_folders,
            "interrupted": self.interrupted,
            "stopped_by": None if self.stopped_by is None else self.stopped_by.code,
            "seconds": round(self.seconds, 3),
            "pictures_per_s": round(self.rate, 2),
        }

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


def print_report(report: IndexReport) -> None:
    """Print the counts, then the refused files and why."""
    rows: list[tuple[str, object]] = [
        ("indexed", f"{report.indexed} pictures, {report.faces} faces"),
        ("unchanged", report.unchanged),
        ("no face", report.no_face),
        ("several faces", report.several_faces),
        ("duplicates", report.duplicates),
        ("refused", report.refused.total()),
    ]
    extra = {
        "replaced": report.replaced,
        "only unusable faces": report.faces_left_out,
        "named after a person": report.people_named,
        "hidden, passed over": report.skipped_hidden,
        "no pictures, passed over": report.skipped_other_files,
        "folders that cannot be read": report.unreadable_folders,
    }
    rows += [(name, count) for name, count in extra.items() if count]
    rows.append(("time", f"{report.seconds:.1f} s, {report.rate:.1f} pictures/s"))
    print_table(["report", ""], rows)
    if report.refused:
        reasons = ", ".join(f"{count} {code}" for code, count in sorted(report.refused.items()))
        note(f"Refused: {reasons}")
        for file in report.refused_files:
            note(f"  {printable(file['file'])}: {file['message']} [{file['code']}]")
        if report.refused.total() > len(report.refused_files):
            note(f"  … and {report.refused.total() - len(report.refused_files)} more")
    if report.interrupted:
        note("Interrupted: run the same command again to go on.")
