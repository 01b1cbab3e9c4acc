"""Results for people and as JUnit."""
import dataclasses
import sys
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Result:
    case: object
    runs: int = 0
    skipped: str = ""
    failure: str = ""  # of the first run that went wrong
    seconds: float = 0.0


def print_result(result, verbose):
    case = result.case
    if result.failure:
        print(f"FAIL  {case.name}: {case.title}\n      {case.why}\n      " + result.failure.replace("\n", "\n      "))
    elif result.skipped and verbose:
        print(f"skip  {case.name}: {result.skipped}")
    elif verbose:
        print(f"ok    {case.name}: {case.title} ({result.runs} runs)")
    sys.stdout.flush()


def print_summary(results):
    failed = [result for result in results if result.failure]
    skipped = [result for result in results if result.skipped]
    types = sorted({result.case.name.split("/")[0] for result in results})
    for kind in types:
        mine = [result for result in results if result.case.name.split("/")[0] == kind]
        bad, left = sum(1 for r in mine if r.failure), sum(1 for r in mine if r.skipped)
        print(f"  {kind:<18} {len(mine) - bad - left:>3} passed {bad:>3} failed {left:>3} skipped")
    print(f"{len(results) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped "
          f"({sum(result.runs for result in results)} runs)")


def write_junit(path, results):
    suite = ElementTree.Element("testsuite", name="correlation conformance", tests=str(len(results)),
                                failures=str(sum(1 for r in results if r.failure)),
                                skipped=str(sum(1 for r in results if r.skipped)))
    for result in results:
        kind, _, name = result.case.name.partition("/")
        item = ElementTree.SubElement(suite, "testcase", classname=kind, name=name, time=f"{result.seconds:.3f}")
        if result.failure:
            ElementTree.SubElement(item, "failure", message=result.case.title).text = result.failure
        elif result.skipped:
            ElementTree.SubElement(item, "skipped", message=result.skipped)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
