"""A trace carried out on the model of a disk: the program under test as it is, everybody else as if they synced all."""
import fnmatch
import os
import pathlib
import re

from disk_model import File, Folder, Mode, Names, Resize, Write, imported
from disk_trace import Fd, flag

UNKNOWN = {"writev", "pwritev", "pwritev2", "truncate", "copy_file_range", "sendfile", "splice", "sync", "syncfs",
           "sync_file_range", "msync", "link", "symlink", "symlinkat", "mknod", "mknodat", "creat", "chmod", "fchmodat"}
WITHOUT = os.environ.get("ARIGHT_WITHOUT")  # syncs of such paths are taken for left out: what is found shows what they are for
NOT_DURABLE = ("-shm",)  # memory that processes share; made anew by who opens the database first


class Open:
    def __init__(self, node, append=False):
        self.node, self.append, self.at = node, append, 0


class Replay:
    """`top`: the folder of the model. `marks`: text that others than the program appended to `top/marks`, and the
    program's own log, `top/log`: what a user has seen, in its order."""

    def __init__(self, top, program, calls):
        self.top, self.program, self.calls = str(top), os.path.realpath(program), calls
        self.disk = imported(top)
        self.marks = []
        self.owner, self.fds, self.ours, self.cwd = {}, {}, set(), {}
        self.at = -1
        self.next = 0
        self.syncs = []
        for call in calls:
            if call.name in ("clone", "clone3") and "CLONE_THREAD" in str(call.args):
                self.owner[call.result] = self.owner.get(call.thread, call.thread)

    def advance(self, line):
        """Everything that had begun by this line of the trace; a sync counts when it was over."""
        while self.next < len(self.calls) and self.calls[self.next].when() <= line:
            self.settle(self.calls[self.next].when())
            self.step(self.calls[self.next])
            self.next += 1
        self.settle(line)
        self.at = line

    def settle(self, line):
        for call, node in self.syncs:
            if call.done <= line:
                node.sync(call.begun)
        self.syncs = [(call, node) for call, node in self.syncs if call.done > line]

    def interesting(self):
        """Lines at which something on this disk changes or somebody is told something."""
        words = ("pwrite64", "write", "fsync", "fdatasync", "rename", "renameat2", "linkat", "unlink", "unlinkat", "mkdir",
                 "ftruncate", "openat", "rmdir")
        for call in self.calls:
            paths = [a.path if isinstance(a, Fd) else a.decode(errors="replace") for a in call.args[:3] if isinstance(a, (Fd, bytes))]
            inside = any(p.startswith(self.top) and not p.endswith(NOT_DURABLE) for p in paths)
            if call.name in words and inside and not (call.name == "openat" and "O_CREAT" not in str(call.args)):
                yield call

    # Which file a call means.

    def process(self, call):
        return self.owner.get(call.thread, call.thread)

    def path(self, call, fd, name):
        name = os.fsdecode(name)
        base = fd.path if fd is not None else self.cwd.get(self.process(call), "/")
        return os.path.normpath(os.path.join(base, name))

    def inside(self, path):
        return path == self.top or path.startswith(self.top + "/")

    def relative(self, path):
        return pathlib.PurePath(path).relative_to(self.top).parts

    def find(self, path):
        node = self.disk
        for part in self.relative(path):
            node = node.now.get(part)
            if node is None:
                return None
        return node

    def place(self, path):
        """The folder it lies in, and its name there."""
        return self.find(os.path.dirname(path)), os.path.basename(path)

    def rename_in(self, call, folder, changes):
        folder.change(Names(call.begun, call.done, changes))
        if self.process(call) not in self.ours:
            folder.sync(call.done + 1)

    def change(self, call, file, change):
        file.pending.append(change)
        if self.process(call) not in self.ours:
            file.sync(call.done + 1)

    # What the calls do.

    def step(self, call):
        if call.name in UNKNOWN and any(isinstance(a, Fd) and self.inside(a.path) for a in call.args):
            raise AssertionError(f"the model of the disk does not know {call.name}")
        method = getattr(self, "do_" + {"pwrite64": "pwrite", "fdatasync": "fsync", "renameat": "renameat2"}.get(call.name, call.name), None)
        if method:
            method(call)

    def do_execve(self, call):
        process = self.process(call)
        self.fds[process] = {}
        if os.path.realpath(os.fsdecode(call.args[0])) == self.program:
            self.ours.add(process)

    def do_openat(self, call):
        self.opened(call, self.path(call, call.args[0], call.args[1]), call.args[2], call.args[3:4])

    def do_open(self, call):
        self.opened(call, self.path(call, None, call.args[0]), call.args[1], call.args[2:3])

    def do_openat2(self, call):
        flags = re.search(r"flags=([\w|]+)", call.args[2])[1]
        self.opened(call, self.path(call, call.args[0], call.args[1]), flags, [])

    def opened(self, call, path, flags, mode):
        if not self.inside(path):
            return
        fds = self.fds.setdefault(self.process(call), {})
        if flag(flags, "O_TMPFILE"):
            fds[call.result] = Open(File(0o600))
            return
        node = self.find(path)
        if node is None and flag(flags, "O_CREAT"):
            node = File(int(str(mode[0].number), 8))
            folder, name = self.place(path)
            self.rename_in(call, folder, {name: node})
        if node is None:
            return  # a socket, or what is not durable
        if flag(flags, "O_TRUNC") and node.size() > 0:
            self.change(call, node, Resize(call.begun, call.done, 0))
        fds[call.result] = Open(node, flag(flags, "O_APPEND"))

    def do_close(self, call):
        self.fds.get(self.process(call), {}).pop(call.args[0].number, None)

    def held(self, call):
        fd = call.args[0]
        if not self.inside(fd.path) or fd.path.endswith(NOT_DURABLE):
            return None
        held = self.fds.get(self.process(call), {}).get(fd.number)
        if held is None and self.process(call) not in self.ours:
            node = self.find(fd.path)  # inherited, or by another number: their files are found by name
            return Open(node, append=True) if node is not None else None
        return held

    def do_write(self, call):
        fd, data = call.args[0], call.args[1]
        if fd.path in (self.top + "/marks", self.top + "/log"):
            self.marks.append((call.begun, os.fsdecode(data[:call.result])))
            return
        held = self.held(call)
        if held is None:
            if self.inside(fd.path) and self.process(call) in self.ours:
                raise AssertionError(f"a write to {fd.path}, which the model has not seen opened")
            return
        at = held.node.size() if held.append else held.at
        held.at = at + call.result
        self.change(call, held.node, Write(call.begun, call.done, at, data[:call.result]))

    def do_pwrite(self, call):
        if held := self.held(call):
            self.change(call, held.node, Write(call.begun, call.done, call.args[3].number, call.args[1][:call.result]))

    def do_ftruncate(self, call):
        if held := self.held(call):
            self.change(call, held.node, Resize(call.begun, call.done, call.args[1].number))

    def do_fallocate(self, call):
        if held := self.held(call):
            self.change(call, held.node, Resize(call.begun, call.done, call.args[2].number + call.args[3].number, True))

    def do_fchmod(self, call):
        if held := self.held(call):
            self.change(call, held.node, Mode(call.begun, call.done, int(str(call.args[1].number), 8)))

    def do_fsync(self, call):
        if (held := self.held(call)) and not (WITHOUT and fnmatch.fnmatch(call.args[0].path, WITHOUT)):
            self.syncs.append((call, held.node))

    def do_mmap(self, call):
        fd = call.args[4]
        if isinstance(fd, Fd) and self.inside(fd.path) and not fd.path.endswith(NOT_DURABLE) and \
                flag(call.args[3], "MAP_SHARED") and flag(call.args[2], "PROT_WRITE"):
            raise AssertionError(f"{fd.path} is changed through memory")

    def do_mkdir(self, call):
        self.made(call, self.path(call, None, call.args[0]), call.args[1])

    def do_mkdirat(self, call):
        self.made(call, self.path(call, call.args[0], call.args[1]), call.args[2])

    def made(self, call, path, mode):
        if self.inside(path):
            folder, name = self.place(path)
            self.rename_in(call, folder, {name: Folder(int(str(mode.number), 8) & 0o755)})

    def do_unlink(self, call):
        self.removed(call, self.path(call, None, call.args[0]))

    do_rmdir = do_unlink

    def do_unlinkat(self, call):
        self.removed(call, self.path(call, call.args[0], call.args[1]))

    def removed(self, call, path):
        if self.inside(path) and self.find(path) is not None:
            folder, name = self.place(path)
            self.rename_in(call, folder, {name: None})

    def do_rename(self, call):
        self.renamed(call, self.path(call, None, call.args[0]), self.path(call, None, call.args[1]), "")

    def do_renameat2(self, call):
        flags = call.args[4] if len(call.args) > 4 else ""
        self.renamed(call, self.path(call, call.args[0], call.args[1]), self.path(call, call.args[2], call.args[3]), flags)

    def renamed(self, call, old, new, flags):
        if not self.inside(old) and not self.inside(new):
            return
        (source, name), (target, to) = self.place(old), self.place(new)
        if source is not target:
            raise AssertionError(f"the model of the disk does not know a rename from {old} to {new}: two folders")
        back = target.now.get(to) if flag(flags, "RENAME_EXCHANGE") else None
        self.rename_in(call, source, {name: back, to: source.now[name]})

    def do_linkat(self, call):
        fds = self.fds.get(self.process(call), {})
        by_handle = re.fullmatch(rb"/proc/self/fd/(\d+)", call.args[1])
        path = self.path(call, call.args[2], call.args[3])
        if self.inside(path):
            node = fds[int(by_handle[1])].node if by_handle else self.find(self.path(call, call.args[0], call.args[1]))
            folder, name = self.place(path)
            self.rename_in(call, folder, {name: node})
