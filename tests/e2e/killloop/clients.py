"""What feeds the service in the kill loop: clients that post and post again until they are acknowledged, a writer of a
followed file that is rotated now and then, a producer of a Kafka topic. All go on while the service is down."""
import os
import random
import socket
import threading
import time
import uuid

from killloop import traffic

MARGIN = 1_500_000  # microseconds that stamps may be off


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


class Reset:
    """A reset of somebody's factors and, unless there is none, the enrolment of a new one. Wall times in microseconds."""

    def __init__(self, reset, enrolled):
        self.reset, self.enrolled = reset, enrolled
        self.reset_sent = self.reset_acknowledged = self.enrolled_sent = self.enrolled_acknowledged = None

    def verdict(self):
        """Whether there must be an alert (True), must be none (False), or both would be right (None)."""
        if self.enrolled_sent is None:
            return True
        deadline = self.reset.time + traffic.HOLD + traffic.SETTLE
        in_time = max(deadline - MARGIN, self.reset_sent)  # the decision waits for the reset's own receipt, too
        if self.enrolled_acknowledged is not None and self.enrolled_acknowledged <= in_time:
            return False
        if self.reset_acknowledged is not None and self.enrolled_sent >= max(deadline, self.reset_acknowledged) + MARGIN:
            return True
        return None


class ResetClient(HttpClient):
    """Resets of factors, some with an enrolment: before them, soon after, or long after the decision."""

    def __init__(self, loop, port, seed):
        super().__init__(loop, port)
        self._random, self._due, self._count = random.Random(f"resets {seed}"), [], 0
        self.resets = []

    def run(self):
        while not self._loop.ended and not self._loop.traffic.closed:
            due = [reset for at, reset in self._due if at <= time.monotonic()]
            self._due = [(at, reset) for at, reset in self._due if reset not in due]
            for reset in due:
                reset.enrolled_sent, reset.enrolled_acknowledged = self._send(reset.enrolled)
            self._begin()
            time.sleep(0.08)

    def _begin(self):
        draw, now = self._random, time.time_ns() // 1000
        self._count += 1
        user = "reset%d@acme.example" % self._count
        kind = draw.choice(("never", "before", "soon", "soon", "late"))
        events = [traffic.Event(str(uuid.UUID(int=draw.getrandbits(128), version=4)), at - at % 1000, what, user, "192.0.2.1")
                  for at, what in ((now, "reset"), (now + int(draw.uniform(0.001, 0.99) * traffic.HOLD), "enrolled"))]
        reset = Reset(events[0], None if kind == "never" else events[1])
        self._loop.traffic.add([event for event in (reset.reset, reset.enrolled) if event])
        self.resets.append(reset)
        if kind == "before":
            reset.enrolled_sent, reset.enrolled_acknowledged = self._send(reset.enrolled)
        reset.reset_sent, reset.reset_acknowledged = self._send(reset.reset)
        if kind in ("soon", "late"):
            wait = draw.uniform(0, 3) if kind == "soon" else (traffic.HOLD + traffic.SETTLE) / 1e6 + draw.uniform(2.5, 4)
            self._due.append((time.monotonic() + wait, reset))

    def _send(self, event):
        """When it was first sent, and when it was acknowledged."""
        sent = time.time_ns() // 1000
        self._loop.sending(event, 0)
        event.sends = 1
        self.unanswered = True
        while not self._post([event]):
            if self._loop.ended:
                return sent, None
            event.sends += 1
            time.sleep(0.01)
        self.unanswered = False
        self._loop.acknowledged([event], "answered")
        return sent, time.time_ns() // 1000


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
