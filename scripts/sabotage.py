"""Breaks the program on purpose, one patch of tests/sabotage after the other, and expects the tests named in it to fail.
Usage: sabotage.py [--check] [PATTERN]

In a copy of the tree (build/sabotage/tree, with files that are not committed yet) every named test runs once unbroken and must pass.
Then each patch is applied, what its tests need is built, the tests run and one of them must fail, and the patch is taken back. A patch
that does not apply or build is an error, never a success. The rows "mutation NAME" of the table are switches of
engine/base/mutation.h, tried by vd_test_oracle_mutations. --check only says whether every patch applies and the table is whole."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests/sabotage"
TREE = ROOT / "build/sabotage/tree"
BUILD = TREE / "build/test"
MUTATIONS = "vd_test_oracle_mutations"
TEST_SECONDS = 300
PASSED = (re.compile(r"^\[  PASSED  \] (\d+) test", re.M), re.compile(r"^(\d+) of \d+ passed", re.M), re.compile(r"^passed in (\d+) s", re.M))


class Sabotage:
    """One patch: lines `Fault: ...` and `Test: PROGRAM ARGUMENTS`, then the difference."""

    def __init__(self, path):
        self.path, self.name = path, path.stem
        head = path.read_text().split("\n--- ", 1)[0]
        self.fault = " ".join(re.findall(r"^Fault: (.+)$", head, re.M))
        self.tests = [tuple(each.split()) for each in re.findall(r"^Test: (.+)$", head, re.M)]

    def problem(self):
        if not self.fault or not self.tests:
            return "its head needs `Fault:` and `Test:` lines"
        done = git_apply(ROOT, self.path, "--check")
        return None if done.returncode == 0 else done.stderr.strip()


def git_apply(tree, patch, *options):
    # Not as part of the repository around the copy, whose paths would be taken.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    return subprocess.run(["git", "apply", *options, str(patch)], cwd=tree, env=environment, capture_output=True, text=True)


def table_mutations():
    return sorted(set(re.findall(r"`mutation ([a-z_]+)`", (FOLDER / "README.md").read_text())))


def check(entries):
    """Every problem of the patches and the table, as lines."""
    table = (FOLDER / "README.md").read_text()
    problems = [f"{each.name}.patch: {problem}" for each in entries for problem in [each.problem()] if problem]
    problems += [f"{each.name}.patch is not in the table" for each in entries if f"`{each.name}`" not in table]
    names = {each.name for each in entries}
    problems += [f"the table names {name}, and there is no such patch" for name in set(re.findall(r"`(\d+[a-z]?-[\w-]+|s-[\w-]+)`", table)) - names]
    switches = re.search(r"enum class Mutation[^{]*\{(.*?)\}", (ROOT / "engine/base/mutation.h").read_text(), re.S)[1]
    problems += [f"the table names mutation {name}, and there is no such switch" for name in table_mutations()
                 if not re.search(rf"^\s*{name},", switches, re.M)]
    return problems


def copy_tree():
    """What belongs to the tree, committed or not; files that are as they were keep their times."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    wanted = {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if not target.exists() or source.read_bytes() != target.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        name = str(path.relative_to(TREE))
        if name not in wanted and not name.startswith("build/"):
            path.unlink()


def run(command, log, seconds=None):
    """(exit code, output); the code is None when the time was up."""
    try:
        done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds)
        code, text = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, text = None, (late.stdout or b"").decode(errors="replace")
    with open(TREE.parent / "log", "a") as file:
        file.write(f"== {log}: {' '.join(map(str, command))}: {code}\n{text}\n")
    return code, text


