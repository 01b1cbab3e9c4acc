#!/usr/bin/env python3
"""The cases against known-wrong engines: the model passes every case, and each of its defects fails at least one. Prints
which cases notice which defect."""
import argparse
import multiprocessing
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from model.defects import DEFECTS  # noqa: E402
from model.engine import Model  # noqa: E402
from suite.cases import load_cases  # noqa: E402
from suite.judge import judge  # noqa: E402
from suite.protocol import request  # noqa: E402

SHOWN = 4
CASES = load_cases(HERE / "cases")


def some_runs(case):
    """As listed, and a few orders of arrival with the reversed one; all orders would take minutes."""
    runs = list(case.runs())
    return [runs[at] for at in sorted({0, len(runs) // 3, 2 * len(runs) // 3, len(runs) - 1})]


def noticed_by(name):
    """The cases that an engine fails."""
    kind = DEFECTS.get(name, Model)
    return name, [case.name for case in CASES
                  if any(judge(case, kind(request(case, run)).run()) for run in some_runs(case))]


def main():
    parser = argparse.ArgumentParser(prog="defects_test.py", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes", metavar="N")
    parser.add_argument("--all", action="store_true", help="name every case that notices a defect")
    options = parser.parse_args()
    with multiprocessing.Pool(options.jobs) as pool:
        table = dict(pool.imap(noticed_by, ["", *DEFECTS]))
    broken, unnoticed = table.pop(""), [name for name, cases in table.items() if not cases]
    for name, cases in table.items():
        shown = cases if options.all else cases[:SHOWN]
        more = f" and {len(cases) - len(shown)} more" if len(cases) > len(shown) else ""
        print(f"{name:<26} {len(cases):>3}  {', '.join(shown) or 'NOT NOTICED'}{more}")
    if broken:
        print("the model without a defect fails " + ", ".join(broken))
    print(f"{len(table)} wrong engines, {len(table) - len(unnoticed)} of them noticed")
    return 1 if broken or unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
