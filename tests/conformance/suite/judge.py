"""What an engine said against what a case expects."""
from suite.protocol import EngineFailure, time_text, time_us


def folded(group):
    return {str(name): str(value).casefold() for name, value in group.items()}


def describe(rule, group, first, last):
    who = ", ".join(f"{name}={value}" for name, value in sorted(group.items()))
    when = time_text(first) if first == last else f"{time_text(first)} to {time_text(last)}"
    return f"{rule} [{who}] at {when}"


def judge(case, firings, repeats_allowed=False):
    """The differences, one sentence each; none when the firings are as expected."""
    problems, times_met = [], [0] * len(case.expect)
    for firing in firings:
        try:
            rule, group, time = firing["rule"], folded(firing.get("group") or {}), time_us(firing["time"])
        except (KeyError, TypeError, ValueError) as error:
            raise EngineFailure(f"a firing needs rule, group and time: {firing!r}") from error
        if rule not in case.watch:
            continue
        for number, wanted in enumerate(case.expect):
            if rule == wanted.rule and wanted.first <= time <= wanted.last and folded(wanted.group).items() <= group.items():
                times_met[number] += 1
                break
        else:
            problems.append("unexpected: " + describe(rule, group, time, time))
    for wanted, met in zip(case.expect, times_met):
        text = describe(wanted.rule, wanted.group, wanted.first, wanted.last)
        if met == 0:
            problems.append("missing: " + text)
        elif met > 1 and not repeats_allowed:
            problems.append(f"fired {met} times: {text}")
    return problems
