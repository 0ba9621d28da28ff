"""Runs workloads for the benchmarks, which start it as `serve.py <numpy|torch>`.

One JSON object a line on standard input is a request, answered by one line on standard output. The
arrays of a `start` request follow it as raw bytes, in the order of its `arrays`.
"""

import importlib
import json
import math
import os
import sys
import time

# Before a library that reads them is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


def finite(value):
    """The number, or None: NaN is not JSON, and null makes the benchmark see that it is none."""
    return value if math.isfinite(value) else None


def quantile(ordered, share):
    at = share * (len(ordered) - 1)
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    return low + (high - low) * (at - math.floor(at))


def measure(step, budget):
    """Times a job as src/measure.ts does."""
    clock = time.perf_counter
    cpu = time.process_time()
    values = []

    def call():
        values.append(step(len(values)))

    began = clock()
    call()
    first = clock() - began
    while len(values) < budget["warmupSteps"] or (clock() - began) * 1e3 < budget["warmupMs"]:
        call()
    warmup_steps = len(values)
    start = clock()
    for _ in range(4):
        call()
    each_us = (clock() - start) * 1e6 / 4
    calls = max(1, min(200, math.ceil(200 / each_us)))
    times = []
    start = clock()
    while True:
        spent = (clock() - start) * 1e3
        if len(times) >= 5 and spent >= budget["limitMs"]:
            break
        if len(times) >= budget["samples"] and spent >= budget["ms"]:
            break
        begin = clock()
        for _ in range(calls):
            values.append(step(len(values)))
        times.append((clock() - begin) * 1e6 / calls)
    times.sort()
    return {
        "median": quantile(times, 0.5),
        "p10": quantile(times, 0.1),
        "p90": quantile(times, 0.9),
        "warmupSteps": warmup_steps,
        "firstUs": first * 1e6,
        "samples": len(times),
        "callsPerSample": calls,
        "values": [finite(value) for value in values],
        "cpuUs": (time.process_time() - cpu) * 1e6,
    }


def read_arrays(headers):
    sizes = [4 * math.prod(header["shape"]) for header in headers]
    # Writable: torch warns about memory that it may not write to.
    buffers = [bytearray(sys.stdin.buffer.read(size)) for size in sizes]
    return {header["name"]: (header, buffer) for header, buffer in zip(headers, buffers)}


def answer(library, jobs, request):
    operation = request["op"]
    if operation == "version":
        return {"version": library.version}
    if operation == "start":
        arrays = {
            name: library.array(buffer, header["dtype"], header["shape"])
            for name, (header, buffer) in read_arrays(request["arrays"]).items()
        }
        jobs.append(getattr(library, request["workload"])(arrays, request["settings"]))
        return {"job": len(jobs) - 1}
    step, result = jobs[request["job"]]
    if operation == "step":
        return {"value": finite(step(request["index"]))}
    if operation == "result":
        return {"values": [finite(value) for value in result()]}
    return measure(step, request["budget"])


def warn_of_reference_blas():
    """Systems without another BLAS have the reference one, a tenth as fast as what users have."""
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            files = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return
    fast = any(name in file for file in files for name in ("openblas", "mkl_", "blis", "atlas"))
    reference = [file for file in files if "/libblas.so" in file]
    if reference and not fast:
        print(
            f"bench: {sys.argv[1]} uses the reference BLAS ({reference[0]}): its products are no figures"
            " to quote. Install OpenBLAS, or put it on LD_LIBRARY_PATH.",
            file=sys.stderr,
        )


def main():
    library = importlib.import_module(f"{sys.argv[1]}_peer")
    warn_of_reference_blas()
    jobs = []
    for line in sys.stdin.buffer:
        try:
            reply = answer(library, jobs, json.loads(line))
        except Exception as error:  # the benchmark reports it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply, allow_nan=False), flush=True)


main()
