"""What feeds the service in the kill loop: clients that post and post again until they are acknowledged, a writer of a
followed file that is rotated now and then, a producer of a Kafka topic. All go on while the service is down."""
import os
import socket
import threading
import time


class Pace:
    """So many events a second over all clients; without a rate as fast as they can."""

    def __init__(self):
        self._lock = threading.Lock()
        self._next = 0.0
        self.rate = 0.0

    def wait(self, events):
        if self.rate <= 0:
            return
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - 0.05) + events / self.rate
            due = self._next
        if due > now:
            time.sleep(due - now)


class HttpClient(threading.Thread):
    """One connection. A batch that was not answered 2xx is sent again, however often."""

    def __init__(self, loop, port):
        super().__init__(daemon=True)
        self._loop, self._port, self._socket = loop, port, None
        self.in_flight = 0  # events whose request is on its way
        self.unanswered = False  # a request was sent or tried that is not acknowledged

    def run(self):
        while not self._loop.ended:
            events = self._loop.traffic.take(self._loop.traffic.batch_size())
            if not events:
                if self._loop.traffic.closed:
                    return
                continue
            self._loop.pace.wait(len(events))
            batch = self._loop.new_batch()
            for event in events:
                self._loop.sending(event, batch)
            self.unanswered = True
            while not self._loop.ended and not self._post(events):
                for event in events:
                    event.sends += 1
                time.sleep(0.01)
            self.unanswered = False
            if not self._loop.ended:
                self._loop.acknowledged(events, "answered")

    def _post(self, events):
        body = b"".join(event.line for event in events)
        head = b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % len(body)
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=20)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.in_flight = len(events)
            self._socket.sendall(head + body)
            status = self._read_answer()
        except OSError:
            status = 0
        self.in_flight = 0
        self._loop.answered(status)
        if status == 0 and self._socket is not None:
            self._socket.close()
            self._socket = None
        return 200 <= status < 300

    def _read_answer(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, body = data.split(b"\r\n\r\n", 1)
        length = 0
        for header in head.split(b"\r\n")[1:]:
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += self._receive()
        if b"connection: close" in head.lower():
            self._socket.close()
            self._socket = None
        return int(head.split(b" ", 2)[1])

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise OSError("closed")
        return data


class FileWriter(threading.Thread):
    """Appends to a followed file, half lines too, and renames it now and then."""

    def __init__(self, loop, path, share):
        super().__init__(daemon=True)
        self._loop, self._path, self._share = loop, path, share
        self._file = open(path, "ab", buffering=0)
        self._rotations = 0
        self.rotate = False

    def run(self):
        while not self._loop.ended:
            time.sleep(0.01)
            events = self._loop.traffic.take(max(1, int(self._loop.pace.rate * self._share * 0.01)))
            if not events and self._loop.traffic.closed:
                return
            for event in events:
                self._loop.sending(event, 0)
            text = b"".join(event.line for event in events)
            cut = len(text) * 2 // 3
            self._file.write(text[:cut])
            self._file.write(text[cut:])
            self._loop.acknowledged(events, "written")
            if self.rotate:
                self.rotate = False
                self._rotate()

    def _rotate(self):
        """As logrotate does: .1 becomes .2, and so on; the newest becomes .1."""
        self._rotations += 1
        for number in range(self._rotations - 1, 0, -1):
            os.rename("%s.%d" % (self._path, number), "%s.%d" % (self._path, number + 1))
        os.rename(self._path, self._path + ".1")
        self._file.close()
        self._file = open(self._path, "ab", buffering=0)


class KafkaProducer(threading.Thread):
    """Batches of a topic through a broker's own produce(); acknowledged when that returns."""

    def __init__(self, loop, broker, topic, share):
        super().__init__(daemon=True)
        self._loop, self._broker, self._topic, self._share = loop, broker, topic, share

    def run(self):
        while not self._loop.ended:
            time.sleep(0.1)
            events = self._loop.traffic.take(max(1, int(self._loop.pace.rate * self._share * 0.15)))
            if not events and self._loop.traffic.closed:
                return
            for event in events:
                self._loop.sending(event, 0)
            self._broker.produce(self._topic, [event.line.decode().rstrip("\n") for event in events])
            self._loop.acknowledged(events, "written")
