"""Do the figures show what the files say? Each test runs sharesim, draws in this process, and holds the axes against the
files, read with the csv module; or runs a script as a user does. Usage: figures_test.py [unittest's arguments]; the
environment has SHARESIM, the program, and SOURCE_DIR."""

import argparse
import contextlib
import csv
import filecmp
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

SHARESIM = os.environ["SHARESIM"]
SOURCE = os.environ["SOURCE_DIR"]
PLOTS = os.path.join(SOURCE, "plots")
sys.path.insert(0, PLOTS)
sys.dont_write_bytecode = True

import matplotlib  # noqa: E402

import gantt  # noqa: E402
import heatmap  # noqa: E402
import lag  # noqa: E402
import service  # noqa: E402
import share  # noqa: E402
import starvation  # noqa: E402
import throttle  # noqa: E402
import wakeup  # noqa: E402
from common.tables import Run  # noqa: E402


def options(**given):
    values = {"folder": "", "output": None, "format": ["svg"], "entities": None, "begin": 0, "end": None}
    return argparse.Namespace(**{**values, **given})


def rows_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return list(csv.DictReader(file))


def simulate(folder, workload, *words):
    os.makedirs(folder, exist_ok=True)
    command = [SHARESIM, "run", workload, "-o", folder, "--schedule", "--trace", os.path.join(folder, "trace.ftrace"), *words]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return folder


def script(name, *words):
    return subprocess.run([sys.executable, "-B", os.path.join(PLOTS, name), *words], capture_output=True, text=True, check=False)


