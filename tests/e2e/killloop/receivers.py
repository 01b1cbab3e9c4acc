"""Where the kill loop's alerts arrive: a reader of the file sink's file and a small HTTP receiver."""
import os
import re
import socket
import threading
import time

IDS = re.compile(rb'"alert_id":"([0-9a-f]{32})","rule_id":"([^"]+)"')
REVISION = re.compile(rb'"revision":(\d+),"status":"(new|withdrawn)"')


class Received:
    """Alert ids of one sink: id -> rule id. Any thread."""

    def __init__(self):
        self.rules = {}
        self.revised = {}  # id -> (revision, withdrawn) of those with more than one revision: the newest
        self.repeated = self.broken = 0

    def put(self, text):
        found, revision = IDS.search(text), REVISION.search(text)
        if not found or not revision or not text.rstrip().endswith(b"}"):
            self.broken += 1
            return
        if found[2].startswith(b"vedette."):  # of its own health
            return
        alert = found[1].decode()
        number, withdrawn = int(revision[1]), revision[2] == b"withdrawn"
        known = self.revised.get(alert, (1 if alert in self.rules else 0, False))
        if number <= known[0]:
            self.repeated += 1
        elif number > 1:
            self.revised[alert] = (number, withdrawn)
        self.rules[alert] = found[2].decode()

    def withdrawn(self):
        """Ids that are taken back, as far as is known now."""
        return {alert for alert, (_, withdrawn) in list(self.revised.items()) if withdrawn}

    def standing(self):
        """id -> rule id of what is not taken back."""
        taken_back = self.withdrawn()
        return {alert: rule for alert, rule in list(self.rules.items()) if alert not in taken_back}


class FileReader(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self._path, self._offset, self._lock = path, 0, threading.Lock()
        self.received, self.ended = Received(), False

    def run(self):
        while not self.ended:
            self.read()
            time.sleep(0.02)

    def read(self):
        """Takes what complete lines there are."""
        with self._lock:
            if not os.path.exists(self._path):
                return
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                text = file.read()
            lines = text[:text.rfind(b"\n") + 1]
            self._offset += len(lines)
            for line in lines.splitlines():
                self.received.put(line)


class WebhookReceiver(threading.Thread):
    """Takes one alert a request; every so often it breaks off instead of answering."""

    def __init__(self):
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.received, self._lock, self._taken = Received(), threading.Lock(), 0

    def run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as stream:
            while True:
                try:
                    length = self._head(stream)
                    if length is None:
                        return
                    body = stream.read(length)
                    if len(body) < length:
                        return
                    with self._lock:
                        self.received.put(body)
                        self._taken += 1
                        unanswered = self._taken % 500 == 0
                    if unanswered:
                        return
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    return

    @staticmethod
    def _head(stream):
        length = None
        while True:
            line = stream.readline()
            if not line:
                return None
            if line == b"\r\n":
                return length or 0
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
