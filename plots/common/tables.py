"""Reads the files of `sharesim run -o DIR`. Whatever is wrong with them is a BadInput that names the place."""

import csv
import json
import os
import re

import pandas

TRACE = "trace.ftrace"
TRACE_END = "# end of trace\n"
NS = 1e9
CREDIT_MINUTES_NS = 60e9

ALLOCATIONS = {"tick_start_ns": "int64", "scheduler": "str", "entity": "str", "kind": "str", "service_ns": "int64",
               "ideal_ns": "int64", "lag_ns": "int64", "runnable_ns": "int64", "throttled_ns": "int64"}
SCHEDULE = {"begin_ns": "int64", "end_ns": "int64", "cpu": "int64", "task": "str", "stop": "str"}
CREDITS = {"time_ns": "int64", "scheduler": "str", "entity": "str", "balance": "float64", "surplus": "float64",
           "earned": "float64", "spent": "float64", "lost": "float64", "charged": "float64"}
METRICS = {"workload": "str", "scheduler": "str", "entity": "str", "kind": "str", "metric": "str", "unit": "str",
           "value": "float64"}


class BadInput(Exception):
    """The files do not say what a figure needs; the message says which and where."""


class NothingToDraw(BadInput):
    """The files are as they should be, but this run has no data for the figure."""


def _first_fault(path, columns):
    """The place of the first row that is not as it should be, slowly."""
    kinds = {"int64": (int, "an integer"), "float64": (float, "a number")}
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            if len(row) < len(columns):
                return f"{path}:{rows.line_num}: the row has {len(row)} fields (it should have {len(columns)})"
            for text, (name, kind) in zip(row, columns.items()):
                if kind not in kinds:
                    continue
                try:
                    kinds[kind][0](text)
                except ValueError:
                    return f"{path}:{rows.line_num}: {name} is '{text}' (it should be {kinds[kind][1]})"
    return f"{path}: not a table that can be read"


def read_table(path, columns):
    """A CSV file with these columns, in this order; more may follow. Throws BadInput."""
    try:
        with open(path, "rb") as file:
            heading = file.readline().decode("utf-8").strip().split(",")
            file.seek(0, os.SEEK_END)
            size = file.tell()
            file.seek(max(0, size - 1))
            last = file.read(1)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {getattr(error, 'strerror', None) or 'not a text'}") from error
    if heading[: len(columns)] != list(columns):
        raise BadInput(f"{path}:1: the heading is '{','.join(heading)[:80]}' (it should begin with '{','.join(columns)}')")
    if last != b"\n":
        raise BadInput(f"{path}: cut off in the middle of a row")
    try:
        table = pandas.read_csv(path, dtype=columns, usecols=list(columns), keep_default_na=False)
    except (ValueError, OverflowError, pandas.errors.ParserError) as error:
        raise BadInput(_first_fault(path, columns)) from error
    if table.empty:
        raise BadInput(f"{path}: there is no row in it")
    return table


