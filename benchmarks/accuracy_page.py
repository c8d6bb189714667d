"""Write docs/reference/accuracy.md from measured rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceplate.adapters.onnx.manifest import ModelSpec
from faceplate.domain.matching import PRESET_MEANING, PRESET_MIN_SIMILARITY_PCT, Calibration
from lfw import FARS, SHOWN_PCT, Rates

COMMAND = "python benchmarks/accuracy.py --data FOLDER --write"


@dataclass(frozen=True, slots=True)
class Row:
    """One embedding in one mode: its rates and what they were measured on."""

    spec: ModelSpec
    accurate: bool
    shipped: Calibration
    rates: Rates
    pictures: int
    pairs: int
    folds: int
    without_face: int

    @property
    def title(self) -> str:
        """The row's name in tables."""
        return f"{self.spec.model}, {'accurate' if self.accurate else 'fast'}"


def render(rows: Sequence[Row]) -> str:
    """Return the page."""
    return "\n".join(
        [
            "# Accuracy",
            "",
            f"Written by `{COMMAND}`; do not edit.",
            "",
            *_what_was_measured(rows[0]),
            "",
            "## How often two pictures of one person match",
            "",
            *_rates_table(rows),
            "",
            "## What a similarity means",
            "",
            *_similarity_tables(rows),
            "",
            *_presets(),
            "",
            "## What is not claimed",
            "",
            *_limits(rows),
            "",
            "## Where the models come from",
            "",
            *_provenance(rows),
            "",
        ]
    )


def _what_was_measured(row: Row) -> list[str]:
    return [
        "The engine as shipped (detection, landmarks, alignment, faceprint) ran over the "
        f"development half of Labeled Faces in the Wild, deep-funneled: {row.pictures:,} "
        f"pictures, {row.pairs:,} official pairs in {row.folds} folds that share no person. "
        "The other half was not looked at.",
        "",
        "- **Accuracy**: right answers for the pairs of each fold, at the threshold that is best "
        "for the others; the mean, and the standard deviation between folds.",
        "- **FAR**, false-accept rate: the share of pairs of different people that match, from "
        f"all {row.rates.impostors:,} such pairs among the pictures.",
        "- **TAR**, true-accept rate: the share of the official same-person pairs that match.",
        "- A picture without a detected face would count as never matching; "
        f"{row.without_face} of {row.pictures:,} had none. Of several faces the one in the middle "
        "is taken.",
    ]


def _rates_table(rows: Sequence[Row]) -> list[str]:
    heads = " | ".join(f"TAR at FAR {far:.0e}".replace("e-0", "e-") for far in FARS)
    lines = [f"| model, mode | accuracy | {heads} |", "|---|---|---|---|---|"]
    for row in rows:
        tars = " | ".join(_pct(tar) for tar in row.rates.tars)
        spread = 100 * row.rates.accuracy_spread
        lines.append(f"| {row.title} | {_pct(row.rates.accuracy)} ± {spread:.2f} | {tars} |")
    return lines


def _similarity_tables(rows: Sequence[Row]) -> list[str]:
    heads = " | ".join(f"{shown:.0f}" for shown in SHOWN_PCT)
    lines = [
        "`similarity = 100 / (1 + exp(-slope * (cosine - midpoint)))`, fitted so that 80 stands "
        "for a FAR of 1e-3 and 99 for 1e-5. FAR / TAR of the shipped curves at a similarity of",
        "",
        f"| model, mode | midpoint | slope | {heads} |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = " | ".join(
            f"{far:.1e} / {_pct(tar)}" for far, tar in row.rates.at_similarity.values()
        )
        lines.append(f"| {row.title} | {row.shipped.midpoint} | {row.shipped.slope} | {cells} |")
    return lines


def _presets() -> list[str]:
    lines = ["| preset | least similarity | for |", "|---|---|---|"]
    for preset, least in PRESET_MIN_SIMILARITY_PCT.items():
        lines.append(f"| `{preset.value}` | {least:.0f} | {PRESET_MEANING[preset]} |")
    lines += [
        "",
        "A search compares one face with every kept one, so false accepts add up: among 10,000 "
        "strangers a FAR of 1e-5 gives one in ten searches a wrong name.",
    ]
    return lines


def _limits(rows: Sequence[Row]) -> list[str]:
    pairs = sum(row.pairs for row in rows[:1]) // 2
    return [
        "- These are figures of half of one data set, which the landmark looks, the alignment and "
        "the curves were chosen on. They are not LFW's official figures, and nothing is claimed "
        "for other pictures.",
        f"- One same-person pair is {100 / pairs:.2f} percentage points of TAR, and "
        f"{rows[0].rates.impostors * 1e-5:.0f} impostor pairs decide the FAR of 1e-5.",
        "- LFW shows public figures in news photographs around 2002: mostly adults, mostly men, "
        "mostly light-skinned, mostly facing the camera. Children, old people and darker-skinned "
        "women are rare in it, so the table says little about them.",
        "- Face networks of this family make more false matches among women, children, old "
        "people, and people of African and Asian descent than among light-skinned men (NIST IR "
        "8280, 2019). Expect that here: within such a group the FAR is higher than the table's.",
        "- Twins and close relatives match.",
        "- Small, blurred, turned or covered faces match less often than the table says.",
    ]


def _provenance(rows: Sequence[Row]) -> list[str]:
    lines = ["| model | licence | file and sha256 | known of it |", "|---|---|---|---|"]
    return lines + [
        f"| [{spec.model}]({spec.source_page}) | {spec.licence} | `{spec.file}` "
        f"`{spec.sha256}` | {spec.note} |"
        for spec in {row.spec.name: row.spec for row in rows}.values()
    ]


def _pct(share: float) -> str:
    return f"{100 * share:.2f} %"