def run_here(name, *words):
    """The same in this process, which has matplotlib loaded."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "argv", [name, *words]):
        try:
            runpy.run_path(os.path.join(PLOTS, name), run_name="__main__")
        except SystemExit as end:
            status = end.code
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


class WithRuns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="sharesim-plots-")
        cls.credit = simulate(os.path.join(cls.scratch, "credit"), "workloads/saved-credits.yaml", "-s", "credit")
        cls.capped = simulate(os.path.join(cls.scratch, "capped"), "workloads/quota-burst.yaml", "-s", "sfq")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)


class Figures(WithRuns):
    def test_service_ends_where_the_run_does(self):
        """A line per task and one for its ideal; the last points are the sums of the columns, to the end of the run."""
        axes = service.draw(Run(self.credit), options()).axes[0]
        lines = {line.get_label(): line for line in axes.lines}
        self.assertEqual({"/saver", "/victim", "ideal"}, {label for label in lines if not label.startswith("_")})
        self.assertEqual(5, len(axes.lines))  # two and two, and the one that the legend shows
        for path in ("/saver", "/victim"):
            total = sum(int(row["service_ns"]) for row in rows_of(self.credit, "allocations.csv") if row["entity"] == path)
            self.assertAlmostEqual(total / 1e9, lines[path].get_ydata()[-1], places=9)
            self.assertAlmostEqual(20, lines[path].get_xdata()[-1], places=9)
        self.assertEqual((0, 20), axes.get_xlim())
        self.assertGreaterEqual(axes.get_ylim()[1], max(max(line.get_ydata(), default=0) for line in axes.lines))

    def test_shares_are_those_of_the_window(self):
        """The saver has all from 10 s to 10.595 s: 100 % there, the victim 0 %; the ideal is half each. Shares add up to 100 %."""
        run = Run(self.credit)
        begin, end = 10_000_000_000, 10_580_000_000
        got, edges = share.binned(run, "service_ns", begin, end)
        self.assertEqual((begin, end), (edges[0], edges[-1]))
        self.assertTrue((got["/saver"] == 100).all() and (got["/victim"] == 0).all())
        ideal, _ = share.binned(run, "ideal_ns", begin, end)
        self.assertTrue(((ideal["/saver"] - 50).abs() < 1e-6).all())
        whole, edges = share.binned(run, "service_ns", 0, run.end_ns)
        self.assertTrue((abs(whole["/saver"] + whole["/victim"] - 100) < 1e-6).all())
        widths = edges[1:] - edges[:-1]
        service_ns = sum(int(row["service_ns"]) for row in rows_of(self.credit, "allocations.csv") if row["entity"] == "/saver")
        self.assertAlmostEqual(service_ns, (whole["/saver"] / 100 * widths).sum(), delta=1)
        axes = share.draw(run, options()).axes[0]
        self.assertEqual((0, 100), axes.get_ylim())
        self.assertEqual(4, len(axes.patches))  # two filled, two lines of the ideal

    def test_lag_keeps_its_spikes(self):
        """300 ms at most (summary.json), whatever is thinned out; a band of one slice, 1 ms, up and down."""
        run = Run(self.credit)
        axes = lag.draw(run, options()).axes[0]
        line = next(line for line in axes.lines if line.get_label() == "/victim")
        highest = max(int(row["lag_ns"]) for row in rows_of(self.credit, "allocations.csv") if row["entity"] == "/victim")
        self.assertAlmostEqual(highest / 1e6, max(line.get_ydata()), places=6)
        band = next(patch for patch in axes.patches if patch.get_label().startswith("± slice"))
        self.assertEqual("± slice (1 ms)", band.get_label())
        self.assertEqual({-1, 1}, {y for _, y in band.get_xy()})

    def test_gantt_has_the_runs(self):
        """A bar per task and CPU; the time of all bars is that of the rows of schedule.csv in the window."""
        axes = gantt.draw(Run(self.capped), options(end=300_000_000)).axes[0]
        drawn = sum(path.get_extents().width for bars in axes.collections for path in bars.get_paths())
        written = sum(min(int(row["end_ns"]), 300_000_000) - int(row["begin_ns"])
                      for row in rows_of(self.capped, "schedule.csv") if int(row["begin_ns"]) < 300_000_000)
        self.assertAlmostEqual(written / 1e6, drawn, places=6)
        self.assertEqual((0, 300), axes.get_xlim())

    def test_wakeups_are_the_percentiles(self):
        run = Run(simulate(os.path.join(self.scratch, "late"), "workloads/sleepers-and-hogs.yaml", "-s", "sfq",
                           "--duration", "2s"))
        axes = wakeup.draw(run, options()).axes[0]
        drawn = {line.get_label(): list(zip(line.get_xdata(), line.get_ydata())) for line in axes.lines}
        known = {task["path"]: task for task in run.summary["tasks"]}
        compared = [path for path in drawn if path in known]
        self.assertTrue(compared)
        for path in compared:
            expected = [(max(known[path][f"wakeup_{name}_ns"] / 1e3, 1), part) for name, part in
                        (("p50", 0.5), ("p90", 0.1), ("p99", 0.01), ("p999", 0.001))]
            self.assertEqual(expected, drawn[path])

    def test_starvation_has_its_credit_below(self):
        """The longest wait of the victim, 600 ms from where summary.json says, and below the credit of trace.ftrace."""
        run = Run(self.credit)
        above, below = starvation.draw(run, options()).axes
        waits = [list(line.get_xdata()) for line in above.lines]
        for task in run.summary["tasks"]:
            start, length = task["starvation"]["start_ns"] / 1e9, task["starvation"]["length_ns"] / 1e9
            self.assertIn([start, start + length], waits)
        self.assertEqual("waited 600 ms", next(t.get_text() for t in above.texts))
        with open(os.path.join(self.credit, "trace.ftrace"), encoding="utf-8") as file:
            last = [line for line in file if "|credit of /saver|" in line][-1]
        line = next(line for line in below.lines if line.get_label() == "/saver")
        self.assertAlmostEqual(int(last.rsplit("|", 1)[1]) / 1e6, line.get_ydata()[-1], places=6)
        self.assertIn("credit", below.get_ylabel())

    def test_throttling_adds_up_per_period(self):
        """Quota 10 ms in 50 ms: no bar of use of /plain is higher, and all together are its service until 3 s."""
        run = Run(self.capped)
        axes = throttle.draw(run, options(entities="/plain")).axes[0]
        bars = {container.get_label(): container for container in axes.containers}
        used = sum(bar.get_height() for bar in bars["used"])
        total = sum(int(row["service_ns"]) for row in rows_of(self.capped, "allocations.csv") if row["entity"] == "/plain")
        self.assertAlmostEqual(total / 1e6, used, places=6)
        self.assertLessEqual(max(bar.get_height() for bar in bars["used"]), 10 + 1e-9)
        held = sum(bar.get_height() for bar in bars["throttled"])
        throttled = next(g["throttled_ns"] for g in run.summary["groups"] if g["path"] == "/plain")
        self.assertAlmostEqual(throttled / 1e6, held, places=6)
        self.assertEqual([10, 10], list(axes.lines[0].get_ydata()))

    def test_heat_map_says_the_values(self):
        folder = os.path.join(self.scratch, "compare")
        subprocess.run([SHARESIM, "compare", "workloads/saved-credits.yaml", "-s", "rr,hardcap,credit", "-o", folder], cwd=SOURCE,
                       capture_output=True, check=True)
        axes = heatmap.draw(heatmap.read(folder), "saved-credits").axes[0]
        self.assertEqual(["rr", "hardcap", "credit"], [t.get_text() for t in axes.get_yticklabels()])
        said = {(round(t.get_position()[0]), round(t.get_position()[1])): t.get_text() for t in axes.texts}
        self.assertEqual("600 ms", said[(2, 2)])  # credit: longest starved
        self.assertEqual(["500 µs", "5 s", "298 ms"], [said[(1, row)] for row in range(3)])  # of the worst task, as compare has it
        self.assertEqual(["1", "0", "0.5"], [f"{v:g}" for v in axes.images[0].get_array()[:, 0]])  # Jain: rr, hardcap, credit


    def test_long_names_leave_room_for_the_data(self):
        """Names of 64 letters, groups three deep: no two labels are alike, nothing is drawn outside of the figure, and the
        data have a quarter of its width."""
        def name(text):
            return text + "n" * (64 - len(text))
        workload = os.path.join(self.scratch, "long.yaml")
        with open(workload, "w", encoding="utf-8") as file:
            file.write(f"name: {name('long')}\nduration: 300ms\ngroups:\n  - name: {name('a')}\n    cap: 30%\n    groups:\n"
                       f"      - {{name: {name('b')}, tasks: [{{name: {name('worker')}, count: 3}}]}}\n"
                       f"tasks: [{{name: {name('hog')}}}]\n")
        run = Run(simulate(os.path.join(self.scratch, "long"), workload, "-s", "credit"))
        for module in (gantt, lag, service, share, starvation, throttle, wakeup):
            with self.subTest(module.__name__):
                figure = module.draw(run, options())
                figure.canvas.draw()
                for axes in figure.axes:
                    self.assertGreater(axes.get_position().width, 0.25)
                    box = axes.get_tightbbox(figure.canvas.get_renderer())
                    self.assertGreaterEqual(box.x0, -1)
                    self.assertLessEqual(box.x1, figure.bbox.x1 + 1)
                    if axes.get_legend():
                        labels = [text.get_text() for text in axes.get_legend().get_texts()]
                        self.assertEqual(len(labels), len(set(labels)))


class Commands(WithRuns):
    def test_all_figures_the_same_bytes(self):
        """Two runs of the script, in folders of their own: every file is the same, and no figure is missing."""
        for name in ("one", "two"):
            done = script("all.py", self.capped, "-o", os.path.join(self.scratch, name))
            self.assertEqual(0, done.returncode, done.stderr)
        names = sorted(os.listdir(os.path.join(self.scratch, "one")))
        figures = ("gantt", "lag", "service", "share", "starvation", "throttle", "wakeup")
        self.assertEqual([f"{figure}.{kind}" for figure in figures for kind in ("pdf", "png", "svg")], names)
        same, different, odd = filecmp.cmpfiles(os.path.join(self.scratch, "one"), os.path.join(self.scratch, "two"), names, False)
        self.assertEqual((names, [], []), (same, different, odd))

    def test_what_has_no_data_is_left_out_and_said(self):
        done = script("all.py", self.credit, "-o", os.path.join(self.scratch, "some"), "--format", "svg")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("left out: throttle: ", done.stderr)
        self.assertEqual(6, len(os.listdir(os.path.join(self.scratch, "some"))))

    def broken(self, change):
        folder = tempfile.mkdtemp(dir=self.scratch)
        shutil.copytree(self.credit, folder, dirs_exist_ok=True)
        change(folder)
        return run_here("service.py", folder), folder

    def edit(self, name, edit):
        def change(folder):
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(edit(text))
        return self.broken(change)

    def test_bad_input_is_named(self):
        """Status 2, one line that names the file and what is wrong, and no figure."""
        lines = "\n".join
        cases = {
            "cut off in the middle of a row": self.edit("allocations.csv", lambda t: t[:-5]),
            "before the run does": self.edit("allocations.csv", lambda t: lines(t.split("\n")[:301]) + "\n"),
            "rows (each should have 3)": self.edit("allocations.csv", lambda t: lines(t.split("\n")[:300]) + "\n"),
            ":3: service_ns is 'x' (it should be an integer)":
                self.edit("allocations.csv", lambda t: lines([*t.split("\n")[:2], "0,credit,/saver,task,x,0,0,0,0", *t.split("\n")[3:]])),
            ":1: the heading is": self.edit("allocations.csv", lambda t: "a,b\n" + t),
            "there is no row in it": self.edit("allocations.csv", lambda t: t.split("\n")[0] + "\n"),
            "allocations.csv: No such file": self.broken(lambda f: os.remove(os.path.join(f, "allocations.csv"))),
            "no JSON": self.edit("summary.json", lambda t: t[:100]),
            "not a summary of schema_version 1": self.edit("summary.json", lambda t: json.dumps({"schema_version": 9})),
            "lacks 'workload'": self.edit("summary.json", lambda t: json.dumps({"schema_version": 1})),
        }
        for message, (done, folder) in cases.items():
            with self.subTest(message):
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
                self.assertFalse(os.path.exists(os.path.join(folder, "plots")))

    def test_wrong_usage_is_2_and_an_unwritable_folder_3(self):
        self.assertEqual(2, script("service.py").returncode)
        self.assertEqual(2, run_here("service.py", self.credit, "--format", "gif").returncode)
        self.assertEqual(2, run_here("service.py", self.credit, "--from", "3").returncode)
        self.assertIn("there is no /nobody", run_here("service.py", self.credit, "--entities", "/nobody").stderr)
        self.assertIn("leave nothing", run_here("service.py", self.credit, "--from", "30s").stderr)
        done = run_here("service.py", self.credit, "-o", "/dev/null/x")
        self.assertEqual(3, done.returncode)
        self.assertIn("/dev/null/x: Not a directory", done.stderr)

    def cut(self, source, name, end, *command):
        """What a script says of a run whose file lacks its last `end` lines."""
        folder = tempfile.mkdtemp(dir=self.scratch)
        shutil.copytree(source, folder, dirs_exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines[:-end])
        done = run_here(command[0], folder, *command[1:])
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def test_files_that_end_too_early_are_refused(self):
        """Cut between two rows, where every row that is left is right: one row is missing, or many. all.py takes it for an
        error as well, and not for a figure without data."""
        workload = os.path.join(self.scratch, "machines.yaml")
        with open(workload, "w", encoding="utf-8") as file:
            file.write("name: machines\nduration: 1s\nmachine: {cpus: 2}\n"
                       "tasks: [{name: vm, count: 2, cap: {credits: t3.nano}}]\n")
        machines = simulate(os.path.join(self.scratch, "machines"), workload, "-s", "rr")
        for end in (1, 100):
            self.assertIn("schedule.csv: cut off", self.cut(self.credit, "schedule.csv", end, "gantt.py"))
            self.assertIn("schedule.csv: cut off", self.cut(self.credit, "schedule.csv", end, "all.py", "--format", "svg"))
            self.assertIn("trace.ftrace: cut off", self.cut(self.credit, "trace.ftrace", end, "starvation.py"))
        self.assertIn("credits.csv: cut off", self.cut(machines, "credits.csv", 1, "starvation.py"))
        compared = os.path.join(self.scratch, "compared")
        subprocess.run([SHARESIM, "compare", "workloads/saved-credits.yaml", "-s", "rr,sfq", "-o", compared, "-q"], cwd=SOURCE,
                       check=False, capture_output=True)
        values = rows_of(compared, "compare.csv")
        of_last = sum(1 for row in values if (row["scheduler"], row["entity"]) == ("sfq", values[-1]["entity"]))
        self.assertIn("compare.csv: cut off", self.cut(compared, "compare.csv", of_last, "heatmap.py"))

    def test_a_trace_that_is_cut_is_refused(self):
        folder = tempfile.mkdtemp(dir=self.scratch)
        shutil.copytree(self.credit, folder, dirs_exist_ok=True)
        path = os.path.join(folder, "trace.ftrace")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:text.rindex("|credit of /saver|") + 17])
        done = run_here("starvation.py", folder)
        self.assertEqual(2, done.returncode)
        self.assertIn("not a counter", done.stderr)


class Readme(unittest.TestCase):
    def test_its_commands_make_its_pictures(self):
        """The first block of commands with a Python script in it, run as it stands there, makes plots/pictures/ anew. Fonts
        and compression differ between versions of matplotlib, so the bytes are compared with the one of Debian 12 only."""
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            blocks = file.read().split("```sh\n")[1:]
        block = next(block.split("```")[0] for block in blocks if "python3 plots/" in block.split("```")[0])
        with tempfile.TemporaryDirectory(prefix="sharesim-plots-") as folder:
            for part in ("workloads",):
                os.symlink(os.path.join(SOURCE, part), os.path.join(folder, part))
            shutil.copytree(PLOTS, os.path.join(folder, "plots"), ignore=shutil.ignore_patterns("pictures", "__pycache__"))
            os.mkdir(os.path.join(folder, "build"))
            os.symlink(SHARESIM, os.path.join(folder, "build", "sharesim"))
            done = subprocess.run(["sh", "-e"], input=block, cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            made = sorted(os.listdir(os.path.join(folder, "plots", "pictures")))
            kept = os.path.join(PLOTS, "pictures")
            self.assertEqual(sorted(os.listdir(kept)), made)
            for name in made:
                self.assertLess(os.path.getsize(os.path.join(kept, name)), 60_000)
                if matplotlib.__version__ != "3.6.3":
                    print(f"{name}: bytes not compared, with matplotlib {matplotlib.__version__}")
                    continue
                self.assertTrue(filecmp.cmp(os.path.join(kept, name), os.path.join(folder, "plots", "pictures", name), False),
                                f"{name} is out of date: run the README's commands again")


if __name__ == "__main__":
    unittest.main()
