#!/usr/bin/env python3
"""Runs the correlation conformance cases against an engine. See README.md for the cases and the protocol."""
import argparse
import concurrent.futures
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from suite.cases import CaseError, load_cases  # noqa: E402
from suite.judge import judge  # noqa: E402
from suite.protocol import Engine, EngineFailure, request  # noqa: E402
from suite.report import Result, print_result, print_summary, write_junit  # noqa: E402

PASSED, FAILED, USAGE = 0, 1, 2


def parse(arguments):
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, epilog="example: run.py --sigma-only -- ./my_engine --stdin")
    parser.add_argument("engine", nargs="*", help="the engine's command line, after --")
    parser.add_argument("--cases", default=HERE / "cases", help="folder of the cases", metavar="DIR")
    parser.add_argument("--filter", default="", help="only cases whose name contains this", metavar="TEXT")
    parser.add_argument("--sigma-only", action="store_true", help="leave out cases of extensions")
    parser.add_argument("--without", default="", help="leave out cases that need one of these, e.g. negation,late", metavar="NEEDS")
    parser.add_argument("--allow-repeats", action="store_true", help="several firings where one is expected are no failure")
    parser.add_argument("--strict", action="store_true", help="cases that the engine calls unsupported fail")
    parser.add_argument("--jobs", type=int, default=1, help="that many engine processes", metavar="N")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for an answer", metavar="S")
    parser.add_argument("--junit", help="also write a JUnit report", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="list the cases and what they need; run nothing")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line per case")
    return parser, parser.parse_args(arguments)


def run_case(case, engine, options):
    result = Result(case)
    begin = time.monotonic()
    for run in case.runs():
        result.runs += 1
        try:
            answer = engine.ask(request(case, run))
            if "unsupported" in answer:
                key = "failure" if options.strict else "skipped"
                setattr(result, key, f"unsupported: {answer['unsupported']}")
                break
            problems = judge(case, answer["firings"], options.allow_repeats)
        except EngineFailure as failure:
            problems = [str(failure)]
        if problems:
            result.failure = "\n".join([f"{run.label}:"] + problems)
            break
    result.seconds = time.monotonic() - begin
    return result


def run_all(cases, options):
    """In the order of the cases, each engine process taking the next one."""
    engines, local = [], threading.local()

    def work(case):
        if not hasattr(local, "engine"):
            local.engine = Engine(options.engine, options.timeout)
            engines.append(local.engine)
        return run_case(case, local.engine, options)

    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(work, cases):
            print_result(result, options.verbose)
            results.append(result)
    for engine in engines:
        engine.end()
    return results


def main(arguments):
    parser, options = parse(arguments)
    try:
        cases = [case for case in load_cases(options.cases) if options.filter in case.name]
    except (CaseError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return USAGE
    without = {need for need in options.without.split(",") if need}
    cases = [case for case in cases if not case.needs & without and not (options.sigma_only and case.extension)]
    if options.list:
        for case in cases:
            print(f"{case.name}\n  {case.title}\n  needs {', '.join(sorted(case.needs))}" + ("; extension" if case.extension else ""))
        print(f"{len(cases)} cases, {sum(1 for case in cases if not case.extension)} of them Sigma 2.1")
        return PASSED
    if not options.engine:
        parser.error("which engine? give its command line after --")
    if not cases:
        print("run.py: no case is left", file=sys.stderr)
        return USAGE
    try:
        results = run_all(cases, options)
    except OSError as error:
        print(f"run.py: the engine cannot be started: {error}", file=sys.stderr)
        return USAGE
    print_summary(results)
    if options.junit:
        write_junit(options.junit, results)
    return FAILED if any(result.failure for result in results) else PASSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
