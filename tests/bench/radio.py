"""A mobile network between a device and its office, as slow and lossy as wanted, on one machine.

    with Radio(office_port, bits_per_s=20_000, round_trip_s=0.8, loss=0.05, seed=1) as radio:
        office.configure(url=f"https://127.0.0.1:{radio.port}")   # before it serves and invites
        ...
        radio.sent, radio.received                                # bytes on the air, up and down

Two network namespaces, each with a TUN device; a packet that one sends waits for its turn on a link of that rate, is
lost or crosses, and comes out of the other half a round trip later. What meets the loss is the kernel's own TCP, as on a
real mast: a relay only carries a connection from 127.0.0.1 into the near namespace, and out of the far one to the office;
TLS goes through it end to end. Nothing leaves the machine. Needs root, /dev/net/tun and `ip`.
"""

import contextlib
import ctypes
import fcntl
import os
import queue
import random
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NEAR, FAR = "10.213.7.1", "10.213.7.2"  # known in these two namespaces alone
PACKET_MAX = 2048
WAITING_MAX = 32 * 1024  # bytes that wait for their turn; a mast drops what comes on top


class Unusable(Exception):
    """This machine has no namespaces or TUN devices for us; says which."""


def own_namespace(address, peer):
    """Of the calling thread: a network of its own with one TUN device; its descriptor."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Unusable(f"no network namespace: {os.strerror(ctypes.get_errno())} (root is needed)")
    try:
        device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22s", b"air", IFF_TUN | IFF_NO_PI, b""))
    except OSError as failure:
        raise Unusable(f"/dev/net/tun: {failure.strerror}") from failure
    for words in ("link set air addrgenmode none", f"addr add {address} peer {peer} dev air", "link set air up"):
        subprocess.run(["ip", *words.split()], check=True)
    return device


class Way:
    """One direction of the link."""

    def __init__(self, radio, source, sink, seed):
        self.radio, self.source, self.sink = radio, source, sink
        self.random = random.Random(seed)
        self.crossed = 0  # bytes, those that are lost on the air too
        self.lost = 0  # packets
        self.waiting = 0  # bytes
        self.free_s = 0.0  # when the last of them has been sent
        self.due = queue.SimpleQueue()
        for work in (self.take, self.give):
            threading.Thread(target=work, daemon=True).start()

    def take(self):
        while True:
            packet = os.read(self.source, PACKET_MAX)
            now = time.monotonic()
            if self.waiting + len(packet) > WAITING_MAX:
                self.lost += 1
                continue
            self.waiting += len(packet)
            self.free_s = max(now, self.free_s) + len(packet) * 8 / self.radio.bits_per_s
            self.due.put((self.free_s, packet))

    def give(self):
        while True:
            sent_s, packet = self.due.get()
            time.sleep(max(0, sent_s - time.monotonic()))
            self.waiting -= len(packet)
            self.crossed += len(packet)
            if self.random.random() < self.radio.loss:
                self.lost += 1
                continue
            threading.Timer(self.radio.round_trip_s / 2, os.write, (self.sink, packet)).start()


class Radio:
    def __init__(self, office_port, bits_per_s, round_trip_s, loss, seed):
        self.office_port = office_port
        self.bits_per_s, self.round_trip_s, self.loss = bits_per_s, round_trip_s, loss
        self.seed = seed
        self.ways = []
        self.dial_near, self.dial_office = queue.SimpleQueue(), queue.SimpleQueue()

    @property
    def sent(self):
        return self.ways[0].crossed

    @property
    def received(self):
        return self.ways[1].crossed

    @property
    def lost(self):
        return sum(way.lost for way in self.ways)

    def __enter__(self):
        near, far = queue.SimpleQueue(), queue.SimpleQueue()
        for work, ready in ((self.be_near, near), (self.be_far, far)):
            threading.Thread(target=work, args=(ready,), daemon=True).start()
        ends = [near.get(), far.get()]
        for end in ends:
            if isinstance(end, Exception):
                raise end
        self.ways = [Way(self, ends[0], ends[1], self.seed), Way(self, ends[1], ends[0], self.seed + 1)]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept_here, daemon=True).start()
        threading.Thread(target=self.call_office, daemon=True).start()
        return self

    def __exit__(self, *failure):
        self.listener.close()

    # A socket belongs to the namespace of the thread that made it: each of these makes those of its own.

    def be_near(self, ready):
        try:
            ready.put(own_namespace(NEAR, FAR))
        except (Unusable, OSError, subprocess.CalledProcessError) as failure:
            ready.put(failure)
            return
        while True:
            here = self.dial_near.get()
            there = socket.socket()
            threading.Thread(target=self.join, args=(here, there, (FAR, self.office_port)), daemon=True).start()

    def be_far(self, ready):
        try:
            device = own_namespace(FAR, NEAR)
            listener = socket.create_server((FAR, self.office_port))
        except (Unusable, OSError, subprocess.CalledProcessError) as failure:
            ready.put(failure)
            return
        ready.put(device)
        while True:
            self.dial_office.put(listener.accept()[0])

    def accept_here(self):
        with contextlib.suppress(OSError):
            while True:
                self.dial_near.put(self.listener.accept()[0])

    def call_office(self):
        while True:
            here = self.dial_office.get()
            threading.Thread(target=self.join, args=(here, socket.socket(), ("127.0.0.1", self.office_port)),
                             daemon=True).start()

    @staticmethod
    def join(here, there, address):
        with here, there:
            try:
                there.connect(address)
            except OSError:
                return
            back = threading.Thread(target=Radio.pump, args=(there, here), daemon=True)
            back.start()
            Radio.pump(here, there)
            back.join()

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
