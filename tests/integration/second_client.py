"""A second client of Douar, written from schema/protocol.md alone, without a line of the product.

    client = Client("Amina's tablet")
    client.enrol("DOUAR1-...")
    client.sync()
    entity = client.create_household("05.081.03.09", {"head_name_ar": "...", "members": 6})
    client.sync()
    client.records.values(entity)

All it holds is in memory: it shows that the protocol is complete, and is no place for people's
data. A real client puts every op on its disk before it sends it, and keeps what it reads
(protocol.md, What a reader must do).
"""

import base64
import datetime
import decimal
import hashlib
import http.client
import json
import os
import pathlib
import re
import ssl
import time
import urllib.parse

import zstandard
from nacl.encoding import RawEncoder
from nacl.exceptions import BadSignatureError
from nacl.hash import blake2b
from nacl.signing import SigningKey, VerifyKey

DICTIONARY = pathlib.Path(__file__).resolve().parents[2] / "schema" / "dictionary" / "1"
DICTIONARY_NUMBER = 1
REPLY_MAX_BYTES = 4 << 20
PLAIN_MAX_BYTES = 16 << 20
BATCH_MAX_BYTES = 1 << 20
RECEIPT_SLACK_MS = 600_000
NOBODY = "A" * 22
TIMEOUT_S = 60


class ProtocolError(Exception):
    """What the other side did isn't what the protocol says."""


class Refused(Exception):
    """An answer other than 200; `error` is its stable name."""

    def __init__(self, status, answer):
        super().__init__(f"{status} {answer}")
        self.status = status
        self.answer = answer
        self.error = answer.get("error")


def expect(condition, what):
    if not condition:
        raise ProtocolError(what)


# ---- Encodings


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text, size):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    expect(len(data) == size and b64(data) == text, f"not {size} bytes of base64url: {text}")
    return data


def u64(number):
    return (number & (1 << 64) - 1).to_bytes(8, "big")


def sized(data):
    return u64(len(data)) + data


def hash256(data):
    return blake2b(data, digest_size=32, encoder=RawEncoder)


def H(label, *parts):
    return hash256(label.encode() + b"\0" + b"".join(parts))


def H16(label, *parts):
    return H(label, *parts)[:16]


def message(label, *parts):
    """What a signature is over."""
    return label.encode() + b"\0" + b"".join(parts)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def only_once(pairs):
    expect(len({key for key, _ in pairs}) == len(pairs), "a key stands twice")
    return dict(pairs)


def no_fraction(text):
    raise ProtocolError(f"not an integer: {text}")


def parsed(data):
    return json.loads(data, object_pairs_hook=only_once, parse_float=no_fraction,
                      parse_constant=no_fraction)


def now_ms():
    return time.time_ns() // 1_000_000


# ---- The enrolment code


def read_code(text):
    letters = re.sub(r"[\s-]", "", text).upper()
    expect(letters.startswith("DOUAR1"), "not an enrolment code")
    letters = letters[len("DOUAR1"):]
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError as wrong:
        raise ProtocolError("not base32") from wrong
    expect(base64.b32encode(raw).decode().rstrip("=") == letters, "mistyped at the end")
    data, checksum = raw[:-4], raw[-4:]
    expect(H("douar-code-1", data)[:4] == checksum, "mistyped: the checksum differs")
    return parsed(data)


# ---- Transport: the server's key is pinned, and nothing else is trusted


def der_value(data, at):
    """Of the DER element at an offset: where its value begins and ends."""
    size = data[at + 1]
    begin = at + 2
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[begin:begin + count], "big")
        begin += count
    return begin, begin + size


def subject_public_key_info(certificate):
    """RFC 5280: version [0], serial, signature, issuer, validity, subject, then what we want."""
    at, _ = der_value(certificate, 0)
    at, _ = der_value(certificate, at)
    if certificate[at] == 0xA0:
        _, at = der_value(certificate, at)
    for _ in ("serial", "signature", "issuer", "validity", "subject"):
        _, at = der_value(certificate, at)
    _, end = der_value(certificate, at)
    return certificate[at:end]


