#!/usr/bin/env python3
"""The model as an engine under test: model.py [DEFECT]. With the name of a defect it is a known-wrong engine."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from model.defects import DEFECTS  # noqa: E402
from model.engine import Model  # noqa: E402
from model.rules import Unsupported  # noqa: E402
from suite.protocol import serve  # noqa: E402


def answer_with(kind):
    def answer(request):
        try:
            return {"firings": kind(request).run()}
        except Unsupported as reason:
            return {"unsupported": str(reason)}
    return answer


if __name__ == "__main__":
    serve(answer_with(DEFECTS[sys.argv[1]] if len(sys.argv) > 1 else Model), sys.stdin, sys.stdout)
