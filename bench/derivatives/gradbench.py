#!/usr/bin/env python3
"""Speaks the protocol of GradBench: one JSON object a line on standard input and output, so that the suite's own driver can run deltac's gradients.

usage: gradbench run --eval … --tool 'python3 bench/derivatives/gradbench.py'
Environment: DELTAC (build/deltac), CC (cc). Modules: llsq, lse, gmm, lstm, kmeans, ode, ba. A module is compiled when it is defined; sizes are those of the input."""
import ctypes
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DELTAC = Path(os.environ.get("DELTAC", HERE.parent.parent / "build" / "deltac")).resolve()
CC = os.environ.get("CC", "cc").split()


def flat(list_):
    return [v for row in list_ for v in (flat(row) if row and isinstance(row, list) and isinstance(row[0], list) else row if isinstance(row, list) else [row])]


def rows(list_, width):
    return [list_[i:i + width] for i in range(0, len(list_), width)]


class Page:
    """The program of one page, as a library."""

    def __init__(self, module, folder):
        def run(*words):
            subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        link = DELTAC.parent / "libdelta.link"
        library = folder / f"{module}.so"
        run(DELTAC, "emit", HERE / f"{module}.delta", "-o", folder)
        run(*CC, "-O3", "-march=native", "-std=gnu11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", f"-DMODEL={module}_model", f"-I{DELTAC.parent / 'include'}",
            f"-I{HERE}", f"-I{folder}", HERE / "measure.c", HERE / f"{module}.c", folder / f"{module}.c", DELTAC.parent / "libdelta.a", "-o", library, "-lz", "-lm",
            *(link.read_text().split() if link.exists() else []))
        self.lib = ctypes.CDLL(str(library))
        doubles = ctypes.POINTER(ctypes.c_double)
        for name, result in (("values", doubles), ("result", doubles), ("shown", doubles), ("count", ctypes.c_ssize_t), ("shown_count", ctypes.c_ssize_t), ("cost", ctypes.c_double)):
            getattr(self.lib, f"suite_{name}").restype = result

    def begin(self, sizes, values):
        words = [f"{k}={v}".encode() for k, v in sizes.items()]
        if self.lib.suite_begin(len(words), (ctypes.c_char_p * len(words))(*words)) != 0:
            raise RuntimeError("the page cannot be started")
        for name, list_ in values.items():
            at, count = self.lib.suite_values(name.encode()), self.lib.suite_count(name.encode())
            if count != len(list_):
                raise ValueError(f"{name} has {len(list_)} entries, the page {count}")
            type_ = ctypes.c_int32 if isinstance(list_, Turns) else ctypes.c_double
            ctypes.memmove(at, (type_ * count)(*list_), ctypes.sizeof(type_) * count)

    def shown(self, name):
        """An output of the page, for what was given last"""
        return self.lib.suite_shown(name.encode())[0:self.lib.suite_shown_count(name.encode())]

    def result(self, name, like=None):
        return self.lib.suite_result(name.encode())[0:self.lib.suite_count((like or name).encode())]


# --- what the modules' inputs and outputs are called on the pages ---

def below(packed, d):
    """l of a part: columns of the strict lower triangle -> d × d, by rows"""
    whole, at = [0.0] * (d * d), 0
    for j in range(d):
        for i in range(j + 1, d):
            whole[i * d + j] = packed[at]
            at += 1
    return whole


def packed(whole, d):
    return [whole[i * d + j] for j in range(d) for i in range(j + 1, d)]


def wishart(d, k, gamma, m):
    """The constant of the prior, which the page leaves out"""
    n = d + m + 1
    return k * (n * d * (math.log(gamma) - 0.5 * math.log(2)) - d * (d - 1) / 4 * math.log(math.pi) - sum(math.lgamma(0.5 * n - 0.5 * j) for j in range(d)))


def gmm_in(p):
    d = p["d"]
    return {"N": p["n"], "K": p["k"], "D": d}, {"X": flat(p["x"]), "alpha": p["alpha"], "mu": flat(p["mu"]), "q": flat(p["q"]), "l": [v for part in p["l"] for v in below(part, d)],
                                                "gamma": [p["gamma"]], "m": [p["m"]]}


def gmm_out(page, p):
    d = p["d"]
    return {"alpha": page.result("alpha"), "mu": rows(page.result("mu"), d), "q": rows(page.result("q"), d), "l": [packed(part, d) for part in rows(page.result("l"), d * d)]}


GATES = "fiog"


def lstm_in(p):
    b, layers = len(p["main_params"][0]) // 4, len(p["main_params"]) // 2
    values = {"X": flat(p["sequence"]), "h0": flat(p["state"][0::2]), "c0": flat(p["state"][1::2]), **dict(zip("uvw", p["extra_params"]))}
    for g, name in enumerate(GATES):
        values["W" + name] = flat(row[g * b:(g + 1) * b] for row in p["main_params"][0::2])
        values["B" + name] = flat(row[g * b:(g + 1) * b] for row in p["main_params"][1::2])
    return {"L": layers, "T": len(p["sequence"]) - 1, "b": b}, values


