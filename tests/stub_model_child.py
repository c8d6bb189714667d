"""A child process that speaks as the real one does, without a model.

What it does is in the last message: ``count`` streams numbers until the client goes, and writes how
far it came to the file that follows; ``crash`` ends the process in the middle; ``die`` before any
answer, so often; ``stop`` makes it stand still; ``wait`` for a file; ``long`` is refused as too
long; ``environment`` lists names. Everything else is answered with the number of the process.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != f"Bearer {order['api_key']}":
            self.answer(401, {"error": {"code": 401, "type": "authentication_error"}})
            return
        if self.path.endswith("/responses"):
            self.answer(200, {"object": "response", "body": body})
            return
        words = body["messages"][-1]["content"].split()
        if words[0] == "long":
            self.answer(400, {"error": {"code": 400, "type": "exceed_context_size_error"}})
        elif words[0] == "crash":
            self.start_stream()
            self.event({"choices": [{"index": 0, "delta": {"content": "1"}}]})
            os._exit(9)
        elif words[0] == "die":
            self.die(Path(words[1]), int(words[2]), body)
        elif words[0] == "stop":
            self.stop()
        elif words[0] == "environment":
            self.answer(200, completion(" ".join(os.environ), body))
        elif words[0] == "count":
            self.count(Path(words[1]))
        elif words[0] == "wait":
            while not Path(words[1]).exists():
                time.sleep(0.01)
            self.answer(200, completion("waited", body))
        else:
            self.answer(200, completion(str(os.getpid()), body))

    def die(self, mark, times, body):
        died = mark.read_text() if mark.exists() else ""
        if len(died) < times:
            mark.write_text(died + "x")
            os._exit(9)
        self.answer(200, completion("survived", body))

    def stop(self):
        self.start_stream()
        self.event({"choices": [{"index": 0, "delta": {"content": "1"}}]})
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(3600)

    def count(self, path):
        self.start_stream()
        try:
            for number in range(10_000):
                path.write_text(str(number))
                self.event({"choices": [{"index": 0, "delta": {"content": f"{number} "}}]})
                time.sleep(0.01)
        except OSError:
            path.write_text("left")

    def start_stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()

    def event(self, chunk):
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.flush()

    def answer(self, status, document):
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def completion(text, body):
    return {
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": text}}],
        "seen": body,
    }


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


order = json.loads(sys.stdin.readline())
if Path(order["path"]).read_bytes() == b"GGUF refuse":
    say({"error": "model_load_failed"})
    sys.exit(0)
if Path(order["path"]).read_bytes() == b"GGUF absent":
    say({"error": "llm_not_installed"})
    sys.exit(0)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=end_with_parent, daemon=True).start()
say({"url": f"http://127.0.0.1:{server.server_port}"})
server.serve_forever()
