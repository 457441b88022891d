"""What processes did to files, read from strace: one event a call, in the order in which they were seen."""
import dataclasses
import re

# Every call that changes what is on a disk, or by which we know which file another call means. One that the model does
# not know is an error there, not a hole in it.
CALLS = ("open", "openat", "openat2", "creat", "close", "dup", "dup2", "dup3", "clone", "clone3", "fork", "vfork", "execve",
         "write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate", "copy_file_range",
         "sendfile", "splice", "fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync", "rename", "renameat",
         "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "mknod",
         "mknodat", "chmod", "fchmod", "fchmodat", "mmap")
OPTIONS = ("-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000", "-e", "signal=none", "-e", "trace=" + ",".join(CALLS))

LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
WHOLE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|\?|0x[0-9a-f]+)(.*)", re.DOTALL)
QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?')
FD = re.compile(r"(-?\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2})*).*>(?:\(deleted\))?)?", re.DOTALL)


@dataclasses.dataclass
class Fd:
    number: int  # -100: the folder the process works in
    path: str  # where it pointed to when it was used


@dataclasses.dataclass
class Call:
    thread: int
    name: str
    args: list
    result: int
    begun: int  # among the lines of the trace
    done: int

    def when(self):
        """A number of a file is free when `close` begins, and is given when `open` ends: between, another thread's may be
        the same."""
        return self.done if self.name.startswith("open") else self.begun


def bytes_of(quoted):
    return bytes.fromhex(quoted.replace("\\x", ""))


def split(text):
    """Arguments at the outermost level."""
    parts, depth, start, in_text = [], 0, 0, False
    for match in re.finditer(r'["\[\]{}(),<>]', text):
        letter = match[0]
        if letter == '"':
            in_text = not in_text
        elif in_text:
            continue
        elif letter in "[{(":
            depth += 1
        elif letter in "]})":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:match.start()].strip())
            start = match.end()
    return parts + [text[start:].strip()] if text.strip() else []


def argument(text):
    quoted = QUOTED.fullmatch(text)
    if quoted:
        return bytes_of(quoted[1])
    fd = FD.fullmatch(text)
    if fd:
        return Fd(-100 if fd[1] == "AT_FDCWD" else int(fd[1]), bytes_of(fd[2] or "").decode(errors="replace"))
    return text


def parse(text, thread, begun, done):
    whole = WHOLE.fullmatch(text)
    if not whole:
        return None
    result = whole[3]
    number = -1 if result == "?" else int(result, 0)
    return Call(thread, whole[1], [argument(part) for part in split(whole[2])], number, begun, done)


def calls(path):
    """Those that were carried out, by when they happened; what had not ended when the trace did is left out."""
    found, open_calls = [], {}
    with open(path) as trace:
        for at, line in enumerate(trace):
            thread, text = LINE.fullmatch(line.rstrip("\n")).groups()
            if text.endswith("<unfinished ...>"):
                open_calls[thread] = (at, text[:-len("<unfinished ...>")])
                continue
            resumed = RESUMED.fullmatch(text)
            begun = at
            if resumed:
                begun, first = open_calls.pop(thread)
                text = first + resumed[2]
            call = parse(text, int(thread), begun, at)
            if call and call.result >= 0:
                found.append(call)
    return sorted(found, key=Call.when)


def flag(text, name):
    return name in str(text).split("|")
