"""Bundles as schema/protocol.md describes them, for the second client: without a line of the product.

    frames = read_bundle(data, client.key, client.node, hub_key)
    data = write_bundle(client.key, client.node, hub, hub_key, frames)
"""

import os

from nacl.bindings import (crypto_aead_chacha20poly1305_ietf_decrypt,
                           crypto_aead_chacha20poly1305_ietf_encrypt)
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from second_client import (H, b64, hash256, compact, expect, message, now_ms, pack, parsed, u64, unb64,
                           unpack)

MAGIC = b"douar-bundle\x01"
OPEN_BYTES, START_BYTES = 77, 157
CHUNK_BYTES, TAG_BYTES, SIGNATURE_BYTES = 65536, 16, 64
HEAD, ASK, ANSWER, ENROL, ENROLLED, FILES = range(6)


def nonce(number, last):
    return u64(number) + b"\0\0\0" + (b"\1" if last else b"\0")


def signed_bytes(data):
    return message("douar-bundle-1", H("douar-bundle-1", data))


def read_bundle(data, key, node, sender_key):
    """The frames of a bundle for this node: [(kind, bytes)]."""
    expect(data.startswith(MAGIC), "no bundle")
    signed, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    VerifyKey(data[29:61]).verify(signed_bytes(signed), signature)
    expect(data[61:77] == node, "for another node")
    expect(data[29:61] == sender_key, "from another sender")
    file_key = SealedBox(key.to_curve25519_private_key()).decrypt(data[OPEN_BYTES:START_BYTES])
    sealed, plain, step = signed[START_BYTES:], b"", CHUNK_BYTES + TAG_BYTES
    count = len(sealed) // step + 1
    for number in range(count):
        chunk = sealed[number * step:(number + 1) * step]
        plain += crypto_aead_chacha20poly1305_ietf_decrypt(
            chunk, data[:OPEN_BYTES], nonce(number, number == count - 1), file_key)
    frames = []
    while plain:
        kind, size = plain[0], int.from_bytes(plain[1:5], "big")
        expect(kind <= FILES and len(plain) >= 5 + size, "no frame")
        frames.append((kind, plain[5:5 + size]))
        plain = plain[5 + size:]
    expect(frames and frames[0][0] == HEAD, "no head")
    return frames


def write_bundle(key, node, receiver, receiver_key, frames):
    start = MAGIC + node + bytes(key.verify_key) + receiver
    file_key = os.urandom(32)
    data = start + SealedBox(VerifyKey(receiver_key).to_curve25519_public_key()).encrypt(file_key)
    plain = b"".join(bytes([kind]) + len(body).to_bytes(4, "big") + body for kind, body in frames)
    count = len(plain) // CHUNK_BYTES + 1
    for number in range(count):
        chunk = plain[number * CHUNK_BYTES:(number + 1) * CHUNK_BYTES]
        data += crypto_aead_chacha20poly1305_ietf_encrypt(
            chunk, start, nonce(number, number == count - 1), file_key)
    return data + key.sign(signed_bytes(data)).signature


def hub_key(client):
    return unb64(client.records.definitions("_node")[b64(client.hub)]["key"], 32)


def files_frame(line, data=b""):
    return FILES, compact({"v": 1, "t": now_ms(), **line}) + b"\n" + data


def write_asks(client, puts=(), wants=()):
    """What the client would send, for its hub; `puts`: whole files, `wants`: [hash, size, bytes held]."""
    files = [files_frame({"ask": [name_of(data) for data in puts]} if puts else {})]
    if wants:
        files.append(files_frame({"want": [list(want) for want in wants]}))
    for data in puts:
        for at in range(0, len(data), CHUNK_BYTES):
            piece = data[at:at + CHUNK_BYTES]
            files.append(files_frame({"put": name_of(data) + [at, len(piece)]}, piece))
    client.bundle_id = b64(os.urandom(8))
    head = compact({"v": 1, "t": now_ms(), "id": client.bundle_id})
    ask = client.envelope(pack(client.request(feeds=True)))
    return write_bundle(client.key, client.node, client.hub, hub_key(client),
                        [(HEAD, head), (ASK, ask)] + files)


def name_of(data):
    return [b64(hash256(data)), len(data)]


def take_files(client, body):
    """What the hub tells of the client's files, and pieces of those it wanted."""
    line, _, data = body.partition(b"\n")
    line = parsed(line)
    for name, size, have, stable in line.get("told", ()):
        client.told[(name, size)] = (have, stable)
    if "put" in line:
        name, size, offset, count = line["put"]
        held = client.files.get((name, size), b"")
        expect(count == len(data) and offset == len(held), "a piece out of place")
        held += data
        expect(len(held) < size or b64(hash256(held)) == name, "wrong bytes")
        client.files[(name, size)] = held


def write_enrolment(client, text):
    """The client's request to be enrolled, sealed to the key in the code."""
    client.code, request = client.ask_enrolment(text)
    head = compact({"v": 1, "t": now_ms()})
    return write_bundle(client.key, client.node, client.hub, unb64(client.code["k"], 32),
                        [(HEAD, head), (ENROL, request)])


def take_answers(client, data, sender_key=None):
    """Takes what the hub wrote for the client; how many rows there were. Positions only forward."""
    frames = read_bundle(data, client.key, client.node, sender_key or hub_key(client))
    head = parsed(frames[0][1])
    if frames[1][0] == ENROLLED:
        if sender_key:
            client.enrolled(client.code, parsed(frames[1][1]))
        del frames[1]
    expect(head["v"] == 1 and head["epoch"] == b64(client.epoch), "of another epoch")
    base = {(scope, compartment): n for scope, compartment, n, _ in head["feeds"]}
    mine, rows = dict(client.feeds), 0
    for kind, body in frames[1:]:
        if kind == FILES:
            take_files(client, body)
            continue
        expect(kind == ANSWER, "an answer was expected")
        client.move_cursor = lambda _: None  # by the rules of bundles instead
        reply, count = client.take(unpack(body[0], body[1:]))
        del client.move_cursor
        client.cursor = None
        for scope, compartment, n, h in reply.get("feeds", ()):
            held = mine.get((scope, compartment), (0, ""))[0]
            if base.get((scope, compartment), 0) <= held < n:
                client.feeds[(scope, compartment)] = (n, h)
        rows += count
    return head, rows