def configure():
    (TREE / "build").mkdir(parents=True, exist_ok=True)
    code, text = run(["cmake", "--preset", "test", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DVEDETTE_BENCH=OFF"], "configure")
    if code != 0:
        sys.exit(f"the copy cannot be configured:\n{text}")


def target_of(test):
    return "vedette" if test[0].endswith(".py") else test[0]


def build(tests, log):
    jobs = os.environ.get("SABOTAGE_JOBS", str(os.cpu_count() or 1))
    code, text = run(["ninja", "-C", str(BUILD), "-j", jobs, *sorted({target_of(test) for test in tests})], log)
    return None if code == 0 else "\n".join(text.splitlines()[-30:])


def command_of(test):
    if test[0].endswith(".py"):
        return ["python3", "-B", test[0], str(BUILD / "bin/vedette"), *test[1:]]
    programs = [path for path in BUILD.rglob(test[0]) if path.is_file()]
    return [str(programs[0]), *test[1:]]


def passes(test, log):
    """True when it ran something and all of it passed."""
    code, text = run(command_of(test), log, TEST_SECONDS)
    ran = any(int(number) > 0 for pattern in PASSED for number in pattern.findall(text))
    return code == 0 and ran, text


def unbroken(tests):
    problem = build(tests, "unbroken")
    if problem:
        sys.exit(f"the unbroken tree does not build:\n{problem}")
    red = []
    for test in tests:
        good, text = passes(test, "unbroken")
        if not good:
            red.append(f"{' '.join(test)}\n" + "\n".join(text.splitlines()[-30:]))
    if red:
        sys.exit("unbroken, these must pass and do not (or run nothing):\n" + "\n".join(red))


def attempt(entry):
    """None when it was caught, else what is wrong."""
    done = git_apply(TREE, entry.path)
    if done.returncode != 0:
        return f"does not apply: {done.stderr.strip()}"
    try:
        problem = build(entry.tests, entry.name)
        if problem:
            return f"does not build:\n{problem}"
        if all(passes(test, entry.name)[0] for test in entry.tests):
            return "NOT CAUGHT"
        return None
    finally:
        back = git_apply(TREE, entry.path, "--reverse")
        if back.returncode != 0:
            sys.exit(f"{entry.name} cannot be taken back: {back.stderr}")


def attempt_mutations(names):
    """Those that were not noticed, and what the program said."""
    if not names:
        return []
    test = (MUTATIONS, "--gtest_filter=Mutations.*:" + ":".join(f"*IsNoticed/{name}" for name in names))
    problem = build([test], "mutations")
    if problem:
        sys.exit(f"{MUTATIONS} does not build:\n{problem}")
    _, text = run(command_of(test), "mutations", 6 * TEST_SECONDS)
    noticed = {name for name in names if re.search(rf"\[       OK \] \S*IsNoticed/{name} ", text)}
    sound = "[       OK ] Mutations.NoneDiffersWithoutADefect" in text
    return [name for name in names if name not in noticed or not sound]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="only whether every patch applies and the table is whole")
    parser.add_argument("pattern", nargs="?", default="", help="only those whose name contains this")
    options = parser.parse_args()
    entries = [Sabotage(path) for path in sorted(FOLDER.glob("*.patch"), key=lambda path: (not path.stem[0].isdigit(), len(path.stem.split("-")[0]), path.stem))]
    problems = check(entries)
    if problems:
        sys.exit("\n".join(problems))
    if options.check:
        print(f"{len(entries)} patches apply, {len(table_mutations())} mutations are there")
        return
    entries = [each for each in entries if options.pattern in each.name]
    mutations = [name for name in table_mutations() if options.pattern in f"mutation {name}"]
    TREE.mkdir(parents=True, exist_ok=True)
    (TREE.parent / "log").unlink(missing_ok=True)
    begin = time.monotonic()
    copy_tree()
    configure()
    unbroken(sorted({test for each in entries for test in each.tests}))
    print(f"unbroken, every named test passes ({time.monotonic() - begin:.0f} s)", flush=True)
    caught = 0
    for entry in entries:
        started = time.monotonic()
        wrong = attempt(entry)
        caught += wrong is None
        print(f"{'caught' if wrong is None else 'FAILED':7} {entry.name:36} {entry.fault} ({time.monotonic() - started:.0f} s)", flush=True)
        if wrong:
            print("        " + wrong.replace("\n", "\n        "), flush=True)
    missed = attempt_mutations(mutations)
    for name in mutations:
        print(f"{'FAILED' if name in missed else 'caught':7} mutation {name}", flush=True)
    caught += len(mutations) - len(missed)
    total = len(entries) + len(mutations)
    print(f"{caught} of {total} caught ({time.monotonic() - begin:.0f} s)")
    sys.exit(0 if total > 0 and caught == total else 1)


main()
