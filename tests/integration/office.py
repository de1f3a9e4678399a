"""An office on this machine: a region, hubs and devices as real processes over loopback TLS.

    with Office() as office:
        azilal = office.hub("azilal", "05.081")
        amina = office.device("amina", azilal, ["05.081.03.09"], person="Amina Ouhaddou")
        case = amina.new("register_household", place="05.081.03.09", head_name_ar="...")["case"]
        amina.sync()

Each office has a temporary folder and ports of its own. On leaving, its servers are ended by
their process ids and the folder goes; should Python itself be killed, the kernel ends them.
The programs are looked for in the folder that DOUAR_BIN names.
"""

import collections
import contextlib
import ctypes
import json
import os
import pathlib
import random
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = PROJECT / "schema"
GEOGRAPHY = SCHEMA / "geo" / "beni-mellal-khenifra.csv"
COMMAND_TIMEOUT_S = 300  # a sanitizer build on a busy machine is slow; nothing waits this long
SERVE_TIMEOUT_S = 60
PR_SET_PDEATHSIG = 1

Done = collections.namedtuple("Done", "status out err line")


class Refused(Exception):
    """A command ended with a failure; `error` is its stable name."""

    def __init__(self, done, answer):
        super().__init__(f"{done.line}\n  exit {done.status}: {answer or done.err or done.out}")
        self.status = done.status
        self.answer = answer
        self.error = answer.get("error")
        self.args_given = answer.get("args", [])
        self.message = answer.get("message", "")


def program(name):
    folder = os.environ.get("DOUAR_BIN")  # relative to where the test was begun
    if not folder:
        raise SystemExit("DOUAR_BIN must name the folder of douar and douard")
    return str(pathlib.Path(folder).absolute() / name)


@contextlib.contextmanager
def unsealed(home, database=None):
    """The database of an unlocked home, or a copy of it, in the clear; what is made goes again."""
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "unseal"
    with tempfile.TemporaryDirectory(prefix="douar-unsealed-") as folder:
        copy = pathlib.Path(folder) / "copy.db"
        subprocess.run([tool, home, copy, *([database] if database else [])], check=True)
        connection = sqlite3.connect(copy)
        try:
            yield connection
        finally:
            connection.close()


def unsealed_file(home, name):
    """A file beside the database of an unlocked home, in the clear."""
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "unseal"
    return subprocess.run([tool, home, "=", name], check=True, capture_output=True).stdout


def unsealed_bytes(home, database=None):
    with unsealed(home, database) as connection:
        return connection.serialize()