def lstm_out(page, p):
    b, layers = len(p["main_params"][0]) // 4, len(p["main_params"]) // 2
    part = {kind + g: rows(page.result(kind + g), b) for kind in "WB" for g in GATES}
    return [v for layer in range(layers) for kind in "WB" for g in GATES for v in part[kind + g][layer]] + [v for name in "uvw" for v in page.result(name)]


class Turns(list):
    """Integers: 0, 1, … again and again"""

    def __init__(self, count, among):
        super().__init__(i % among for i in range(count))


def ode_end(page, p):
    page.lib.suite_forward()
    return page.shown("end")


def ba_in(p):
    """One camera, point and weight, repeated; cameras and points are seen in turn"""
    n, m, o = p["n"], p["m"], p["p"]
    seen = [p["feat"][0]] * o + [p["feat"][1]] * o
    return {"n": n, "m": m, "o": o}, {"c": p["cam"] * n, "X": p["x"] * m, "w": [p["w"]] * o, "seen": seen, "by": Turns(o, n), "of": Turns(o, m)}


def ba_errors(page, p):
    page.lib.suite_forward()
    f, o = page.shown("f"), p["p"]
    return {"reproj_error": {"elements": [f[0], f[o]], "repeated": o}, "w_err": {"element": page.shown("g")[0], "repeated": o}}


def ba_rows(page, p):
    """The rows of the first observation and the last one of the weights, as the suite prints them: 15 entries a row, one for a weight"""
    n, m, o = p["n"], p["m"], p["p"]
    part = {name: page.shown(name) for name in ("Jc", "JX", "Jw", "Jg")}
    vals, cols = [], []
    for i in range(2):
        vals += [part["Jc"][(11 * i + j) * o] for j in range(11)] + [part["JX"][(3 * i + j) * o] for j in range(3)] + [part["Jw"][i * o]]
        cols += [*range(11), *range(11 * n, 11 * n + 3), 11 * n + 3 * m]
    starts = [15 * row for row in range(2 * o + 1)] + [30 * o + row + 1 for row in range(o)]
    return {"rows": (starts + [starts[-1]] * 30)[:30] + [starts[-1]], "cols": cols + [11 * n + 3 * m + o - 1], "vals": vals + [part["Jg"][-1]]}


def same(page, p):
    return page.result("x")


# module: input -> sizes and values; functions: name -> output of (page, input), run() having been called when the second is True
MODULES = {
    "llsq": (lambda p: ({"n": p["n"], "m": len(p["x"])}, {"x": p["x"]}), {"primal": (lambda page, p: page.lib.suite_cost(), False), "gradient": (same, True)}),
    "lse": (lambda p: ({"n": len(p["x"])}, {"x": p["x"]}), {"primal": (lambda page, p: page.lib.suite_cost(), False), "gradient": (same, True)}),
    "gmm": (gmm_in, {"objective": (lambda page, p: page.lib.suite_cost() + wishart(p["d"], p["k"], p["gamma"], p["m"]), False), "jacobian": (gmm_out, True)}),
    "lstm": (lstm_in, {"objective": (lambda page, p: page.lib.suite_cost(), False), "jacobian": (lstm_out, True)}),
    "kmeans": (lambda p: ({"N": len(p["points"]), "K": len(p["centroids"]), "D": len(p["points"][0])}, {"P": flat(p["points"]), "c": flat(p["centroids"])}),
               {"cost": (lambda page, p: page.lib.suite_cost(), False), "dir": (lambda page, p: rows(page.result("step", "c"), len(p["points"][0])), True)}),
    "ode": (lambda p: ({"n": len(p["x"]), "s": p["s"]}, {"x": p["x"]}), {"primal": (ode_end, False), "gradient": (same, True)}),
    "ba": (ba_in, {"objective": (ba_errors, False), "jacobian": (ba_rows, True)}),
}


def evaluate(page, module, function, p):
    take, functions = MODULES[module]
    output, runs = functions[function]
    page.begin(*take(p))
    work, timings, total = page.lib.suite_run if runs else page.lib.suite_cost, [], 0.0
    while len(timings) < max(1, p.get("min_runs", 1)) or total < p.get("min_seconds", 0):
        start = time.perf_counter_ns()
        work()
        timings.append(time.perf_counter_ns() - start)
        total += timings[-1] * 1e-9
    return {"success": True, "output": output(page, p), "timings": [{"name": "evaluate", "nanoseconds": t} for t in timings]}


def answer(message, pages, folder):
    kind, module = message.get("kind"), message.get("module")
    if kind == "start":
        return {"tool": "deltac"}
    if kind == "define":
        if module not in MODULES:
            return {"success": False}
        pages[module] = Page(module, folder)
        return {"success": True}
    if kind == "evaluate":
        if module not in pages or message["function"] not in MODULES[module][1]:
            return {"success": False, "error": f"no {module}.{message['function']}"}
        return evaluate(pages[module], module, message["function"], message["input"])
    return {}


def main():
    pages = {}
    with tempfile.TemporaryDirectory(prefix="deltac-gradbench-") as folder:
        for line in sys.stdin:
            message = json.loads(line)
            try:
                reply = answer(message, pages, Path(folder))
            except (OSError, KeyError, ValueError, RuntimeError, subprocess.CalledProcessError) as error:
                reply = {"success": False, "error": str(error)}
            print(json.dumps({"id": message["id"], **reply}), flush=True)


if __name__ == "__main__":
    main()
