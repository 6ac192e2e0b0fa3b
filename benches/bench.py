"""What the benchmarks share: the service on a private cluster of its own, load on it, and what it then takes."""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SECONDS = 3
ROUNDS = 3
REGISTERED = 4000
PASSWORD = "cua-khau-so-2025"


def fail(sentence):
    sys.exit(f"benches/{pathlib.Path(sys.argv[0]).name}: {sentence}")


def need(program, package):
    if shutil.which(program):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=True, stdout=subprocess.DEVNULL)
    else:
        fail(f"{program} is missing: apt-get install {package}")


def need_ports(*ports):
    for port in ports:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            fail(f"port {port} is in use: another benchmark is running, and two at once measure nothing")


def built():
    """The program that is measured: the release of this tree, or the one that BINARY names."""
    if "BINARY" in os.environ:
        return pathlib.Path(os.environ["BINARY"]).resolve()
    subprocess.run(["cargo", "build", "--locked", "--release", "--quiet"], cwd=ROOT, check=True)
    return ROOT / "target/release/border-gate"


def newest_bin():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else pathlib.Path(shutil.which("pgbench") or fail("pgbench is missing")).parent


def ticks(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


class Gate:
    """The service with the demo, on a data directory of its own in `folder`."""

    ACCOUNTS = ["declarant", "fee_collector", "customs_officer", "analyst", "auditor"]

    def __init__(self, binary, folder, address, accounts=ACCOUNTS):
        self.binary, self.folder, self.address, self.accounts = binary, folder, address, accounts
        self.under = []  # What the service is started under: a program that counts.
        self.data = folder / "data"
        self.environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(self.data), "LISTEN": address, "LOG": "warn"}
        self.most_memory = 0.0
        self.start()

    def start(self):
        """Seconds until it answered."""
        began = time.monotonic()
        self.process = subprocess.Popen([*self.under, self.binary, "serve", "--demo"], env=self.environment, stdout=subprocess.DEVNULL)
        while True:
            try:
                self.request("/health/ready")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > 120:
                    fail("the service does not start")
                time.sleep(0.02)
        seconds = time.monotonic() - began
        lines = (self.data / "postgres/data/postmaster.pid").read_text().splitlines()
        self.postmaster, self.socket = int(lines[0]), lines[4]
        self.refresh()
        return seconds

    def request(self, path, body=None, token=None, timeout=10):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(f"http://{self.address}{path}", data, headers), timeout=timeout) as answer:
            return json.load(answer)

    def refresh(self):
        """Tokens hold for 15 minutes; a row may begin later than that."""
        def sign_in(name):
            for _ in range(10):
                try:
                    return self.request("/api/v1/sessions", {"username": name, "password": PASSWORD}, timeout=60)["access_token"]
                except urllib.error.HTTPError as refused:
                    if refused.code != 503:
                        raise
                    time.sleep(1)  # Where every instruction is counted, a password takes longer than an answer may.
            fail("nobody can sign in: the service is busy")

        self.tokens = {name: sign_in(name) for name in self.accounts}

    def backends(self):
        listed = subprocess.run(["ps", "--ppid", str(self.postmaster), "-o", "pid="], capture_output=True, text=True).stdout
        return [self.postmaster, *map(int, listed.split())]

    def pss_mib(self):
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1)) / 1024

    @contextlib.contextmanager
    def watched(self):
        """Notes the most memory that the service has meanwhile, ten times a second."""
        ended = threading.Event()

        def watch():
            while not ended.wait(0.1) and self.process.poll() is None:
                self.most_memory = max(self.most_memory, self.pss_mib())

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            ended.set()
            watching.join()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def run(self, *arguments):
        """What the program said when it was run with these arguments beside the service, its seconds, and its most memory (RSS) in MiB."""
        began = time.monotonic()
        process = subprocess.Popen([self.binary, *arguments], env=self.environment, stdout=subprocess.PIPE, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            fail(f"border-gate {' '.join(map(str, arguments))} failed: {said[-700:]}")
        return said, time.monotonic() - began, usage.ru_maxrss / 1024

    def sql(self, *texts):
        command = [newest_bin() / "psql", "-h", self.socket, "-U", "border_gate", "-d", "border_gate", "-At", "-q", "-v", "ON_ERROR_STOP=1"]
        command += [part for text in texts for part in ("-c", text)]
        said = subprocess.run(command, capture_output=True, text=True)
        if said.returncode != 0:
            fail(f"psql: {said.stderr[:700]}")
        return said.stdout.strip()


def as_written(number):
    """A declaration's number as people see it: 13 characters of five bits and the remainder by 37."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(alphabet[(number >> 5 * place) & 31] for place in range(12, -1, -1)) + alphabet[number % 37]


def registered(gate):
    """Takes in vehicles that are registered, for actions and reads; the values of their numbers, which stand in `gate.numbers_file` as people see them."""
    values = taken_in(gate, "bench", lambda place: {"direction": "import", "crossing_point": "HUU_NGHI", "cargo_class": "general"})
    gate.numbers_file = gate.folder / "numbers.txt"
    gate.numbers_file.write_text("".join(f"{as_written(int(value))}\n" for value in values))
    return values


def taken_in(gate, source, where):
    """Takes in vehicles that are registered, each with what `where` says of its place in the file; the values of their numbers."""
    hour = datetime.timedelta(hours=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")
    file = gate.folder / f"{source}.ndjson"
    with file.open("w") as out:
        for place in range(REGISTERED):
            out.write(json.dumps({
                "source": source, "source_id": str(place), "firm_tax_code": "0100112437", "firm_name": "Bench", "state": "registered",
                "stamps": {"declared_at": stamp(now - 2 * hour), "registered_at": stamp(now - hour)}, "regime": "commercial", **where(place),
                "vehicle": {"kind": "truck", "plate": f"{source.upper()}{place:05}", "country": "LA"},
                "driver": {"full_name": "Li Wei", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}},
                "goods": [{"hs_code": "85258031", "description": "Camera", "quantity": 1200, "unit": "PCE", "gross_kg": 8200}],
                "customs_declarations": [{"number": "108625440120", "type_code": "A11"}],
            }) + "\n")
    gate.run("import", file, "--create-firms")
    return gate.sql(f"select declaration from sources where source = '{source}'").splitlines()


def wrk(gate, script, connections, seconds=SECONDS, **variables):
    environment = {"PATH": os.environ["PATH"], **{key: str(value) for key, value in variables.items()}}
    cpu = ticks([gate.process.pid]), ticks(gate.backends())
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / script), f"http://{gate.address}"]
    with gate.watched():
        said = subprocess.run(command, env=environment, capture_output=True, text=True).stdout
    cpu = ticks([gate.process.pid]) - cpu[0], ticks(gate.backends()) - cpu[1]
    if gate.process.poll() is not None:
        fail(f"the service ended under load, with exit code {gate.process.returncode} (-9 is a kill, -15 a request to stop)")
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    refused = int(refused.group(1)) / requests if refused else 0.0
    wanted = 1 / float(variables["REFUSED"]) if variables.get("REFUSED") else 0.0
    if abs(refused - wanted) > 0.005 or "Socket errors" in said:
        fail(f"{script}: {refused:.1%} of the answers were refusals, {wanted:.1%} should be\n{said}")
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}[p50.group(2)]
    return {
        "requests": requests,
        "a second": float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)),
        "ms": float(p50.group(1)) * unit,
        "cpu": (cpu[0] / requests * 1e6, cpu[1] / requests * 1e6),
    }


def pgbench(gate, script, clients, seconds=SECONDS, **variables):
    """One run; with one client the median of its transactions, which pgbench itself does not tell."""
    logs = gate.folder / f"log-{time.monotonic_ns()}"
    command = [newest_bin() / "pgbench", "-h", gate.socket, "-U", "border_gate", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds)]
    command += ["-f", str(gate.folder / script)] + (["-l", f"--log-prefix={logs}"] if clients == 1 else [])
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    said = subprocess.run([*command, "border_gate"], capture_output=True, text=True)
    if said.returncode != 0:
        fail(f"pgbench {script}: {said.stderr[:700]}")
    times = [int(line.split()[2]) for log in gate.folder.glob(f"{logs.name}*") for line in log.read_text().splitlines()]
    return {
        "a second": float(re.search(r"tps = ([\d.]+)", said.stdout).group(1)),
        "ms": statistics.median(times) / 1000 if times else None,
    }


def foreign_load():
    """How busy the processors are while nothing is measured, over one second."""
    read = lambda: [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    before = read()
    time.sleep(1)
    spent = [now - then for now, then in zip(read(), before)]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))


def shown(value):
    return "" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def write(name, text):
    """Writes a file of results, named after the day, `name` and the machine, that begins with what was measured on what."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    model = re.search(r"model name\s+: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    machine = f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}"
    postgres = subprocess.run([newest_bin() / "postgres", "--version"], capture_output=True, text=True).stdout.strip()
    slug = re.sub(r"[^a-z0-9]+", "-", f"{name} {machine}".lower()).strip("-")
    # A day's second run stands beside its first.
    names = (f"{datetime.date.today()}-{slug}{again}.md" for again in ["", *(f"-{run}" for run in range(2, 100))])
    file = next(results / name for name in names if not (results / name).exists())
    file.write_text(f"# {datetime.date.today()}, {commit}\n\n{machine}, {platform.system()} {platform.release()}, {postgres}, {text}")
    print(f"written to {file.relative_to(ROOT)}")