def free_port():
    """A port that nobody listens on now, and none that the kernel gives to those who call: a server
    that is down for a moment must find its own again."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest = int(file.read().split()[0])
    while True:
        port = random.randrange(max(1024, lowest - 16384), lowest)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def answers_of(text):
    """The JSON objects of an output, one a line; other lines (warnings, a sanitizer's) are skipped."""
    answers = []
    for line in text.split("\n"):  # of what ends a line for Unicode, a value may hold any
        if line.startswith("{"):
            answers.append(json.loads(line))
    return answers


def digest_of(rows):
    return {(row["scope"], row["compartment"]): (row["count"], row["sum"]) for row in rows}


class Program:
    """One home folder and the program that works in it."""

    program = ""

    def __init__(self, office, name):
        self.office = office
        self.name = name
        self.home = office.folder / name
        self.clock_offset_ms = 0
        self.person = None

    def environment(self):
        # Nothing of the person who runs the test may leak in: no home, no language, no proxy.
        environment = {"PATH": "/usr/bin:/bin", "DOUAR_LANG": "en", "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        if self.clock_offset_ms:
            environment["DOUAR_CLOCK_OFFSET_MS"] = str(self.clock_offset_ms)
        return environment

    def line(self, *words):
        """As one would type it in the office's folder."""
        return [program(self.program), "--home", self.name, *(str(word) for word in words)]

    def run(self, *words, input=None):
        """Runs a command, whatever comes of it."""
        line = self.line(*words)
        if isinstance(input, (dict, list)):
            input = json.dumps(input, ensure_ascii=False)
        if isinstance(input, str):
            input = input.encode()
        done = subprocess.run(line, input=input if input is not None else b"",
                              capture_output=True, timeout=COMMAND_TIMEOUT_S,
                              cwd=self.office.folder, env=self.environment(),
                              preexec_fn=end_with_parent)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode(),
                    " ".join([self.program, *(str(word) for word in words)]))

    def text(self, *words, input=None):
        """What a person sees; Refused when the command fails."""
        done = self.run(*words, input=input)
        if done.status:
            raise Refused(done, {})
        return done.out

    def answers(self, *words, input=None):
        """The answers of a command with --json; Refused when it fails."""
        done = self.run("--json", *words, input=input)
        answers = answers_of(done.out)
        if done.status:
            failed = [a for a in answers + answers_of(done.err) if "error" in a]
            raise Refused(done, failed[-1] if failed else {})
        return answers

    def call(self, *words, input=None):
        answers = self.answers(*words, input=input)
        if not answers:
            raise AssertionError(f"no answer to {words}")
        return answers[-1]


class Server(Program):
    """A region or a hub."""

    program = "douard"

    def __init__(self, office, name):
        super().__init__(office, name)
        self.process = None
        self.port = 0
        self.log = office.folder / f"{name}.log"

    def init(self, role, title):
        self.port = free_port()
        made = self.call("init", f"--{role}", "--name", title, "--address", "127.0.0.1",
                         "--port", self.port)
        self.passphrase = made["passphrase"]
        self.recovery_passphrase = made["recovery_passphrase"]
        # Tests decide when a hub speaks with the region and when a backup is made.
        self.configure(uplink_minutes=0, backup_minutes=0, collect_hours=0)

    def configure(self, **settings):
        file = self.home / "douard.conf"
        lines = file.read_text().splitlines()
        for key, value in settings.items():
            lines = [line for line in lines if not line.startswith(f"{key} =")]
            lines.append(f"{key} = {value}")
        file.write_text("\n".join(lines) + "\n")

    def start(self):
        """Serves; returns once it answers on its port."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.line("--json", "serve"), stdout=subprocess.PIPE,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.office.folder, env=self.environment(),
                                            preexec_fn=self.office.before)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            said = selector.select(SERVE_TIMEOUT_S) and self.process.stdout.readline()
        self.process.stdout.close()
        if not said:
            self.kill()
            raise AssertionError(f"{self.name} doesn't serve: {self.log.read_text()}")

    def stop(self):
        """Asks it to end, as a service manager does."""
        if self.process:
            self.process.terminate()
            status = self.process.wait(SERVE_TIMEOUT_S)
            self.process = None
            return status
        return None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def invite(self, role="worker", scopes=(), compartments=(), person=None):
        words = ["node", "invite", "--role", role]
        if scopes:
            words += ["--scope", ",".join(scopes)]
        if compartments:
            words += ["--compartment", ",".join(compartments)]
        if person:
            words += ["--person", person]
        return self.call(*words)["code"]

    def uplink(self):
        return self.call("uplink", "sync")

    def digest(self):
        return digest_of(self.call("digest")["list"])


class Device(Program):
    program = "douar"

    def line(self, *words):
        line = super().line(*words)
        return line + ["--as", self.person] if self.person else line

    def init(self):
        self.passphrase = self.call("init")["passphrase"]

    def enrol(self, code):
        self.init()
        return self.call("enrol", code, "--name", self.name)

    def stay_open(self, minutes):
        """For work that takes longer than a device that nobody uses stays open."""
        words = self.office.folder / f"{self.name}.words"
        words.write_text(self.passphrase + "\n")
        self.call("unlock", "--passphrase-file", words, "--minutes", minutes)

    @staticmethod
    def settings(answers):
        return [word for name, value in answers.items() for word in ("--set", f"{name}={value}")]

    def new(self, form, place=None, parent=None, **answers):
        words = ["new", form, *self.settings(answers)]
        words += ["--place", place] if place else []
        words += ["--parent", parent] if parent else []
        return self.call(*words)

    def edit(self, record, **answers):
        return self.call("edit", record, *self.settings(answers))

    def show(self, record):
        return self.call("show", record)

    def value(self, record, name):
        for one in self.show(record)["properties"]:
            if one["property"] == name:
                return one["value"]
        return None

    def sync(self):
        return self.call("sync")

    def digest(self):
        return digest_of(self.call("digest")["digest"])


class Office:
    """The region and all that is enrolled below it."""

    def __init__(self, folder=None, outlives=False):
        # An office that outlives this program is ended by who finds it (tests/demo --keep).
        self.before = os.setsid if outlives else end_with_parent
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="douar-"))
        self.servers = []
        self.devices = []
        self.region = None

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *failure):
        self.close()

    def open(self):
        self.region = Server(self, "region")
        self.servers.append(self.region)
        self.region.init("region", "Béni Mellal-Khénifra")
        self.region.call("type", "add", *sorted((SCHEMA / "types").glob("*.json")))
        self.region.call("form", "add", *sorted((SCHEMA / "forms").glob("*.json")))
        self.region.call("geo", "import", GEOGRAPHY)
        self.region.start()

    def close(self):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def person(self, name, role="worker", scopes=("05",), compartments=("base",),
               verbs=("read", "write")):
        self.region.call("person", "add", name, "--role", role)
        self.region.call("person", "grant", name, "--scope", ",".join(scopes),
                         "--compartment", ",".join(compartments), "--verbs", ",".join(verbs))
        return name

    def hub(self, name, *scopes):
        hub = Server(self, name)
        self.servers.append(hub)
        hub.init("hub", name)
        hub.call("uplink", "set", self.region.invite("hub", scopes))
        hub.uplink()
        hub.start()
        return hub

    def device(self, name, hub, scopes, compartments=("base",), person=None, role="worker"):
        device = Device(self, name)
        self.devices.append(device)
        device.enrol(hub.invite(role, scopes, compartments, person))
        return device


def wait_until(condition, timeout_s=60, what=""):
    """For what happens by itself, such as a hub's uplink."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(0.1)
