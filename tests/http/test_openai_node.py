"""OpenAI's own client for Node, unmodified; skipped where Node or its packages cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import stub_provider as stubs
from node_packages import installed
from text_serving import Service, service

SCRIPT = """
import OpenAI from "openai";
const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.argv[3], maxRetries: 0 });
const said = [{ role: "user", content: "one two three" }];
const found = {};
found.models = (await client.models.list()).data.map((model) => model.id);
found.text = (await client.chat.completions.create({ model: "mood", messages: said }))
  .choices[0].message.content;
found.typed = (await client.chat.completions.create({
  model: "mood", messages: said, response_format: { type: "json_object" },
})).result;
found.streamed = "";
const stream = await client.chat.completions.create({
  model: "mood", messages: said, stream: true,
});
for await (const chunk of stream) found.streamed += chunk.choices[0]?.delta?.content ?? "";
found.responded = (await client.responses.create({ model: "mood", input: "one two three" }))
  .output_text;
try {
  await client.chat.completions.create({ model: "mood", messages: said, temperature: 99 });
} catch (error) {
  found.error = [error.constructor.name, error.status, error.param];
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client installed."""
    folder = installed(tmp_path_factory.mktemp("node"), "openai")
    (folder / "client.js").write_text(SCRIPT)
    return folder


@pytest.fixture
def served() -> Iterator[Service]:
    with service() as found:
        yield found


@pytest.mark.slow
def test_the_node_client_works_unmodified(package: Path, served: Service) -> None:
    async def by_request(seen: stubs.Seen, wire: stubs.Wire) -> None:
        typed = seen.method == "POST" and "response_format" in seen.json
        await (stubs.says_text('{"mood": "good"}') if typed else stubs.usual)(seen, wire)

    served.stub.always = by_request
    done = subprocess.run(
        ["node", "client.js", f"{served.url}/v1", served.secret],
        cwd=package,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "models": ["mood", "stub-1"],
        "text": "one two three",
        "typed": {"mood": "good"},
        "streamed": "one two three",
        "responded": "one two three",
        "error": ["BadRequestError", 400, "temperature"],
    }
