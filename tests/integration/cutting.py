"""A network between a device and its hub that breaks connections at random bytes.

    with Cutting(hub_port, seed=7) as network:
        hub.configure(url=f"https://127.0.0.1:{network.port}")   # before it serves and invites
        network.cuts_left = 50
        ...
        network.cuts, network.bytes_down

Each connection is broken after a number of bytes drawn anew, of whatever crosses it in either
direction, TLS and all, until no cuts are left; then it is a plain relay.
"""

import random
import selectors
import socket
import threading


class Cutting:
    def __init__(self, target_port, seed, most=200_000, target="127.0.0.1"):
        self.target = (target, target_port)
        self.random = random.Random(seed)
        self.most = most
        self.cuts_left = 0
        self.cuts = 0
        self.bytes_down = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.listener.close()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(near,), daemon=True).start()

    def draw(self):
        with self.lock:
            if self.cuts_left == 0:
                return None
            self.cuts_left -= 1
            # Small numbers as likely as large ones: handshakes, heads and bodies all get cut.
            return int(self.most ** self.random.random())

    def relay(self, near):
        left = self.draw()
        try:
            far = socket.create_connection(self.target)
        except OSError:
            near.close()
            return
        with near, far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while left is None or left > 0:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(16384 if left is None else min(left, 16384))
                        if not data:
                            if left is not None:
                                self.give_back()
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
                    if key.fileobj is far:
                        self.bytes_down += len(data)
                    if left is not None:
                        left -= len(data)
                        if left <= 0:
                            break
            self.cuts += 1

    def give_back(self):
        """It ended by itself before its cut."""
        with self.lock:
            self.cuts_left += 1
