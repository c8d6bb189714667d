"""Checks of wording: length, content, reading grade, language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from faceplate.adapters.checks.subject import Subject, folded, shown

_WORD = re.compile(r"[^\W_]+(?:['\u2019\-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$|[\"'”)])")
_FIRST_PERSON = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself)\b")
_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d")
_KEPT = {
    "numbers": re.compile(r"\d+(?:[.,:]\d+)*"),
    "urls": re.compile(r"https?://[^\s<>\"')]+[^\s<>\"').,;:!?]"),
    "placeholders": re.compile(r"\{[A-Za-z_]\w*\}|%[sd]|\$\{\w+\}"),
}
_SCRIPTS = {
    "ar": r"\u0600-\u06FF",
    "el": r"\u0370-\u03FF",
    "he": r"\u0590-\u05FF",
    "hi": r"\u0900-\u097F",
    "ja": r"\u3040-\u30FF",
    "ko": r"\uAC00-\uD7AF",
    "ru": r"\u0400-\u04FF",
    "zh": r"\u4E00-\u9FFF",
}
# The commonest small words of each language: a text of some length cannot do without them.
_SMALL_WORDS = {
    "de": "der die das und ist ich nicht ein eine zu den mit von sie es auf für wie im ihr",
    "en": "the and is of to in a it you that was for on are with as i his they be at my your do",
    "es": "el la los de que y en un una es por con no se para su lo me mi tu del está cómo al",
    "fr": "le la les de des et est un une je que en pour pas vous dans ce il qui sur au du mon",
    "it": "il la di che e un una è per non in con si mi sono lo del i le come da ho",
    "nl": "de het een en van is ik dat niet in op te zijn met voor je u er aan",
    "pt": "o a os de que e em um uma é para com não se por do da eu seu meu no na",
}


def not_empty(subject: Subject) -> str | None:
    """Fail when there is nothing, or nothing but spaces."""
    if not subject.values:
        return "nothing is there"
    empty = [one for one in subject.texts if not one.strip()]
    return "an empty text" if empty else None


def words(subject: Subject, *, at_least: int = 0, at_most: int | None = None) -> str | None:
    """Fail when a text has too few or too many words."""
    for text in subject.texts:
        count = len(_WORD.findall(text))
        if count < at_least:
            return f"{count} words, fewer than {at_least}"
        if at_most is not None and count > at_most:
            return f"{count} words, more than {at_most}"
    return None


def lines(subject: Subject, *, at_least: int = 1, at_most: int | None = None) -> str | None:
    """Fail when a text has too few or too many lines that are not empty."""
    for text in subject.texts:
        count = sum(bool(line.strip()) for line in text.splitlines())
        if count < at_least or (at_most is not None and count > at_most):
            wanted = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
            return f"{count} lines, not {wanted}"
    return None


def contains(
    subject: Subject,
    *,
    any: Sequence[str] = (),  # noqa: A002 - reads best in the data files
    all: Sequence[str] = (),  # noqa: A002
    none: Sequence[str] = (),
) -> str | None:
    """Fail unless all of some texts, one of others, and none of a third kind occur."""
    whole = folded("\n".join(str(one) for one in subject.values))
    missing = [one for one in all if folded(one) not in whole]
    if missing:
        return f"{shown(missing[0])} does not occur"
    if any and not [one for one in any if folded(one) in whole]:
        return f"none of {', '.join(shown(one) for one in any)} occurs"
    unwanted = [one for one in none if folded(one) in whole]
    return f"{shown(unwanted[0])} occurs" if unwanted else None


def matches(subject: Subject, *, pattern: str) -> str | None:
    """Fail when a text has no place that matches a regular expression."""
    expression = re.compile(pattern)
    if not subject.texts:
        return "nothing is there"
    for text in subject.texts:
        if not expression.search(text):
            return f"{shown(text)} does not match"
    return None


def questions(subject: Subject) -> str | None:
    """Fail when a text does not end with a question mark."""
    for text in subject.texts:
        if not text.rstrip(" \"'\u201d").endswith(("?", "\uff1f")):
            return f"{shown(text)} is not a question"
    return None


def reading_grade(
    subject: Subject, *, at_most: float, slack: float = 0.0, language: str = "English"
) -> str | None:
    """Fail when an English text reads harder than a school grade and some slack.

    Source: Flesch-Kincaid grade level, Kincaid et al. 1975; syllables are estimated.
    """
    if language.casefold() != "english":
        return None
    for text in subject.texts:
        grade = flesch_kincaid_grade(text)
        if grade > at_most + slack:
            return f"reads at grade {grade:.1f}, above {at_most + slack:g}"
    return None


def keeps(subject: Subject, *, kinds: Sequence[str]) -> str | None:
    """Fail when a number, a URL or a placeholder of the input is lost."""
    whole = "\n".join(subject.texts)
    for kind in kinds:
        kept = _found(kind, whole)
        for one in _found(kind, subject.input_text):
            if one not in kept:
                return f"{shown(one)} of the input is lost"
    return None


def no_new_numbers(subject: Subject) -> str | None:
    """Fail when a number occurs that neither the input nor a parameter has."""
    values = " ".join(str(one) for one in subject.parameters.values())
    known = set(_found("numbers", f"{subject.input_text} {values}"))
    for text in subject.texts:
        for one in _found("numbers", text):
            if one not in known:
                return f"the number {one} is not in the input"
    return None


def no_first_person(subject: Subject) -> str | None:
    """Fail when an English text says I, me, my, mine or myself outside quotation marks."""
    for text in subject.texts:
        found = _FIRST_PERSON.search(_QUOTED.sub("", text))
        if found:
            return f"{shown(found[0])} occurs"
    return None


def language(subject: Subject, *, code: str) -> str | None:
    """Fail when a text is clearly not in a language, given as a BCP-47 tag.

    By script, or by small words; languages without a rule, and texts of a few words, pass.
    """
    base = code.partition("-")[0].lower()
    whole = " ".join(subject.texts)
    if base in _SCRIPTS:
        found = len(re.findall(f"[{_SCRIPTS[base]}]", whole))
        letters = len(re.findall(r"[^\W\d_]", whole))
        return f"not written in the script of {base}" if found * 2 < letters else None
    tokens = [one.casefold() for one in _WORD.findall(whole)]
    if base not in _SMALL_WORDS or len(tokens) < 4:
        return None
    scores = {
        tag: sum(one in small.split() for one in tokens) for tag, small in _SMALL_WORDS.items()
    }
    best = max(scores, key=scores.__getitem__)
    return f"looks like {best}, not {base}" if scores[best] > scores[base] else None


def flesch_kincaid_grade(text: str) -> float:
    """Return the school grade a text reads at; 0 for a text without words."""
    tokens = _WORD.findall(text)
    if not tokens:
        return 0.0
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    syllables = sum(_syllables(one) for one in tokens)
    return 0.39 * len(tokens) / sentences + 11.8 * syllables / len(tokens) - 15.59


def _syllables(word: str) -> int:
    lower = word.lower()
    groups = len(re.findall(r"[aeiouy]+", lower))
    silent = lower.endswith("e") and not lower.endswith("le") and groups > 1
    return max(1, groups - silent)


def _found(kind: str, text: str) -> list[str]:
    return [one.replace(",", "") for one in _KEPT[kind].findall(text)]
