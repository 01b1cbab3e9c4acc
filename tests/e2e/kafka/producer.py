"""Records with timestamps of the caller's choice: one Produce request at a time over a plain connection."""
import socket
import struct


def _crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(number):
    number = number << 1 ^ number >> 63
    out = bytearray()
    while number & ~0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def record_batch(records):
    """Of (timestamp in milliseconds, value)."""
    first, body = records[0][0], bytearray()
    for offset, (at, value) in enumerate(records):
        record = b"\0" + varint(at - first) + varint(offset) + varint(-1) + varint(len(value)) + value + varint(0)
        body += varint(len(record)) + record
    rest = struct.pack(">hiqqqhii", 0, len(records) - 1, first, max(at for at, _ in records), -1, -1, -1, len(records)) + body
    return struct.pack(">qiibI", 0, 9 + len(rest), -1, 2, crc32c(rest)) + rest


class Producer:
    """To a cluster of one broker."""

    def __init__(self, host, port):
        self._socket = socket.create_connection((host, port), timeout=30)
        self._correlation = 0

    def close(self):
        self._socket.close()

    def produce(self, topic, partition, records):
        """Records (timestamp in milliseconds, value), acknowledged when this returns."""
        if not records:
            return
        self._correlation += 1
        batch, name, client = record_batch(records), topic.encode(), b"test"
        request = struct.pack(">hhih", 0, 3, self._correlation, len(client)) + client
        request += struct.pack(">hhii", -1, -1, 20000, 1) + struct.pack(">h", len(name)) + name
        request += struct.pack(">iii", 1, partition, len(batch)) + batch
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        answer = self._receive(struct.unpack(">i", self._receive(4))[0])
        error = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(name) + 4 + 4)[0]
        if error != 0:
            raise RuntimeError(f"{topic}/{partition} was refused with error {error}")

    def _receive(self, size):
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise OSError("the broker closed the connection")
            data += more
        return data