class PinnedConnection(http.client.HTTPSConnection):
    """Judges the peer before the first byte of a request goes out."""

    def __init__(self, url, pins):
        parts = urllib.parse.urlsplit(url)
        expect(parts.scheme == "https" and parts.path in ("", "/"), f"not an address: {url}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # no authority is asked: the pin is what counts
        super().__init__(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)
        self.pins = pins

    def connect(self):
        super().connect()
        key = subject_public_key_info(self.sock.getpeercert(binary_form=True))
        if base64.b64encode(hashlib.sha256(key).digest()).decode() not in self.pins:
            self.close()
            raise ProtocolError("wrong pin: another server answers at this address")


def pack(plain):
    dictionary = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes())
    parameters = zstandard.ZstdCompressionParameters(compression_level=6, window_log=20,
                                                     write_dict_id=True)
    return zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters).compress(
        plain)


def unpack(number, packed):
    expect(number in (0, DICTIONARY_NUMBER), f"unknown dictionary {number}")
    frame = zstandard.get_frame_parameters(packed)
    expect(frame.dict_id == number, "the frame names another dictionary")
    expect(frame.content_size <= PLAIN_MAX_BYTES, "too large or without its size")
    dictionary = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes()) if number else None
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(packed)


# ---- Ops


FIELDS = ("format salt tx time counter zone offset person entity type type_version form "
          "form_version kind compartment registers extra values").split()


def last_element(body):
    """Where element 18 of a body begins: after the 17th comma of the outermost array."""
    depth = commas = 0
    in_string = escaped = False
    for at, byte in enumerate(body):
        if in_string:
            in_string = escaped or byte != ord('"')
            escaped = not escaped and byte == ord("\\")
        elif byte == ord('"'):
            in_string = True
        elif byte in b"[{":
            depth += 1
        elif byte in b"]}":
            depth -= 1
        elif byte == ord(",") and depth == 1:
            commas += 1
            if commas == len(FIELDS) - 1:
                return at + 1
    raise ProtocolError("not a body of 18 elements")


class Op:
    def __init__(self, body, signature=None):
        self.body = body
        self.signature = signature  # the organisation's, or None
        elements = parsed(body)
        expect(len(elements) == len(FIELDS), "not a body of 18 elements")
        for name, value in zip(FIELDS, elements):
            setattr(self, name, value)
        begin = last_element(body)
        skeleton, values = body[:begin], body[begin:-1]
        if isinstance(self.values, str):  # redacted: the hash is all that is left of them
            value_hash, self.values = unb64(self.values, 32), {}
        else:
            value_hash = hash256(values)
        self.hash = H("douar-op-1", sized(skeleton), value_hash)
        self.uid = self.hash[:16]
        self.receipt_ms = 0

    @property
    def rank(self):
        """By which one of several live ops is shown first."""
        time_ms = self.time
        if self.receipt_ms:
            time_ms = min(time_ms, self.receipt_ms + RECEIPT_SLACK_MS)
        return time_ms, self.counter, self.uid

    def line(self):
        return self.body + (b"\t" + b64(self.signature).encode() if self.signature else b"")

    @classmethod
    def from_line(cls, body, *signature):
        return cls(body, unb64(signature[0].decode(), 64) if signature else None)


# ---- Records


# The member of a definition that names it.
DEFINITION_IDS = {"_type": "type", "_form": "form", "_place": "code", "_person": "id",
                  "_grant": "id", "_node": "id"}
DECIDERS = ("supervisor", "manager")
CASE_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

