"""Power cuts: lives of the real daemon are recorded call by call, and at drawn moments of them the disk is laid out as a
power cut may leave it: what was synced, and any part of what was not (dropped, reordered, torn at sectors; names of
folders too). The real daemon is started on it: it comes up, nothing a user was told is lost, nothing is done twice.

ARIGHT_IMAGES: how many (10,000 are the promise of docs/performance.md), ARIGHT_IMAGES_AT_ONCE: by so many processes,
ARIGHT_SEED: other draws, ARIGHT_SHAPES: only these lives, ARIGHT_KEEP: a folder for what was found, ARIGHT_WITHOUT: a
pattern of paths whose syncs are taken for left out, to see that this is found; it ends with the first find."""
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback
import unittest

import crash_lives
from crash_check import Check, Told
from daemon import BINARY, remove, set_by
from disk_model import Cut, File, apply, imported
from disk_replay import WITHOUT, Replay
from disk_trace import calls
from sweep import can_trace

IMAGES = set_by("ARIGHT_IMAGES", 48)
AT_ONCE = set_by("ARIGHT_IMAGES_AT_ONCE", 2)
SEED = set_by("ARIGHT_SEED", 1)
PER_LIFE = 150  # images of one recording; then another one is made
SECOND_START_EVERY = 4
NOT_OF_THE_DISK = ("log", "marks", "shown")


class Recording:
    """One life in `top`: its calls, and the folder as it was before."""

    def __init__(self, top, name, how=(), told=None):
        self.top, self.name = top, name
        self.before = imported(top)
        self.told = told or Told()
        trace = top.parent / (top.name + ".trace")
        crash_lives.record(top, name, trace, *how)
        self.calls = calls(trace)
        trace.unlink()
        self.agrees()

    def replay(self):
        """From its beginning. The folder is put back to it: the model begins with what it reads there."""
        clear(self.top)
        cut = Cut(random.Random(0), 0)
        cut.lay_out(self.before, self.top)
        return Replay(self.top, BINARY, self.calls)

    def agrees(self):
        """The model, when all has been carried out, is what is really there: no call that changes a file was missed."""
        end = self.top.parent / (self.top.name + ".end")
        self.top.rename(end)
        self.top.mkdir()
        replay = self.replay()
        replay.advance(sys.maxsize)
        compare(replay.disk, end)
        remove(end)


def compare(folder, path):
    names = {p.name for p in path.iterdir() if p.is_dir() or p.is_file()}
    if names != set(folder.now):
        raise AssertionError(f"{path}: {names} are there, {set(folder.now)} in the model")
    for name, node in folder.now.items():
        if not isinstance(node, File):
            compare(node, path / name)
        elif name not in NOT_OF_THE_DISK and not name.endswith("-shm"):
            data = bytearray(node.synced)
            for change in node.pending:
                apply(data, change)
            there = (path / name).read_bytes()
            if sorted(data.splitlines()) != sorted(there.splitlines()) if name == "calls" else data != there:  # by many at once
                raise AssertionError(f"{path / name} is not as in the model")


def clear(top):
    for path in top.iterdir():
        remove(path) if path.is_dir() else path.unlink()


