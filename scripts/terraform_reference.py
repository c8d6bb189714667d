"""Render docs/reference/terraform.md from the variables and outputs of the AWS stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

STACK = Path(__file__).parents[1] / "terraform"
NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"
_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r"^  (\w+) += (.+)$", re.MULTILINE)


def terraform_page() -> str:
    """Render every variable with its type, default and meaning, and every output."""
    rows = [
        "# Terraform variables\n",
        NOTE,
        "They go into `terraform/terraform.tfvars`, as `rate_rps = 50`, or into the environment, "
        "as `TF_VAR_rate_rps`; `make deploy` applies them. Those without a default must be given. "
        "What the functions themselves take is among the [settings](settings.md); "
        "`extra_environment` hands it to them.\n",
        "| variable | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, arguments in sorted(_blocks("variable")):
        default = arguments.get("default")
        rows.append(
            f"| `{name}` | {arguments['type']} | {f'`{default}`' if default else 'none: give one'} "
            f"| {_text(arguments['description'])} |"
        )
    rows += [
        "\n## Outputs\n",
        "`terraform -chdir=terraform output -raw NAME` prints one.\n",
        "| output | is |",
        "|---|---|",
        *(
            f"| `{name}` | {_text(arguments['description'])} |"
            for name, arguments in sorted(_blocks("output"))
        ),
    ]
    return "\n".join(rows) + "\n"


def _blocks(kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(STACK.glob("*.tf")):
        for found, name, body in _BLOCK.findall(path.read_text(encoding="utf-8")):
            if found == kind:
                yield name, dict(_ARGUMENT.findall(body))


def _text(quoted: str) -> str:
    return quoted.strip('"').replace('\\"', '"')
