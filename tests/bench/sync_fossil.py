"""sync_fossil.py - bench_sync.py's hand at Fossil: what sync_cost.c does, with the same persons as files of a check-in.

A repository served by `fossil server` over HTTP on loopback, a clone that adds a file a person, a second clone that gets
them. 20 edits are 20 changed files in one check-in. All go through a relay here that counts requests and bytes both ways,
headers with them. The rows have the shape of sync_cost.c's; a time is that of a whole `fossil` command.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

from office import end_with_parent, free_port
from peers import Absent, run

REQUEST = re.compile(rb"(GET|POST) \S+ HTTP/1\.")
EDITS = 20
START_S = 10


class Relay:
    """Passes connections on to a port of loopback and counts what goes through."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.lock = threading.Lock()
        self.requests = self.sent = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            server = socket.create_connection(self.target)
            threading.Thread(target=self.pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, False), daemon=True).start()

    def pass_on(self, source, sink, upwards):
        while True:
            try:
                part = source.recv(1 << 16)
                if not part:
                    sink.shutdown(socket.SHUT_WR)
                    return
                with self.lock:
                    if upwards:
                        self.sent += len(part)
                        self.requests += REQUEST.match(part) is not None
                    else:
                        self.received += len(part)
                sink.sendall(part)
            except OSError:  # the other side has gone
                return

    def count(self):
        with self.lock:
            return self.requests, self.sent, self.received


class Fossil:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "FOSSIL_HOME": str(folder), "HOME": str(folder), "USER": "office"}
        self.tree = folder / "tree"
        self.relay = None
        self.rows = {}

    def call(self, *words, cwd=None):
        return run(["fossil", *words], env=self.environment, cwd=cwd or self.folder)

    def measure(self, name, items, *words, cwd=None):
        before, start = self.relay.count(), time.monotonic()
        self.call(*words, cwd=cwd)
        ms = (time.monotonic() - start) * 1000
        requests, sent, received = (now - then for now, then in zip(self.relay.count(), before))
        self.rows[name] = {"requests": requests, "sent": sent, "received": received, "bytes": sent + received,
                           "items": items, "ms": ms}

    def clone(self, name):
        return ("clone", "--no-open", "--save-http-password", "-A", "office",
                f"http://office:secret@127.0.0.1:{self.relay.port}/", self.folder / f"{name}.fossil")

    def commit(self, comment):
        self.call("commit", "--no-warnings", "--allow-older", "-m", comment, cwd=self.tree)

    def must(self, repository, query, number, what):
        found = self.call("sql", "-R", self.folder / f"{repository}.fossil", query)
        if found.strip() != str(number):
            raise Absent(f"{what}: {found.strip()} instead of {number}")

    def drive(self, people):
        lines = people.read_text(encoding="utf-8").splitlines()
        self.call(*self.clone("worker"))
        self.tree.mkdir()
        self.call("open", self.folder / "worker.fossil", cwd=self.tree)
        files = [self.tree / "people" / (json.loads(line)["_id"] + ".json") for line in lines]
        files[0].parent.mkdir()
        for file, line in zip(files, lines):
            file.write_text(line + "\n", encoding="utf-8")
        self.call("add", "people", cwd=self.tree)
        self.commit("everybody")
        self.measure("push", len(lines), "sync", cwd=self.tree)
        self.measure("nothing_first", 0, "sync", cwd=self.tree)
        self.measure("pull", len(lines), *self.clone("second"))
        self.must("second", "SELECT count(*) FROM filename", len(lines), "files cloned")
        self.measure("nothing", 0, "sync", cwd=self.tree)
        for file, line in list(zip(files, lines))[:EDITS]:
            file.write_text(json.dumps({**json.loads(line), "phone": "07" + file.stem[-8:]}, ensure_ascii=False,
                                       separators=(",", ":")) + "\n", encoding="utf-8")
        self.commit("edits")
        self.measure("edits", EDITS, "sync", cwd=self.tree)
        self.must("server", "SELECT count(*) FROM event WHERE type = 'ci'", 3, "check-ins at the server")


@contextlib.contextmanager
def served(fossil):
    """`fossil server` on its repository, with a relay before it."""
    fossil.call("settings", "autosync", "off", "--global")
    fossil.call("init", "--admin-user", "office", "server.fossil")
    fossil.call("user", "password", "office", "secret", "-R", "server.fossil")
    port = free_port()
    with subprocess.Popen(["fossil", "server", "--localhost", "--port", str(port), "server.fossil"], cwd=fossil.folder,
                          env=fossil.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, preexec_fn=end_with_parent) as server:
        try:
            wait_until_it_serves(port)
            fossil.relay = Relay(port)
            yield
        finally:
            server.terminate()


def wait_until_it_serves(port):
    end = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError as why:
            if time.monotonic() > end:
                raise Absent("fossil server didn't start") from why
            time.sleep(0.05)


def measure(people, folder):
    """The rows, or Absent and why."""
    if not shutil.which("fossil"):
        raise Absent("it isn't here: apt-get install fossil")
    fossil = Fossil(folder)
    with served(fossil):
        fossil.drive(people)
    return fossil.rows
