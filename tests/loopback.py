"""A real HTTP server on loopback that speaks as much of the OpenAI chat protocol as a run needs."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import sleep
from typing import Any


class Chat(ThreadingHTTPServer):
    """Answers each prompt with `reply(prompt)`: a text, or a number for an HTTP status without an answer."""

    daemon_threads = True

    def __init__(self, reply: Callable[[str], str | int], delay: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.delay = delay
        self.tokens = (5, 7)  # of each prompt and reply
        self.requests: list[dict[str, Any]] = []
        self.lock = Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def env(self) -> dict[str, str]:
        """Environment for the models `openai-api/loop/…`."""
        return {"LOOP_BASE_URL": self.base_url, "LOOP_API_KEY": "none"}


class _Handler(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append(request)
        sleep(self.server.delay)
        reply = self.server.reply(request["messages"][-1]["content"])
        message = {"role": "assistant", "content": reply}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        read, wrote = self.server.tokens
        usage = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
        done = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        self._send(*((reply, {"error": {"message": "broken"}}) if isinstance(reply, int) else (200, done)))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except BrokenPipeError:
            pass  # the client was killed, which one test does on purpose

    def log_message(self, *args: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def chat_server(reply: Callable[[str], str | int], delay: float = 0) -> Iterator[Chat]:
    with Chat(reply, delay) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
