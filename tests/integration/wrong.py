"""What test_refusals.py needs to be wrong on purpose: spoilt codes, raw requests, and an eye that
sees whether anything changed."""

import base64
import hashlib
import http.client
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile

from office import unsealed, unsealed_file

CODE = "DOUAR1-"
# What may be written by who is refused: who called and when, when a sync was tried, wrong secrets
# (five of them burn a code).
NOISE = {"caller"}
ROWS = {"invite": "SELECT code, secret_hash, definition, expires_ms, used_by, used_key, answer"
                  " FROM invite",
        "self": "SELECT * FROM self WHERE key NOT LIKE 'setting.uplink%'"}


def bytes_of(home):
    """A sum of the files that hold the database as they lie: the same bytes, the same content."""
    total = hashlib.sha256()
    for path in sorted(pathlib.Path(home).glob("*.db*")):
        if not path.name.endswith("-shm"):
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.digest()


def content_of(home, known={}):
    """A sum of every table of a node's database: what it holds, not how its pages lie. Files that
    are as they were aren't read again: most refusals leave each byte where it is."""
    before = bytes_of(home)
    if known.get(home, (None,))[0] == before:
        return known[home][1]
    sums = {}
    with unsealed(home) as connection:
        names = [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
            " ORDER BY name")]
        for name in names:
            if name in NOISE:
                continue
            query = ROWS.get(name, f'SELECT * FROM "{name}"')
            rows = sorted(repr(row) for row in connection.execute(query))
            sums[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    if bytes_of(home) == before:  # else somebody wrote meanwhile
        known[home] = before, sums
    return sums


# ---- enrolment codes (schema/protocol.md, Enrolment)

def code_members(code):
    text = code[len(CODE):].replace("-", "")
    data = base64.b32decode(text + "=" * (-len(text) % 8))
    return json.loads(data[:-4])


def code_with(code, **members):
    """The code with other members and a checksum that fits."""
    plain = json.dumps({**code_members(code), **members}, separators=(",", ":")).encode()
    check = hashlib.blake2b(b"douar-code-1\0" + plain, digest_size=32).digest()[:4]
    return CODE + base64.b32encode(plain + check).decode().rstrip("=")


# ---- requests

def trusting():
    """The tests know whom they call; the pin is the devices' affair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ask(port, method, path, body=b"", **headers):
    """(status, answer): the answer as JSON where it is."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=trusting())
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        data = response.read()
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status, json.loads(data) if is_json else data
    finally:
        connection.close()


def ask_raw(port, data, wait_s=5):
    """Sends the bytes as they are and gives what comes back, until the end or nothing more comes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as plain:
        with trusting().wrap_socket(plain) as channel:
            channel.sendall(data)
            try:
                while more := channel.recv(65536):
                    answer += more
            except OSError:
                pass  # waited long enough, or cut
    return answer


def capture(hub, device, *words):
    """
    The body of the request that a device sends to its hub: with the hub's own key this stands in
    for it, takes one request, and hangs up. The hub never sees it.
    """
    hub.stop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as key:
        key.write(unsealed_file(hub.home, "tls/server.key"))
        key.flush()
        context.load_cert_chain(hub.home / "tls" / "server.pem", key.name)
    with socket.create_server(("127.0.0.1", hub.port)) as listener:
        listener.settimeout(60)
        process = subprocess.Popen(device.line("--json", *words), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                   cwd=device.office.folder, env=device.environment())
        try:
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as channel:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += channel.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                sizes = [line.split(b":")[1] for line in head.split(b"\r\n")
                         if line.lower().startswith(b"content-length:")]
                while len(body) < int(sizes[0]):
                    body += channel.recv(65536)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    hub.start()
    return body