class Records:
    """Every op once, in any order; what is live of them; what is shown."""

    def __init__(self):
        self.ops = {}  # uid -> Op
        self.of_entity = {}  # entity -> [Op]
        self.dead = set()  # (entity, register, first 8 bytes of a uid)

    def add(self, op, receipt_ms=0):
        """Takes an op, and the earliest receipt of one; whether it was new."""
        held = self.ops.setdefault(op.uid, op)
        self.note_receipt(op.uid, receipt_ms)
        if held is not op:
            return False
        self.of_entity.setdefault(op.entity, []).append(op)
        for register, predecessors in op.registers.items():
            self.bury(op.entity, register, predecessors)
        return True

    def note_receipt(self, uid, receipt_ms):
        held = self.ops.get(uid)
        if held and receipt_ms:
            held.receipt_ms = min(held.receipt_ms or receipt_ms, receipt_ms)

    def bury(self, entity, register, predecessors):
        for predecessor in predecessors:
            self.dead.add((entity, register, unb64(predecessor, 8)))

    def live(self, entity, register):
        """The live ops of a register, the one shown first at the front."""
        ops = [op for op in self.of_entity.get(entity, ()) if register in op.registers
               and (entity, register, op.uid[:8]) not in self.dead]
        return sorted(ops, key=lambda op: op.rank, reverse=True)

    def registers(self, entity):
        return sorted({name for op in self.of_entity.get(entity, ()) for name in op.registers})

    def predecessors(self, entity, register):
        return [b64(op.uid[:8]) for op in self.live(entity, register)]

    def shown(self, entity, register):
        for op in self.live(entity, register):
            return op.values.get(register)
        return None

    def definitions(self, kind):
        """What the organisation published of one kind and didn't revoke, by its own id."""
        found = {}
        for entity in self.entities(kind):
            definition = self.shown(entity, "def")
            if definition and not self.shown(entity, "revoked"):
                found[definition[DEFINITION_IDS[kind]]] = definition
        return found

    def entities(self, type_name):
        return [entity for entity, ops in self.of_entity.items() if ops[0].type == type_name]

    def scopes(self, entity):
        return {op.values["_scope"] for op in self.live(entity, "_scope")}

    def values(self, entity):
        """What a person is shown: each property that has a value."""
        definition = self.definitions("_type")[self.of_entity[entity][0].type]
        shown = {one["id"]: self.value(entity, one) for one in definition["properties"]}
        return {name: value for name, value in shown.items() if value is not None}

    def value(self, entity, described):
        """One property, by its policy."""
        name, policy = described["id"], described.get("policy", "review")
        if policy == "set":
            elements = [register.split("/")[1] for register in self.registers(entity)
                        if register.startswith(name + "/")]
            return sorted(element for element in elements
                          if any(op.values.get(f"{name}/{element}") is True
                                 for op in self.live(entity, f"{name}/{element}"))) or None
        ops = self.live(entity, register_of(described))
        if policy == "rank":
            persons = self.definitions("_person")
            ops.sort(key=lambda op: persons.get(op.person, {}).get("role") not in DECIDERS)
        values = [op.values.get(name) for op in ops]
        present = [value for value in values if value is not None]
        if policy == "append":
            return present[::-1] or None
        if policy == "counter":
            return sum(whole(value) for value in present) if values else None
        if policy in ("max", "min") and present:
            return (max if policy == "max" else min)(
                present, key=lambda value: order(described["type"], value))
        return values[0] if values else None


def register_of(described):
    """Properties of one group share a register; those of policy `set` have one for each element."""
    return described.get("group", described["id"])


def whole(value):
    """A value of type integer; what isn't one counts nothing."""
    digits = str(value) if type(value) in (int, str) else ""
    return int(digits) if re.fullmatch("-?[0-9]+", digits) else 0


def order(type_name, value):
    """Values of another type than the property's come before all that are of it."""
    try:
        if type_name in ("integer", "decimal"):
            return 1, decimal.Decimal(value), b""
        if type_name == "datetime":
            return 1, datetime.datetime.fromisoformat(value).timestamp(), value.encode()
        if type_name in ("date", "time"):
            expect(re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}|[0-9]{2}(:[0-9]{2}){1,2}", value), value)
        return 1, 0, value.encode()
    except (ValueError, TypeError, AttributeError, ArithmeticError, ProtocolError):
        return 0, 0, compact(value)


def within(scope, place):
    """Whether a place lies in a scope."""
    return place == scope or place.startswith(scope + ".")


def vouches(hub, node):
    """Whether a hub may say who this node is."""
    return (hub["role"] == "hub" and node["role"] in ("worker", "supervisor")
            and all(any(within(own, scope) for own in hub["scopes"]) for scope in node["scopes"]))


def case_number(short, number):
    """The last character checks the others: ISO 7064, MOD 37,36."""
    product = 36
    for letter in f"{short}{number:05}":
        product = (product + CASE_LETTERS.index(letter)) % 36 or 36
        product = product * 2 % 37
    return f"{short}-{number:05}-{CASE_LETTERS[(37 - product) % 36]}"


# ---- The client


