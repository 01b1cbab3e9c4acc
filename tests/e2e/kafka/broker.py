"""A Kafka broker for tests: jars fetched once, one KRaft process on free loopback ports in a temporary folder."""
import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
JARS = os.path.join(ROOT, ".deps", "kafka")


def fetch_jars():
    """Copies the broker's jars into .deps/kafka/libs unless those of this pom.xml are there. Returns the seconds it took."""
    pom = os.path.join(HERE, "pom.xml")
    stamp = os.path.join(JARS, "stamp")
    with open(pom, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        return 0.0
    begin = time.monotonic()
    libs = os.path.join(JARS, "libs")
    shutil.rmtree(libs, ignore_errors=True)
    os.makedirs(libs)
    command = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError("fetching the broker's jars failed:\n" + done.stdout[-3000:] + done.stderr[-3000:])
    with open(stamp, "w") as file:
        file.write(wanted)
    return time.monotonic() - begin


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Broker:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="vedette-kafka-")
        self.port, self.controller = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self._write_settings()

    def __enter__(self):
        self._java("kafka.tools.StorageTool", "format", "--cluster-id=" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
                   "-c", self._path("server.properties"))
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts the broker and waits until it answers. Returns the seconds it took."""
        begin = time.monotonic()
        with open(self._path("log"), "ab") as log:
            self.process = subprocess.Popen(self._command("-Xmx256m") + ["kafka.Kafka", self._path("server.properties")],
                                            stdout=log, stderr=subprocess.STDOUT)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - begin > 60:
                with open(self._path("log"), errors="replace") as log:
                    raise RuntimeError("the broker did not start:\n" + log.read()[-4000:])
            time.sleep(0.1)
        return time.monotonic() - begin

    def stop(self, how):
        """Ends the process that this object started; SIGKILL for a crash."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def create(self, topic, partitions):
        self._admin("--create", "--topic", topic, "--partitions", str(partitions))

    def grow(self, topic, partitions):
        self._admin("--alter", "--topic", topic, "--partitions", str(partitions))

    def produce(self, topic, values, partition=None):
        where = [] if partition is None else ["-p", str(partition)]
        text = "".join(value + "\n" for value in values)
        subprocess.run(["kcat", "-P", "-b", self.address, "-t", topic, *where], input=text, text=True, check=True, timeout=60)

    def produce_bytes(self, topic, value):
        """One message whose value is exactly these bytes."""
        path = self._path("value")
        with open(path, "wb") as file:
            file.write(value)
        subprocess.run(["kcat", "-P", "-b", self.address, "-t", topic, path], check=True, timeout=60)

    def read(self, topic):
        """All messages of a topic as (key, headers, value)."""
        done = subprocess.run(["kcat", "-C", "-b", self.address, "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k\t%h\t%s\n"],
                              capture_output=True, text=True, check=True, timeout=60)
        return [tuple(line.split("\t", 2)) for line in done.stdout.splitlines()]

    def join(self, topic, group):
        """A consumer of the group, outside the program under test, once it is a member. End it with leave()."""
        process = subprocess.Popen(["kcat", "-b", self.address, "-G", group, topic], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "rebalanced" in line:
                break
        else:
            raise RuntimeError(f"kcat did not join group {group}")
        return process

    def leave(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stderr.close()

    def produce_transaction(self, topic, values):
        """The values and the marker of their commit, which takes an offset too."""
        text = "".join(value + "\n" for value in values)
        subprocess.run(["kcat", "-P", "-b", self.address, "-t", topic, "-X", "transactional.id=test"], input=text, text=True, check=True,
                       timeout=60, stderr=subprocess.DEVNULL)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _command(self, memory):
        classes = os.path.join(JARS, "libs", "*")
        return ["java", "-Xms64m", memory, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                f"-Dlog4j.configuration=file:{self._path('log4j.properties')}", "-cp", classes]

    def _java(self, *arguments):
        done = subprocess.run(self._command("-Xmx128m") + list(arguments), capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _admin(self, *arguments):
        self._java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.address, *arguments)

    def _answers(self):
        done = subprocess.run(["kcat", "-L", "-b", self.address, "-m", "1"], capture_output=True)
        return done.returncode == 0

    def _write_settings(self):
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": self._path("data"),
            "num.partitions": "4",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            # A killed broker may come back soon.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
        }
        with open(self._path("server.properties"), "w") as file:
            file.writelines(f"{key}={value}\n" for key, value in settings.items())
        with open(self._path("log4j.properties"), "w") as file:
            file.write("log4j.rootLogger=WARN, A\nlog4j.appender.A=org.apache.log4j.ConsoleAppender\n"
                       "log4j.appender.A.layout=org.apache.log4j.PatternLayout\n"
                       "log4j.appender.A.layout.ConversionPattern=%d %p %m%n\n")
