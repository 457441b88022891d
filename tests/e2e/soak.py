"""Hours of findings at a steady rate with random kills: nothing lost, nothing doubled, memory flat.

  python3 tests/e2e/soak.py build/aright                                 an hour at 500 findings a second
  python3 tests/e2e/soak.py build/aright --seconds 600 --between-kills 20 --record seen.json
  python3 tests/e2e/soak.py build/aright --flood --seconds 60               ten times that load, by lines of a log

A finding is a managed file that somebody broke; each is put right. In a flood it is a line about another host, which
starts a program. In the first third it is killed at random; the life after that lasts to the end, and its memory must
be flat: no minute's median further than 2 % from that of all, but for the first quarter of that life. Prints what is
seen, and at the end whether every promise held; the exit code says the same. The audit log takes about 6 KB a finding.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

FOLDERS, FILES_EACH = 8, 500  # so many that each has been put right when its turn comes again
FOLDER = """control: folder-{n}
tags: [soak]
watch: {{ resource: file, folder: {folder} }}
desired: {{ content: "approved\\n", mode: "0644" }}
"""
WORKFLOW = """workflow: answer
owner: soak
answers: [{answers}]
mode: auto
guards: {{ threshold: [{{ runs: 1000000, within: 30s, per: workflow }}] }}
steps: [{step}]
"""
RULE = """title: Seen
name: seen
level: high
logsource: { product: soak }
detection: { selection: { what: seen }, condition: selection }
"""
SOURCE = """source: lines
tail: {{ files: [{log}], from: start }}
log_source: {{ product: soak }}
decode: {{ json: {{ trusted: [host] }} }}
"""
MEMORY_MAX_MIB, FLAT_PERCENT = 512, 2


class Soak:
    def __init__(self, binary, top):
        self.binary, self.top = pathlib.Path(binary).resolve(), pathlib.Path(top)
        self.config, self.state = self.top / "config", self.top / "state"
        for part in ("controls", "workflows", "sources"):
            (self.config / part).mkdir(parents=True)
        (self.config / "aright.yaml").write_text("tests: off\n")
        self.broken = []  # promises
        self.record = {}
        self.process = None

    def workflow(self, answers, step):
        (self.config / "workflows" / "answer.yaml").write_text(WORKFLOW.format(answers=answers, step=step))

    def start(self):
        with open(self.top / "log", "a") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.config, "--state", self.state],
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        if not self.process.stdout.readline().startswith("ready"):
            sys.exit((self.top / "log").read_text()[-2000:])
        self.born = time.monotonic()

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait()
        self.process.stdout.close()
        return code

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def number(self, query):
        database = sqlite3.connect(f"file:{self.state / 'aright.db'}?mode=ro", uri=True)
        try:
            return database.execute(query).fetchone()[0]
        finally:
            database.close()

    def until_nothing_is_open(self, findings, seconds=600):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.number("SELECT count(*) FROM finding") >= findings and not self.number("SELECT count(*) FROM run WHERE open=1"):
                return
            time.sleep(0.5)
        self.broken.append(f"not over after {seconds} s: {self.number('SELECT count(*) FROM run WHERE open=1')} runs are open")

    def expect(self, what, seen, wanted):
        print(f"{what:<48}{seen}")
        self.record[what] = seen
        if seen != wanted:
            self.broken.append(f"{what}: {seen}, not {wanted}")

    def verdict(self, findings):
        self.until_nothing_is_open(findings)
        self.expect("findings", self.number("SELECT count(*) FROM finding"), findings)
        self.expect("runs", self.number("SELECT count(*) FROM run"), findings)
        self.expect("of which succeeded", self.number("SELECT count(*) FROM run WHERE json_extract(doc,'$.state')='succeeded'"), findings)
        self.expect("exit code of the stop", self.end(signal.SIGTERM), 0)
        proof = subprocess.run([self.binary, "--state", self.state, "audit", "verify"], capture_output=True, text=True)
        self.expect("audit verify", proof.stdout[:4], "ok: ")
        print(proof.stdout.strip())


def in_time(rate, seconds):
    """Counts up at that rate; where it is behind, it does not catch up."""
    begin, next_at, n = time.monotonic(), time.monotonic(), 0
    while time.monotonic() < begin + seconds:
        yield n
        n += 1
        next_at = max(next_at + 1 / rate, time.monotonic() - 0.1)
        time.sleep(max(0, next_at - time.monotonic()))


def steady(soak, options):
    files = []
    for n in range(FOLDERS):
        folder = soak.top / f"folder{n}"
        folder.mkdir(mode=0o755)
        (soak.config / "controls" / f"folder{n}.yaml").write_text(FOLDER.format(n=n, folder=folder))
        for k in range(FILES_EACH):
            files.append(folder / f"f{k}")
            files[-1].write_text("approved\n")
            files[-1].chmod(0o644)
    soak.workflow("{ tag: soak }", "{ ensure: desired }")
    chance = random.Random(options.seed)
    broke, late, kills = 0, 0, []
    begin = time.monotonic()
    soak.start()
    dies_at, look_at, memory = next_death(soak, options, chance, begin), soak.born + 1, []
    for n in in_time(options.rate, options.seconds):
        path = files[n % len(files)]
        if path.read_text() == "approved\n":
            path.write_text("broken\n")
            broke += 1
        else:
            late += 1
        now = time.monotonic()
        if now >= look_at:
            look_at = now + 1
            memory.append((now - soak.born, soak.rss_mib()))
        if now >= dies_at:
            kills.append({"after": round(now - begin, 1), "broken": broke, "late": late, "mib": round(soak.rss_mib(), 1)})
            soak.end(signal.SIGKILL)
            print(f"killed: {kills[-1]}", flush=True)
            soak.start()
            dies_at, look_at, memory = next_death(soak, options, chance, begin), soak.born + 1, []
    soak.record.update(rate=options.rate, seconds=options.seconds, findings=broke, late=late, kills=kills)
    soak.verdict(broke)
    soak.expect("files that are not right", sum(path.read_text() != "approved\n" for path in files), 0)
    print(f"{broke} findings, {broke / options.seconds:.0f} a second, {late} late, {len(kills)} kills")
    flatness(soak, memory)


def next_death(soak, options, chance, begin):
    """In the first third only."""
    at = soak.born + chance.expovariate(1 / options.between_kills) if options.between_kills else float("inf")
    return at if at < begin + options.seconds / 3 else float("inf")


def flatness(soak, memory):
    """Of the last life, but for its first quarter."""
    late = [(at, mib) for at, mib in memory if at > memory[-1][0] / 4]
    middle = statistics.median(mib for _, mib in late)
    minutes = {}
    for at, mib in late:
        minutes.setdefault(int(at // 60), []).append(mib)
    medians = [statistics.median(of_one) for of_one in minutes.values()]
    percent = lambda values: max(abs(mib - middle) for mib in values) / middle * 100
    spread, spread_all = percent(medians), percent([mib for _, mib in late])
    print(f"memory of the last life, {memory[-1][0]:.0f} s long, after its first quarter: {middle:.1f} MiB; minutes at most {spread:.1f} % "
          f"from it, single seconds {spread_all:.1f} %")
    soak.record.update(last_life_seconds=round(memory[-1][0]), memory_mib=round(middle, 1), minutes_percent=round(spread, 1),
                       seconds_percent=round(spread_all, 1), minutes_mib=[round(median, 1) for median in medians])
    if spread > FLAT_PERCENT:
        soak.broken.append(f"memory is not flat: {spread:.1f} %")


def flood(soak, options):
    log = soak.top / "lines.log"
    log.touch()
    (soak.config / "controls" / "seen.yml").write_text(RULE)
    (soak.config / "sources" / "lines.yaml").write_text(SOURCE.format(log=log))
    soak.workflow("seen", "{ exec: [/usr/bin/true] }")
    soak.start()
    rate, most, wrote = 10 * options.rate, 0.0, 0
    with open(log, "a") as lines:
        for n in in_time(rate / 100, options.seconds):
            lines.write("".join(json.dumps({"what": "seen", "host": f"h{wrote + k}"}) + "\n" for k in range(100)))
            lines.flush()
            wrote += 100
            most = max(most, soak.rss_mib())
    at_end = soak.number("SELECT count(*) FROM finding")
    print(f"{wrote} lines in {options.seconds} s; {at_end} findings and {soak.number('SELECT count(*) FROM run WHERE open=0')} runs over by then")
    watcher = threading.Event()

    def watch():
        nonlocal most
        while not watcher.wait(0.5):
            most = max(most, soak.rss_mib())

    thread = threading.Thread(target=watch)
    thread.start()
    soak.until_nothing_is_open(wrote, 1800)
    watcher.set()
    thread.join()
    soak.verdict(wrote)
    print(f"memory at most {most:.0f} MiB")
    soak.record.update(rate=rate, seconds=options.seconds, lines=wrote, findings_at_the_end=at_end, memory_max_mib=round(most))
    if most > MEMORY_MAX_MIB:
        soak.broken.append(f"memory: {most:.0f} MiB, more than {MEMORY_MAX_MIB}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--rate", type=int, default=500, help="findings a second")
    parser.add_argument("--between-kills", type=int, default=60, help="seconds, in the middle; 0: none")
    parser.add_argument("--flood", action="store_true")
    parser.add_argument("--record", help="a file for what was seen, as JSON")
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where to work: a folder on the disk that is to be used")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aright-soak-", dir=options.folder) as top:
        soak = Soak(options.binary, os.path.realpath(top))
        try:
            (flood if options.flood else steady)(soak, options)
        finally:
            if soak.process and soak.process.poll() is None:
                soak.process.kill()
                soak.process.wait()
    for what in soak.broken:
        print(f"broken: {what}", file=sys.stderr)
    if options.record:
        soak.record.update(commit=options.commit, date=time.strftime("%Y-%m-%d"), cores=os.cpu_count(), promises_broken=soak.broken)
        pathlib.Path(options.record).write_text(json.dumps(soak.record, indent=1) + "\n")
    print("NOT every promise was kept" if soak.broken else "every promise was kept")
    return 1 if soak.broken else 0


sys.exit(main())
