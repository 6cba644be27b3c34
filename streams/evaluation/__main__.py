"""Train the confidence of events anew: `make train GOLD="labelled.jsonl …"` writes event_types/confidence.tsv."""

import argparse
import sys
from pathlib import Path

from streams.detection.confidence import WEIGHTS_FILE, Weights
from streams.detection.features import words_of
from streams.detector import Detector
from streams.evaluation.labels import read_labels
from streams.evaluation.training import CAUTION, Fit, cases_of, train
from streams.languages import LANGUAGES

_HEAD = """\
# What each feature of an event adds to the log-odds of its being right; an event below `threshold` is not reported.
# Written by `make train`, from {cases} events in labelled texts, {right} of them right; penalty {penalty}.
# The bias is {caution} lower than what these texts say: the rules were written while they were read.
# feature	weight	in words
"""


def written(fit: Fit) -> str:
    """The file of weights: bias and threshold, then the features by what they say most."""
    weights = sorted(fit.weights.weights.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    lines = [
        f"bias\t{fit.weights.bias}\twhat is added to every event",
        f"threshold\t{fit.weights.threshold}\tthe least probability that is reported",
        *(f"{name}\t{weight}\t{words_of(name)}" for name, weight in weights if weight),
    ]
    return (
        _HEAD.format(cases=fit.cases, right=fit.right, penalty=fit.penalty, caution=CAUTION) + "\n".join(lines) + "\n"
    )


def main() -> int:
    """Read the labelled texts, train, write the weights, and say how they do on texts that they were not fitted to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    arguments = parser.parse_args()
    labels, problems = read_labels(arguments.files)
    if problems:
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        return 2
    detector = Detector(languages=LANGUAGES, weights=Weights(0.0, 0.0, {}))
    fit = train(cases_of(labels, detector.explain))
    arguments.out.write_text(written(fit), encoding="utf-8")
    sys.stdout.write(
        f"{fit.cases} events of {len(labels)} texts, {fit.right} right; penalty {fit.penalty}\n"
        f"on texts that were not fitted: loss {fit.loss:.3f}; from .8 on {fit.sure_right} of {fit.sure} right; "
        f"F1 of the raised {fit.f1:.3f} with threshold {fit.weights.threshold}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