class Run:
    """One run's folder. Tables are read when they are asked for."""

    def __init__(self, folder):
        self.folder = folder
        path = os.path.join(folder, "summary.json")
        try:
            with open(path, encoding="utf-8") as file:
                self.summary = json.load(file)
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror} (the folder of a run, as sharesim run -o writes it)") from error
        except ValueError as error:
            raise BadInput(f"{path}: no JSON: {error}") from error
        if not isinstance(self.summary, dict) or self.summary.get("schema_version") != 1:
            raise BadInput(f"{path}: not a summary of schema_version 1")
        try:
            self.name = self.summary["workload"]["name"]
            self.scheduler = self.summary["scheduler"]["spelling"]
            self.cpus = self.summary["scenario"]["machine"]["cpus"]
            self.end_ns = self.summary["end_ns"]
            self.tick_ns = self.summary["scenario"]["record_tick_ns"]
            self._entities = [e for e in self.summary["groups"] if e["path"] != "/"] + self.summary["tasks"]
        except (KeyError, TypeError) as error:
            raise BadInput(f"{path}: lacks {error}") from error
        self._allocations = None

    def _path(self, name):
        return os.path.join(self.folder, name)

    def entities(self):
        """The summaries of all groups (but the root) and tasks, in the order of the files."""
        return self._entities

    def allocations(self):
        """A row per tick and entity, with end_ns, the end of the tick."""
        if self._allocations is None:
            path = self._path("allocations.csv")
            table = read_table(path, ALLOCATIONS)
            per_tick = table["entity"].nunique()
            counts = table.groupby("tick_start_ns", sort=False).size()
            if (counts != per_tick).any():
                tick = counts.index[counts != per_tick][0]
                raise BadInput(f"{path}: the tick at {tick} ns has {counts[tick]} rows (each should have {per_tick})")
            if int(table["tick_start_ns"].iloc[-1]) + self.tick_ns < self.end_ns:
                raise BadInput(f"{path}: ends at {table['tick_start_ns'].iloc[-1]} ns, before the run does, at "
                               f"{self.end_ns} ns")
            table["end_ns"] = (table["tick_start_ns"] + self.tick_ns).clip(upper=self.end_ns)
            self._allocations = table
        return self._allocations

    def column(self, name):
        """One column of the allocations as a table: a row per tick (its index is end_ns), a column per entity."""
        return self.allocations().pivot(index="end_ns", columns="entity", values=name)

    def schedule(self):
        """A row per run interval. All of them together are the CPU time that the summary has; what was measured on a real
        machine (live.json) is known by samples, which are not so exact."""
        path = self._path("schedule.csv")
        if not os.path.exists(path):
            raise NothingToDraw(f"{path}: not there (run sharesim with --schedule)")
        served = sum(entity["service_ns"] for entity in self.summary["tasks"])
        if served == 0:
            raise NothingToDraw(f"{path}: nobody ran")
        table = read_table(path, SCHEDULE)
        ran = int((table["end_ns"] - table["begin_ns"]).sum())
        if ran != served and not os.path.exists(self._path("live.json")):
            raise BadInput(f"{path}: cut off, or of another run: its runs are {ran} ns of CPU time (those of summary.json {served} ns)")
        return table

    def _credits_table(self, path):
        """A row for each machine at the end of each tick, up to the end of the run."""
        table = read_table(path, CREDITS)
        last = int(table["time_ns"].iloc[-1])
        at_end, machines = (table["time_ns"] == last).sum(), table["entity"].nunique()
        if last < self.end_ns or at_end < machines:
            raise BadInput(f"{path}: cut off, or of another run: ends at {last} ns with {at_end} of {machines} machines (the run "
                           f"ends at {self.end_ns} ns)")
        return table

    def credits(self):
        """Credit over time by entity, as [(time in ns, value), ...], and the unit; empty if nothing has credits.

        Of machines with credits from credits.csv; of policies that keep credit from the counters of trace.ftrace."""
        if os.path.exists(self._path("credits.csv")):
            table = self._credits_table(self._path("credits.csv"))
            return {entity: list(zip(rows["time_ns"], rows["balance"] - rows["surplus"]))
                    for entity, rows in table.groupby("entity", sort=False)}, "credits (vCPU minutes)"
        return self._traced_credit(), "credit, ms of CPU time"

    def _traced_credit(self):
        path = self._path(TRACE)
        if not os.path.exists(path):
            return {}
        start_ns = 1_000_000_000  # where traces begin
        counter = re.compile(r" (\d+)\.(\d{9}): print: C\|\d+\|credit of (\S+)\|(-?\d+)$")
        values = {}
        with open(path, encoding="utf-8") as file:
            line = ""
            for line in file:
                if "|credit of " not in line:
                    continue
                match = counter.search(line.rstrip("\n"))
                if not match:
                    raise BadInput(f"{path}: not a counter: {line.strip()[:80]}")
                at = int(match[1]) * 1_000_000_000 + int(match[2]) - start_ns
                values.setdefault(match[3], []).append((at, int(match[4]) / 1e6))
        if line != TRACE_END:
            raise BadInput(f"{path}: cut off: its last line is not '{TRACE_END.strip()}'")
        return values

    def caps(self):
        """The caps in force at the start: {path: (quota_ns, period_ns)}."""
        found = {}
        for group in self.summary["scenario"]["groups"]:
            if group.get("cap"):
                found[group["path"]] = group["cap"]
        for task in self.summary["scenario"]["tasks"]:
            if task.get("cap"):
                for path in (e["path"] for e in self.summary["tasks"]):
                    above = "" if task["group"] == "/" else task["group"]
                    if re.fullmatch(re.escape(f"{above}/{task['name']}") + r"(\.\d+)?", path):
                        found[path] = task["cap"]
        return {path: (cap["quota_ns"], cap["period_ns"]) for path, cap in found.items() if "quota_ns" in cap}


def runs_below(folder):
    """The folders below this one, itself included, that hold a run."""
    return sorted(root for root, _, files in os.walk(folder) if "summary.json" in files)
