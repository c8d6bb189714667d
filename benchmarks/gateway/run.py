"""What Faceplate adds to a call of a language model, beside LiteLLM's proxy in the same run.

    python benchmarks/gateway/run.py [--seconds N] [--rounds N] [--peer-venv DIR] [--no-peer]
                                     [--json FILE] [--check]

Starts a stub provider that answers at once, Faceplate in one process, and LiteLLM's proxy in a
virtual environment of its own (made for this run and thrown away, unless ``--peer-venv`` names
one to keep). Each figure is the best of the rounds: on a shared machine the others measure the
neighbours. ``--check`` ends with status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import load
import uvloop
from load import Target

HERE = Path(__file__).parent
PEER = "litellm[proxy]"
APP = "default-grammar"
CLIENTS = 32
PACE_RPS = 500
PEER_PACE_RPS = 10
BARS = {
    "added p50 at 500 rps, ms": (1.0, "at most"),
    "added p99 at 500 rps, ms": (5.0, "at most"),
    "rps at 32 clients": (2000.0, "at least"),
    "times the peer's rps": (30.0, "at least"),
    "first event later than direct, ms": (2.0, "at most"),
    "events a second": (25_000.0, "at least"),
    "RSS, MB": (120.0, "at most"),
}


@dataclass(frozen=True)
class Figures:
    """What was measured of one target."""

    rps: float
    p50_ms: float
    p99_ms: float
    failed: int
    first_ms: float
    events: float


def main() -> int:
    """Measure, print the table, and judge it when asked to."""
    arguments = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stub_port = _free_port()
        stub_url = f"http://127.0.0.1:{stub_port}/v1"
        stack.enter_context(_running([sys.executable, str(HERE / "stub.py"), str(stub_port)]))
        _wait_for(stub_port)
        targets = {"direct": Target(f"{stub_url}/chat/completions", _chat("stub-1"), "none")}
        port = _free_port()
        ours = stack.enter_context(
            _running(
                [sys.executable, str(HERE / "server.py"), str(port), stub_url, str(folder)],
                log=folder / "faceplate.log",
            )
        )
        key = _first_line(ours)
        _wait_for(port)
        body = {"input_text": "She no went to the market."}
        targets["faceplate"] = Target(f"http://127.0.0.1:{port}/v1/examples/{APP}", body, key)
        peer = None
        if not arguments.no_peer:
            peer, peer_port = _start_peer(stack, arguments.peer_venv, folder, stub_url)
            url = f"http://127.0.0.1:{peer_port}/v1/chat/completions"
            targets["litellm"] = Target(url, _chat("stub-1"), "sk-benchmark")
        found = _measure(targets, arguments)
        memory = {"faceplate": _rss_mb(ours.pid)}
        if peer is not None:
            memory["litellm"] = _rss_mb(peer.pid)
    return _report(found, memory, arguments)


def _measure(targets: Mapping[str, Target], arguments: argparse.Namespace) -> dict[str, Figures]:
    best: dict[str, Figures] = {}
    for _ in range(arguments.rounds):
        for name, target in targets.items():
            figures = uvloop.run(_one(name, target, arguments.seconds))
            best[name] = _better(best.get(name), figures)
    return best


async def _one(name: str, target: Target, seconds: float) -> Figures:
    peer = name == "litellm"
    await load.closed_loop(target, clients=4, seconds=min(seconds, 2))
    paced = await load.open_loop(target, rps=PEER_PACE_RPS if peer else PACE_RPS, seconds=seconds)
    closed = await load.closed_loop(target, clients=CLIENTS, seconds=seconds)
    first = await load.first_bytes(target, streams=10 if peer else 200)
    events = await load.events_a_second(target, clients=2 if peer else 8, seconds=seconds)
    return Figures(
        rps=closed.rps,
        p50_ms=paced.pct(50),
        p99_ms=paced.pct(99),
        failed=closed.failed + paced.failed + first.failed,
        first_ms=first.pct(50),
        events=events,
    )


def _better(one: Figures | None, other: Figures) -> Figures:
    if one is None:
        return other
    return Figures(
        rps=max(one.rps, other.rps),
        p50_ms=min(one.p50_ms, other.p50_ms),
        p99_ms=min(one.p99_ms, other.p99_ms),
        failed=one.failed + other.failed,
        first_ms=min(one.first_ms, other.first_ms),
        events=max(one.events, other.events),
    )


def _report(
    found: Mapping[str, Figures], memory: Mapping[str, float], arguments: argparse.Namespace
) -> int:
    print(
        f"{'':10} {'rps':>8} {'p50 ms':>8} {'p99 ms':>8} {'first ms':>9} {'events/s':>9} "
        f"{'RSS MB':>7} {'failed':>7}"
    )
    for name, one in found.items():
        rss = f"{memory[name]:.0f}" if name in memory else "-"
        print(
            f"{name:10} {one.rps:8.0f} {one.p50_ms:8.2f} {one.p99_ms:8.2f} {one.first_ms:9.2f} "
            f"{one.events:9.0f} {rss:>7} {one.failed:7}"
        )
    print(
        f"p50 and p99 at {PACE_RPS} requests a second (litellm at {PEER_PACE_RPS}), rps at "
        f"{CLIENTS} clients.\n"
    )
    ours, direct = found["faceplate"], found["direct"]
    figures = {
        "added p50 at 500 rps, ms": ours.p50_ms - direct.p50_ms,
        "added p99 at 500 rps, ms": ours.p99_ms - direct.p99_ms,
        "rps at 32 clients": ours.rps,
        "first event later than direct, ms": ours.first_ms - direct.first_ms,
        "events a second": ours.events,
        "RSS, MB": memory["faceplate"],
    }
    if "litellm" in found:
        figures["times the peer's rps"] = ours.rps / max(found["litellm"].rps, 0.1)
    missed = 0
    for name, (bar, side) in BARS.items():
        if name not in figures:
            continue
        met = figures[name] <= bar if side == "at most" else figures[name] >= bar
        missed += not met
        print(f"{'ok    ' if met else 'MISSED'} {name}: {figures[name]:.2f} ({side} {bar:g})")
    if arguments.json:
        table = {name: vars(one) for name, one in found.items()}
        arguments.json.write_text(json.dumps({"targets": table, "bars": figures}, indent=2) + "\n")
    return int(arguments.check and missed > 0)


def _start_peer(
    stack: ExitStack, venv: Path | None, folder: Path, stub_url: str
) -> tuple[subprocess.Popen[str], int]:
    """Start LiteLLM's proxy over the same stub, one worker, with a key to check."""
    venv = venv or folder / "peer"
    if not (venv / "bin" / "litellm").exists():
        print("Installing the peer …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", PEER], check=True)
    config = folder / "peer.json"
    model = {"model": "openai/stub-1", "api_base": stub_url, "api_key": "sk-stub"}
    config.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": "stub-1", "litellm_params": model}],
                "general_settings": {"master_key": "sk-benchmark"},
            }
        )
    )
    port = _free_port()
    command = [str(venv / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1"]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    process = stack.enter_context(
        _running(command, log=folder / "peer.log", environment=environment)
    )
    _wait_for(port, seconds=180)
    return process, port


@contextmanager
def _running(
    command: Sequence[str], *, log: Path | None = None, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    with ExitStack() as stack:
        errors = stack.enter_context(log.open("w")) if log else None
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
            if process.stdout is not None:
                process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _wait_for(port: int, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _chat(model: str) -> dict[str, object]:
    said = [
        {"role": "system", "content": "Correct the English."},
        {"role": "user", "content": "She no went to the market."},
    ]
    return {"model": model, "messages": said, "temperature": 0, "max_tokens": 64}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--peer-venv", type=Path, help="keep the peer's environment here")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
