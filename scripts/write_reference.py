"""Write the generated pages and the Postman collection; `--check` only compares."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api_reference import api_page
from apps_reference import apps_page
from cli_reference import cli_page
from errors_reference import errors_page
from faceplate.config import PREFIX, Settings
from rekognition_reference import rekognition_page
from terraform_reference import terraform_page
from write_postman import files as postman_files

ROOT = Path(__file__).parents[1]
NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"


def settings_page() -> str:
    """Render every setting with its default and meaning."""
    rows = [
        "# Settings\n",
        NOTE,
        "Read from the command line, then the environment, then `.env` in the working folder, then "
        "these defaults. An unknown name is an error. Lists are words with commas between. "
        "`faceplate doctor` prints each value and where it came from.\n",
        "| setting | default | meaning |",
        "|---|---|---|",
        *_rows(Settings, PREFIX),
        "| `FACEPLATE_URL` | | Read by the command line alone: the server to talk to. |",
    ]
    return "\n".join(rows) + "\n"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        variable = str(field.validation_alias or f"{prefix}{name}".upper())
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            rows += _rows(inner, f"{variable}__")
        else:
            rows.append(f"| `{variable}` | {_default(name, field)} | {field.description} |")
    return rows


def _default(name: str, field: FieldInfo) -> str:
    if name == "data_dir":
        return "the user's data folder"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, tuple):
        return "`" + ", ".join(str(item) for item in value) + "`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def third_party_page() -> str:
    """Render every file that is not ours: weights and sample pictures."""
    rows = [
        "# Third-party weights and pictures\n",
        NOTE,
        "None of these is in the repository or in a built package: they are fetched from the "
        "places their manifest lists, and used only when their SHA-256 is the one below. The "
        "packages we depend on are listed with their reasons in "
        "`docs/decisions/0002-dependencies.md` and pinned in `requirements/`; each carries its own "
        "licence.\n",
        "## Weights (`src/faceplate/adapters/onnx/models.toml`)\n",
        "| model | file | licence | SHA-256 | origin | note |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | `{entry['file']}`, {entry['size_bytes']:,} B | {entry['licence']} | "
            f"`{entry['sha256']}` | {entry['source_page']} | {entry['note']} |"
            for name, entry in _manifest("onnx/models.toml", "models").items()
        ),
        "\n## Sample pictures (`faceplate demo`, tests)\n",
        "| file | shows | licence | credit | SHA-256 |",
        "|---|---|---|---|---|",
        *(
            f"| `{entry['file']}` | {entry['person']} | {entry['licence']} | {entry['credit']} | "
            f"`{entry['sha256']}` |"
            for entry in _manifest("packages/samples.toml", "pictures").values()
        ),
        "\n`/docs` serves Swagger UI (Apache-2.0) out of the package fastapi-swagger (MIT).\n",
        "Tests also read `insightface/data/images/t1.jpg` (six people) out of the wheel of "
        "insightface 2.1 (MIT), installed for tests only. Its weights are never used.",
    ]
    return "\n".join(rows) + "\n"


def _manifest(path: str, table: str) -> dict[str, dict[str, Any]]:
    text = (ROOT / "src" / "faceplate" / "adapters" / path).read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = tomllib.loads(text)[table]
    return entries


PAGES = {
    "docs/reference/api.md": api_page,
    "docs/reference/cli.md": cli_page,
    "docs/reference/settings.md": settings_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/apps.md": apps_page,
    "docs/reference/rekognition.md": rekognition_page,
    "docs/reference/terraform.md": terraform_page,
    "THIRD_PARTY.md": third_party_page,
}


def main() -> int:
    """Write or compare the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    pages = {name: page() for name, page in PAGES.items()}
    pages |= {f"postman/{name}": text for name, text in postman_files().items()}
    for name, text in pages.items():
        path = ROOT / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif not check:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"out of date: {', '.join(stale)}; run scripts/write_reference.py")
    return int(bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