class Worker:
    """Records lives in folders of its own and cuts their power, until it has done its share."""

    def __init__(self, seed, share, long):
        self.chance, self.seed, self.left, self.long = random.Random(seed), seed, share, long
        self.counts, self.found = collections.Counter(), []

    def work(self):
        names = os.environ.get("ARIGHT_SHAPES", " ".join(crash_lives.SHAPES)).split()
        each = max(1, min(PER_LIFE, self.left // (2 * len(names))))
        for n in range(sys.maxsize):
            if self.left <= 0 or (WITHOUT and self.found):
                return self.counts, self.found
            name = names[n % len(names)]
            # What cannot be taken away must not lose what was found: a tmpfs has said "not empty" of folders where it lists nothing.
            with tempfile.TemporaryDirectory(prefix="aright-images-", ignore_cleanup_errors=True) as folder:
                top = pathlib.Path(os.path.realpath(folder)) / name
                top.mkdir()
                crash_lives.shape(name, top).set_up()
                how = ("windows",) if self.long and n % 2 else ()
                first = Recording(top, name, how)
                self.images(first, each)
                if self.left > 0 and (second := self.life_after(first)):
                    self.images(second, each)

    def life_after(self, recording):
        """The life of a daemon that was started after a cut: what it finds must not mislead it at the next one."""
        replay, told, cut = self.draw(recording, *self.moments(recording, 1))
        self.lay_out(replay, cut)
        try:
            return Recording(recording.top, recording.name, ("on",), told)
        except AssertionError as error:
            self.fail(recording, cut, error)

    def moments(self, recording, count):
        replay = recording.replay()
        lines = [line for call in replay.interesting() for line in (call.begun, call.done)]
        return sorted(self.chance.choice(lines) for _ in range(count))

    def images(self, recording, count):
        replay, told, heard = recording.replay(), recording.told.copy(), 0
        for line in self.moments(recording, min(count, self.left)):
            replay.advance(line)
            for at, text in replay.marks[heard:]:
                told.hear(text)
            heard = len(replay.marks)
            if WITHOUT and self.found:
                return
            cut = Cut(random.Random(self.chance.random()), line)
            self.left -= 1
            self.counts[recording.name] += 1
            self.counts["cut " + cut.names] += 1
            self.image(recording, replay, told.copy(), cut)

    def draw(self, recording, line):
        replay, told = recording.replay(), recording.told.copy()
        replay.advance(line)
        for _, text in replay.marks:
            told.hear(text)
        return replay, told, Cut(random.Random(self.chance.random()), line)

    def lay_out(self, replay, cut):
        top = pathlib.Path(replay.top)
        clear(top)
        cut.lay_out(replay.disk, top, lambda name: name in NOT_OF_THE_DISK or name.endswith("-shm"))
        if (top / "state" / "aright.db").exists() and cut.chance.random() < 0.25:  # memory that was never meant to last
            (top / "state" / "aright.db-shm").write_bytes(cut.chance.randbytes(32768))
        for name in ("log", "marks"):
            (top / name).touch()

    def image(self, recording, replay, told, cut):
        begin = cut.chance.getstate()
        self.lay_out(replay, cut)
        life = crash_lives.shape(recording.name, recording.top)
        life.top = recording.top
        life.take_up()
        try:
            Check(life, told).all(twice=self.left % SECOND_START_EVERY == 0)
        except Exception as error:  # whatever it is: the image is what we want to see
            log = (recording.top / "log").read_text()
            cut.chance.setstate(begin)
            self.lay_out(replay, cut)
            self.fail(recording, cut, error, f"{log}\n{told}")
        finally:
            life.tearDown()

    def fail(self, recording, cut, error, more=""):
        around = [f"{c.name} {[str(a)[-70:] for a in c.args[:2]]}" for c in recording.calls if cut.at - 25 < c.begun <= cut.at][-6:]
        text = "".join(traceback.format_exception(error))
        self.found.append(f"{recording.name}, seed {self.seed}, line {cut.at}, {cut}; before it:\n  " + "\n  ".join(around) + f"\n{text}{more}")
        if keep := os.environ.get("ARIGHT_KEEP"):
            shutil.copytree(recording.top, pathlib.Path(keep) / f"{recording.name}-{self.seed}-{cut.at}-{len(self.found)}")


def worked(seed, share, long):
    return Worker(seed, share, long).work()


@unittest.skipUnless(can_trace(), "skipped: strace cannot trace here")
class CrashImages(unittest.TestCase):
    def test_power_cuts(self):
        begun, counts, found = time.monotonic(), collections.Counter(), []
        with concurrent.futures.ProcessPoolExecutor(AT_ONCE) as pool:
            shares = [pool.submit(worked, f"{SEED}.{n}", IMAGES // AT_ONCE, IMAGES > 500) for n in range(AT_ONCE)]
            for done in concurrent.futures.as_completed(shares):
                more, errors = done.result()
                counts += more
                found += errors
        images = sum(counts[name] for name in crash_lives.SHAPES)
        print(f"CrashImages: {images} images ({', '.join(f'{n} {c}' for n, c in sorted(counts.items()))}), each started and "
              f"verified, every {SECOND_START_EVERY}th twice; {len(found)} violations; {time.monotonic() - begun:.0f} s", file=sys.stderr)
        if found:
            self.fail("\n\n".join(found[:5]))
        self.assertGreaterEqual(images, 0 if WITHOUT else IMAGES // AT_ONCE * AT_ONCE)


if __name__ == "__main__":
    unittest.main()
