"""What the peers share: steps run one after the other, each with the CPU that it took.

CPU is user and system time of this process and all its children, threads included. A step is
measured from the call to the written file: the start of the interpreter and the imports stand in
no step, only in the line `whole`, which begins with the process.
"""

import json
import os
import resource
import sys
import time

RULES = json.loads(os.environ["RULES"])
"""What `measure rules` prints."""

SPACE = r"[ \t\n\x0B\f\r]"
"""What separates tokens: the six characters at which Spark ML's Tokenizer splits."""

POSITIVE = rf"(^|{SPACE})({'|'.join(RULES['positive_words'])})({SPACE}|$)"
"""A review with a positive word as a token, in any case; `^` and `$` are its ends."""

DIMENSIONS = RULES["dimensions"]
"""Column and element of each dimension."""

NAMES = [name for name, _ in DIMENSIONS]

ELEMENTS = ["logDate", *(element for _, element in DIMENSIONS), "ipAddress", "phoneNumber"]

TICK = os.sysconf("SC_CLK_TCK")


def living(pid="self"):
    """The descendants that still run: PySpark's JVM is one."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in children.read().split():
                yield child
                yield from living(child)


def cpu():
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    for child in living():
        with open(f"/proc/{child}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / TICK
    return total


def peak_kib():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for child in living():
        with open(f"/proc/{child}/status") as status:
            peak += sum(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return peak


def since_start():
    with open("/proc/self/stat") as stat, open("/proc/uptime") as uptime:
        start = int(stat.read().rpartition(")")[2].split()[19]) / TICK
        return float(uptime.read().split()[0]) - start


def run(steps):
    """Runs the steps named on the command line (`RAW OUT STEP...`). Prints a line for each, and
    one for the whole process: name, CPU seconds, seconds, peak memory in KiB so far."""
    raw, out, *wanted = sys.argv[1:]
    for name in wanted:
        before, start = cpu(), time.perf_counter()
        steps[name](raw, out)
        print(name, cpu() - before, time.perf_counter() - start, peak_kib(), flush=True)
    print("whole", cpu(), since_start(), peak_kib(), flush=True)
