"""Runs commands in fresh processes, interleaved, and says what each took: wall, processor, peak memory a process."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
_EVERY = 0.02
_BETWEEN_LOOKS = 0.1
_MIB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One process with its children: seconds and MiB.

    own, child: the highest the process, and any child of it, ever held.
    """

    wall: float
    cpu: float
    own: float
    child: float


@dataclass(frozen=True, slots=True)
class Case:
    """Several runs of one command."""

    name: str
    runs: tuple[Run, ...]

    @property
    def cpu(self) -> float:
        """Median processor seconds, children included."""
        return median(run.cpu for run in self.runs)

    @property
    def least_cpu(self) -> float:
        """The least processor seconds: what a neighbour on the machine disturbs least."""
        return min(run.cpu for run in self.runs)

    @property
    def wall(self) -> float:
        """The least wall seconds."""
        return min(run.wall for run in self.runs)

    @property
    def wall_median(self) -> float:
        """Median wall seconds."""
        return median(run.wall for run in self.runs)

    def peak(self, which: str) -> float:
        """The highest of `own` or `child`."""
        return max(float(getattr(run, which)) for run in self.runs)


def side_by_side(commands: Mapping[str, Sequence[str]], rounds: int) -> list[Case]:
    """Every command once a round, in turn, so that a busy minute of the machine falls on all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(once(command))
    return [Case(name, tuple(found)) for name, found in runs.items()]


def once(command: Sequence[str]) -> Run:
    """Runs a command to its end (exit code 0, or 1: findings) with its output in a file nobody keeps."""
    with (ROOT / "benchmarks" / "data" / "stdout").open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, cwd=ROOT)
        watch = _Watch(process.pid)
        watch.start()
        errors = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command}: exit {process.returncode}\n{errors.decode()[-2000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, watch.own, watch.child)


class _Watch(threading.Thread):
    """Looks at /proc again and again: peaks never sink, so a late look misses little."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.own = self.child = 0.0

    def run(self) -> None:
        while not self._over.wait(_EVERY):
            self.own = max(self.own, _memory(self._pid, "status", "VmHWM"))
            self.child = max([self.child, *(_memory(child, "status", "VmHWM") for child in _children(self._pid))])

    def stop(self) -> None:
        self._over.set()
        self.join()


def held_together(command: Sequence[str]) -> float:
    """MiB that a command and its children hold at one moment, at most; what two of them share counts once.

    Asking costs the processes time, so nothing else is measured in such a run.
    """
    most = 0.0
    with (ROOT / "benchmarks" / "data" / "stdout").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT)
        while process.poll() is None:
            time.sleep(_BETWEEN_LOOKS)
            held = (_memory(pid, "smaps_rollup", "Pss") for pid in (process.pid, *_children(process.pid)))
            most = max(most, sum(held))
    return most


def _memory(pid: int, file: str, what: str) -> float:
    """MiB by one line of what /proc says of a process; nothing of one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0
    found = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(next(found, "0")) / _MIB


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []
