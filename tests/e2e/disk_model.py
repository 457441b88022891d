"""A disk as POSIX promises it: what is not synced may be there after a power cut, in part, or not at all.

A file has its synced content and the writes since; a folder has its synced names and the changes since. A sync covers what
had been done before it began. Syncing a file says nothing of its name, syncing a folder nothing of its files' contents."""
import dataclasses
import os

SECTOR = 512


@dataclasses.dataclass
class Change:
    begun: int  # when, among the lines of the trace
    done: int


@dataclasses.dataclass
class Write(Change):
    at: int
    data: bytes


@dataclasses.dataclass
class Resize(Change):
    size: int
    only_grows: bool = False


@dataclasses.dataclass
class Mode(Change):
    bits: int


@dataclasses.dataclass
class Names(Change):
    to: dict  # of one folder; None: gone. A rename is one change: file systems make it one


class File:
    def __init__(self, mode, data=b""):
        self.synced, self.mode = bytearray(data), mode
        self.pending = []

    def size(self):
        """As whoever has it open sees it."""
        size = len(self.synced)
        for change in self.pending:
            if isinstance(change, Write):
                size = max(size, change.at + len(change.data))
            elif isinstance(change, Resize):
                size = max(size, change.size) if change.only_grows else change.size
        return size

    def sync(self, begun):
        covered = [c for c in self.pending if c.done < begun]
        self.pending = [c for c in self.pending if c.done >= begun]
        for change in covered:
            apply(self.synced, change)
            if isinstance(change, Mode):
                self.mode = change.bits


class Folder:
    def __init__(self, mode):
        self.synced, self.mode = {}, mode
        self.pending = []
        self.now = {}

    def change(self, names):
        self.pending.append(names)
        for name, node in names.to.items():
            self.now[name] = node
            if node is None:
                del self.now[name]

    def sync(self, begun):
        for change in self.pending:
            if change.done < begun:
                self.synced.update(change.to)
        self.pending = [c for c in self.pending if c.done >= begun]


def apply(data, change):
    if isinstance(change, Write):
        end = change.at + len(change.data)
        data.extend(bytes(max(0, end - len(data))))
        data[change.at:end] = change.data
    elif isinstance(change, Resize):
        if not change.only_grows:
            del data[change.size:]
        data.extend(bytes(max(0, change.size - len(data))))


def imported(path):
    """What is there, all of it synced."""
    mode = path.lstat().st_mode & 0o7777
    if not path.is_dir():
        return File(mode, path.read_bytes())
    folder = Folder(mode)
    for one in path.iterdir():
        if one.is_dir() or one.is_file():
            folder.synced[one.name] = folder.now[one.name] = imported(one)
    return folder


class Cut:
    """One way in which the power may go, drawn: which of what is not synced is there afterwards."""

    def __init__(self, chance, at):
        self.chance, self.at = chance, at
        self.names = chance.choice(("none", "all", "order", "order", "folder", "any"))
        self.data = chance.choice(("none", "all", "writes", "sectors", "torn", "torn", "late"))
        self.share = chance.choice((0.1, 0.5, 0.9))
        self.last_change = at - int(3000 ** chance.random())  # rather a little before than long before

    def __str__(self):
        return f"names {self.names}, data {self.data} {self.share}"

    def kept_names(self, folder):
        pending = [c for c in folder.pending if c.begun <= self.at]
        if self.names == "none":
            return []
        if self.names == "order":  # of all folders together, as a journal keeps it
            return [c for c in pending if c.begun <= self.last_change]
        if self.names == "folder":  # of each by itself
            return pending[:self.chance.randrange(len(pending) + 1)]
        if self.names == "any":
            return [c for c in pending if self.chance.random() < self.share]
        return pending

    def entries(self, folder):
        names = dict(folder.synced)
        for change in self.kept_names(folder):
            names.update(change.to)
        return {name: node for name, node in names.items() if node is not None}

    def sectors(self, write, keep):
        """Those of one write that `keep` says, as writes."""
        end, at = write.at + len(write.data), write.at
        while at < end:
            upto = min(end, (at // SECTOR + 1) * SECTOR)
            if keep():
                yield Write(write.begun, write.done, at, write.data[at - write.at:upto - write.at])
            at = upto

    def kept_data(self, pending):
        chance = self.chance
        torn = chance.randrange(len(pending))
        for i, change in enumerate(pending):
            if self.data == "none":
                return
            keep = self.data == "all" or (self.data == "torn" and i < torn) or (self.data == "late" and i >= torn)
            by_chance = self.data == "writes" or (self.data == "sectors" and not isinstance(change, Write))
            if keep or (by_chance and chance.random() < self.share):
                yield change
            elif isinstance(change, Write) and (self.data == "sectors" or (self.data == "torn" and i == torn)):
                yield from self.sectors(change, lambda: chance.random() < self.share)

    def content(self, file):
        data, mode = bytearray(file.synced), file.mode
        pending = [c for c in file.pending if c.begun <= self.at]
        if pending:
            for change in self.kept_data(pending):
                apply(data, change)
                if isinstance(change, Mode):
                    mode = change.bits
            if self.data != "none" and self.chance.random() < 0.3:  # its new size is there, what was written is not
                data.extend(bytes(max(0, file.size() - len(data))))
        return data, mode

    def lay_out(self, folder, path, leave_out=lambda name: False):
        """The disk as it is found afterwards, below an empty folder."""
        for name, node in self.entries(folder).items():
            where = path / name
            if leave_out(name):
                continue
            if isinstance(node, Folder):
                where.mkdir()
                self.lay_out(node, where, leave_out)
                where.chmod(node.mode)
                continue
            data, mode = self.content(node)
            with open(where, "xb") as file:
                file.write(data.rstrip(b"\0") if len(data) > 1 << 20 else data)
                file.truncate(len(data))
                os.fchmod(file.fileno(), mode)
