"""Figures of the running service, as ratios where two sides can be had: p8 p9 p10 p11 p16 names.
Usage: service.py BUILD_FOLDER [p8|p9|p10|p11|p16|names|all] [--samples N] [--seconds S] ...  (see bench/README.md)"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "e2e"), os.path.join(HERE, "..", "tests", "e2e", "kafka")]

from figures import footprint, kafka, latency, names, restart, webhook  # noqa: E402
from figures.live import Tools, machine  # noqa: E402

FIGURES = {"p8": latency.measure, "p9": kafka.measure, "p10": webhook.measure, "p11": restart.measure, "p16": footprint.measure,
           "names": names.measure}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="build folder with bin/vedette and bench/vedette-bench-load")
    parser.add_argument("figures", nargs="*", default=["all"], help=" ".join([*FIGURES, "all"]))
    parser.add_argument("--samples", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a sample under load")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--requests", type=int, default=30000, help="of a sample that counts requests")
    parser.add_argument("--names", type=int, default=10_000_000, help="random user names")
    parser.add_argument("--budget", default="256MB", help="memory for windows while names come")
    parser.add_argument("--release", default="", help="optimised program without tests, for its size")
    options = parser.parse_args()
    wanted = list(FIGURES) if "all" in options.figures else options.figures
    unknown = [name for name in wanted if name not in FIGURES]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    tools = Tools(options.build)
    print(machine(tools), flush=True)
    failed = [name for name in wanted if not FIGURES[name](tools, options)]
    if failed:
        print(f"missed: {', '.join(failed)}")
    sys.exit(1 if failed else 0)


main()