class Client:
    def __init__(self, name):
        self.name = name
        self.key = SigningKey.generate()
        self.public = bytes(self.key.verify_key)
        self.node = os.urandom(16)
        self.records = Records()
        self.ratchet = bytes(8)
        self.offset_ms = None
        self.feeds = {}  # (scope, compartment) -> (n, h)
        self.rests = {}  # (root, compartment) -> next, of trees that came in part
        self.cursor = None  # (n, state)
        self.origin = os.urandom(16)
        self.ops = []  # own, in the order of their numbers
        self.acked = 0
        self.stable = 0
        self.last_moment = (0, 0)
        self.cases = 0
        self.requests = 0
        self.files = {}  # (hash, size) -> bytes, whole or a beginning
        self.told = {}  # (hash, size) -> (bytes that the hub has, in the backup)

    # -- transport

    def exchange(self, method, path, body=None, content_type=None):
        connection = PinnedConnection(self.url, self.pins)
        try:
            headers = {"Content-Type": content_type} if content_type else {}
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        if reply.status != 200:
            expect(reply.headers.get_content_type() == "application/json",
                   f"status {reply.status} without a JSON error")
            raise Refused(reply.status, parsed(data))
        return data

    def envelope(self, packed, path="/v1/sync", ratchet=None):
        ratchet = self.ratchet if ratchet is None else ratchet
        signed = message("douar-request-1", sized(path.encode()), self.hub, self.epoch, ratchet,
                         hash256(packed))
        return (bytes([1, DICTIONARY_NUMBER]) + self.node + self.epoch + ratchet
                + self.key.sign(signed).signature + packed)

    def send(self, envelope):
        """One request as it is; the plain text of the reply."""
        self.requests += 1
        reply = self.exchange("POST", "/v1/sync", envelope, "application/octet-stream")
        expect(reply[:8] == envelope[34:42], "the answer to another request")
        return unpack(reply[8], reply[9:])

    def send_signed(self, plain):
        """Signs, and signs once more when the hub expects another ratchet."""
        packed = pack(plain)
        try:
            return self.send(self.envelope(packed))
        except Refused as refused:
            if refused.error != "stale_request":
                raise
            self.ratchet = unb64(refused.answer["ratchet"], 8)
            return self.send(self.envelope(packed))

    # -- enrolment

    def enrol(self, text):
        code, request = self.ask_enrolment(text)
        return self.enrolled(code, parsed(self.exchange("POST", "/v1/enrol", request,
                                                        "application/json")))

    def ask_enrolment(self, text):
        """The code, and the body of the request that uses it."""
        code = read_code(text)
        self.url, self.pins = code["u"], code["p"]
        self.hub = unb64(code["h"], 16)
        code_id, secret = unb64(code["c"], 6), unb64(code["s"], 16)
        signed = message("douar-enrol-1", self.hub, code_id, secret, self.node, self.public)
        return code, compact({
            "v": 1, "code": code["c"], "secret": code["s"], "node": b64(self.node),
            "key": b64(self.public), "name": self.name,
            "sig": b64(self.key.sign(signed).signature)})

    def enrolled(self, code, answer):
        organisation = unb64(answer["org"], 32)
        expect(hash256(organisation)[:16] == unb64(code["o"], 16), "another organisation's key")
        expect(answer["hub"] == code["h"], "another hub answered")
        self.organisation = VerifyKey(organisation)
        self.epoch = unb64(answer["epoch"], 8)
        self.person = answer["person"] or NOBODY
        self.short = answer["short"]
        self.definition = answer["node"]
        return answer

    # -- the log

    def write(self, entity, type_name, values, registers=None, form=("", 0), tx=None, kind="save",
              extra=None):
        """Appends an op. It supersedes what is live here now, unless `registers` says what."""
        time_ms = now_ms() - (self.offset_ms or 0)
        before_ms, counter = self.last_moment
        self.last_moment = (time_ms, 0) if time_ms > before_ms else (before_ms, counter + 1)
        definition = self.records.definitions("_type")[type_name]
        if registers is None:
            registers = self.superseding(entity, definition, values)
        op = Op(compact([1, b64(os.urandom(8)), tx, *self.last_moment, 60, self.offset_ms,
                         self.person, entity, type_name, definition["version"], *form, kind, "base",
                         registers, extra or {}, values]))
        self.ops.append(op)
        self.records.add(op)
        return op

    def superseding(self, entity, definition, values):
        """The registers that values are written to, each with what is live in it."""
        registers = {}
        described = {one["id"]: one for one in definition["properties"]}
        for name in list(values):
            one = described.get(name, {"id": name})
            register = register_of(one)
            for other in definition["properties"]:
                if other.get("group") == register:
                    values.setdefault(other["id"], None)  # a group is written whole
            adds = one.get("policy") in ("counter", "append")
            registers[register] = [] if adds else self.records.predecessors(entity, register)
        return registers

    def create_household(self, place, values):
        """Where it belongs and what is known of it are two ops of one save."""
        entity, tx = b64(os.urandom(16)), b64(os.urandom(8))
        form = self.records.definitions("_form")["register_household"]
        form = (form["form"], form["version"])
        self.cases += 1
        case = case_number(self.short, self.cases)
        self.write(entity, "household", {"_scope": place}, None, form, [tx, 0, 2])
        self.write(entity, "household", {"place": place, **values, "_case": case}, None, form,
                   [tx, 1, 2])
        return entity

    def begin_origin(self):
        """A new incarnation, as after the loss of a log."""
        self.origin = os.urandom(16)
        self.ops = []
        self.acked = self.stable = 0
        self.feeds, self.cursor = {}, None

    def link(self, seq):
        link = H16("douar-chain-1", self.origin)
        for op in self.ops[:seq]:
            link = H16("douar-link-1", link, op.hash)
        return link

    def batch(self, first, last):
        """The lines of a batch of own ops, numbered from 1."""
        line = {"o": b64(self.origin), "from": first, "n": last - first + 1}
        line["link"] = b64(self.link(last))
        signed = message("douar-batch-1", self.origin, u64(first), u64(last), self.link(last))
        line["sig"] = b64(self.key.sign(signed).signature)
        if first == 1:
            opening = message("douar-open-1", self.origin, self.node)
            line["open"] = b64(self.key.sign(opening).signature)
        return [compact(line)] + [op.line() for op in self.ops[first - 1:last]]

    # -- sync

    def first_line(self, max_bytes, feeds=False):
        line = {"v": 1, "t": now_ms(), "off": self.offset_ms}
        if self.cursor is None or feeds:
            line["feeds"] = [[scope, compartment, n, h]
                             for (scope, compartment), (n, h) in sorted(self.feeds.items())]
            line["o"] = b64(self.origin)
        else:
            line["cur"] = list(self.cursor)
        line["max"] = max_bytes
        if self.acked:
            line["at"] = self.acked
        if self.stable:
            line["st"] = self.stable
        if self.rests:
            line["rest"] = [[*tree, after] for tree, after in self.rests.items()]
        return line

    def request(self, max_bytes=REPLY_MAX_BYTES, feeds=False):
        lines = [compact(self.first_line(max_bytes, feeds))]
        if self.acked < len(self.ops):
            lines += self.batch(self.acked + 1, self.last_that_fits(self.acked + 1))
        return b"".join(line + b"\n" for line in lines)

    def last_that_fits(self, first):
        """The end of the batch that begins there: at most 1 MiB of bodies, no save split."""
        size, last = 0, first
        for seq in range(first, len(self.ops) + 1):
            op = self.ops[seq - 1]
            size += len(op.body)
            if size > BATCH_MAX_BYTES:
                break
            if op.tx is None or op.tx[1] == op.tx[2] - 1:
                last = seq
        return last

    def sync(self, max_bytes=REPLY_MAX_BYTES):
        """Sends what waits and reads to the end; the number of rows that came."""
        rows, feeds, done = 0, False, False
        while not done:
            waits = len(self.ops) - self.acked
            try:
                reply, count = self.take(self.send_signed(self.request(max_bytes, feeds)))
            except Refused as refused:
                feeds = self.mend(refused)
                continue
            rows += count
            feeds = reply.get("need") == "feeds"
            left = len(self.ops) - self.acked
            expect(left == 0 or left != waits, "the hub takes nothing of what was sent")
            done = not feeds and not reply.get("more") and left == 0 and not self.rests
        return rows

    def mend(self, refused):
        """What another request can put right; whether that one must name its feeds."""
        if refused.error == "epoch":
            self.epoch = unb64(refused.answer["epoch"], 8)
            return True
        if refused.error == "gap" and refused.answer["args"][0] == b64(self.origin):
            last = int(refused.answer["args"][1])
            expect(last < self.acked, "a gap after what was acknowledged")
            self.acked = last
            return False
        raise refused

    def take(self, plain):
        """Takes a reply whole; its first line and how many rows it had."""
        expect(plain.endswith(b"\n"), "the last line has no end")
        first, *lines = plain[:-1].split(b"\n")
        reply = {key: value for key, value in parsed(first).items() if value is not None}
        expect(reply["v"] == 1, "another version")
        self.offset_ms = now_ms() - reply["t"]
        if "ratchet" in reply:
            self.ratchet = unb64(reply["ratchet"], 8)
        self.acked = self.own_number("ack", reply.get("ack"), self.acked)
        stable = reply.get("stable")
        self.stable = self.own_number("stable", stable and [b64(self.origin), *stable], self.stable)
        rows = iter(lines)
        for line in rows:
            self.take_row(line, rows)
        self.move_cursor(reply)
        return reply, len(lines)

    def own_number(self, name, said, before):
        """What is said of the own chain is believed only when its link is the own one."""
        if said is None or said[0] != b64(self.origin):  # until it sees a new origin, the old one
            return before
        _, seq, link = said
        expect(0 <= seq <= len(self.ops), f"{name} beyond the log")
        expect(link == b64(self.link(seq)), f"{name} with another link")
        return seq

    def take_row(self, line, rows):
        if line.startswith(b"["):
            self.take_op(line)
            return
        row = {key: value for key, value in parsed(line).items() if value is not None}
        if "enter" in row or "leave" in row:
            for _ in range(row["ops"]):
                self.take_op(next(rows))
            self.note_part(row)
        if "low" in row:
            self.records.note_receipt(unb64(row["low"], 16), row["receipt"])
        for entity, register, predecessors in row.get("dead", ()):
            self.records.bury(entity, register, predecessors)
        expect(row.keys() & {"enter", "leave", "low", "dead", "agree"}, f"unknown row {row}")

    def note_part(self, row):
        if "leave" in row:
            self.rests = {tree: n for tree, n in self.rests.items() if tree[0] != row["leave"]}
        elif "next" in row:
            self.rests[(row["enter"], row["comp"])] = row["next"]
        else:
            self.rests.pop((row["enter"], row["comp"]), None)

    def take_op(self, line):
        envelope, *rest = line.split(b"\t")
        _, _, receipt_ms = parsed(envelope)
        op = Op.from_line(*rest)
        if op.type.startswith("_"):
            self.check_signature(op)
        self.records.add(op, receipt_ms)

    def check_signature(self, op):
        """The organisation's own, or that of a hub for the workers and supervisors below it."""
        expect(op.signature, f"a {op.type} without a signature")
        signed = message("douar-org-1", op.hash)
        try:
            self.organisation.verify(signed, op.signature)
        except BadSignatureError as wrong:
            node = op.values.get("def") or self.records.shown(op.entity, "def") or {}
            hub = self.records.definitions("_node").get(node.get("by"))
            if op.type != "_node" or not hub or not vouches(hub, node):
                raise ProtocolError("an op of the organisation that it didn't sign") from wrong
            VerifyKey(unb64(hub["key"], 32)).verify(signed, op.signature)

    def move_cursor(self, reply):
        for scope, compartment, n, h in reply.get("feeds", ()):
            self.feeds[(scope, compartment)] = (n, h)
        for scope, compartment in reply.get("drop", ()):
            self.feeds.pop((scope, compartment), None)
        if "cur" in reply:
            n, state = reply["cur"]
            expect(state == b64(self.state()), "what was read isn't what the hub sent")
            self.cursor = (n, state)

    def state(self):
        parts = []
        for (scope, compartment), (n, h) in sorted(
                self.feeds.items(), key=lambda feed: [name.encode() for name in feed[0]]):
            parts += [sized(scope.encode()), sized(compartment.encode()), u64(n), unb64(h, 8)]
        return H16("douar-state-1", self.origin, *parts)
