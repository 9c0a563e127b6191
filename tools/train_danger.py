"""Weigh anew what tells a call for help from everyday talk (handlers/danger/recognition.py); `make danger-weights`.

Learns from the made-up messages in tools/danger: `*.tsv` holds calls (kind, tab, message), `*.txt` harmless lines, one
each; what is said most plainly, and what stands on our own buttons, counts several times (`plain.*`). How well that
goes on messages it has not seen is printed first, by five-fold cross-validation over those in tests/fixtures/danger
that are not held out. Needs scikit-learn, which the product does not.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from handlers.danger.recognition import BUCKETS, OUTPUTS, WEIGHTS, Danger, features, windows

ROOT = Path(__file__).parents[1]
LEARNED, TRIED = ROOT / "tools" / "danger", ROOT / "tests" / "fixtures" / "danger"
HARMLESS = "none"
STRICTNESS = 0.3
"""The inverse strength of regularisation."""
EVERYDAY = "everyday.txt"
"""What a union is written on an ordinary day; `near_misses.txt` has lines in the very words of calls."""
FALSE = 0.01
"""The share of everyday lines that each kind may take for a call, at most: to miss a call is worse."""

Messages = list[tuple[str, str]]


PLAIN, TIMES = "plain", 6


def read(folder: Path, *, but: str = "held_out") -> Messages:
    """The messages of a folder with their kinds."""
    found: Messages = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith(but):
            continue
        for line in filter(None, file.read_text(encoding="utf-8").splitlines()):
            kind, tab, text = line.partition("\t")
            times = TIMES if file.stem == PLAIN else 1
            found += [(kind, text) if tab else (HARMLESS, line)] * times
    return found


def matrix(messages: Sequence[tuple[str, str]]) -> Any:
    """A row a message: the shares of its features."""
    rows, columns, values = [], [], []
    for row, (_, text) in enumerate(messages):
        for group in features(windows(text)[0]):
            for bucket in group:
                rows.append(row)
                columns.append(bucket // len(OUTPUTS))
                values.append(len(group) ** -0.5)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(messages), BUCKETS))


def learn(held: Any, kinds: Any) -> tuple[list[Any], list[float]]:
    """Weights and bias for each output: support vectors over features scaled by how much they tell (Wang, Manning)."""
    weights, biases = [], []
    for output in OUTPUTS:
        is_so = kinds != HARMLESS if output == "any" else kinds == output
        counts = [np.asarray(held[side].sum(0)).ravel() + 0.05 for side in (is_so, ~is_so)]
        ratio = np.abs(np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())) + 0.3
        fitted = LinearSVC(C=STRICTNESS, random_state=0).fit(held @ sparse.diags(ratio), is_so)
        weights.append(fitted.coef_.ravel() * ratio)
        biases.append(float(fitted.intercept_[0]))
    return weights, biases


def judge(held: Any, weights: list[Any], biases: list[float]) -> tuple[Any, Any]:
    """How sure, and of which kind."""
    outputs = np.column_stack([held @ one + bias for one, bias in zip(weights, biases, strict=True)])
    return outputs[:, 0] + outputs[:, 1:].max(1), np.array(tuple(Danger))[outputs[:, 1:].argmax(1)]


def thresholds(sure: Any, of: Any, everyday: Any) -> dict[str, float]:
    """What each kind must reach so that it takes no more than `FALSE` of everyday lines."""
    allowed = int(everyday.sum() * FALSE)
    return {kind: float(np.sort(sure[everyday & (of == kind)])[::-1][allowed]) + 1e-6 for kind in Danger}


def cross_validate(tried: Messages, more: Messages) -> dict[str, float]:
    """Print what is found and what is missed; the thresholds."""
    kinds, tried_held, more_held = np.array([k for k, _ in tried]), matrix(tried), matrix(more)
    sure, of = np.zeros(len(tried)), np.empty(len(tried), dtype=object)
    folds = np.random.default_rng(1).permutation(len(tried)) % 5
    for fold in range(5):
        rest = folds != fold
        held = sparse.vstack([tried_held[rest], more_held]).tocsr()
        learned = learn(held, np.concatenate([kinds[rest], [k for k, _ in more]]))
        sure[~rest], of[~rest] = judge(tried_held[~rest], *learned)
    usual = set((TRIED / EVERYDAY).read_text(encoding="utf-8").splitlines())
    everyday = np.array([text in usual for _, text in tried])
    must = thresholds(sure, of, everyday)
    hit = sure > np.array([must[kind] for kind in of])
    for kind in Danger:
        mine = kinds == kind
        print(f"{kind}: found {hit[mine].mean():.3f}, as itself {(hit & (of == kind))[mine].mean():.3f}", end=", ")
        wrong = hit & (of == kind)
        print(f"false {wrong[everyday].mean():.4f}, of near misses {wrong[(kinds == HARMLESS) & ~everyday].mean():.4f}")
    for (is_kind, text), one, other, found in sorted(zip(tried, sure, of, hit, strict=True), key=lambda each: each[1]):
        if found != (is_kind != HARMLESS):
            print(f"{is_kind} taken for {other if found else HARMLESS} ({one:.2f}): {text}", file=sys.stderr)
    return must


def write(weights: Iterable[Any], biases: list[float], must: dict[str, float]) -> None:
    """Each weight as a whole number of a hundred-and-twenty-seventh of the largest."""
    table = np.column_stack(list(weights))
    scales = np.abs(table).max(0) / 127
    packed = array("b", np.rint(table / scales).astype(int).ravel().tolist())
    head = json.dumps({"scales": scales.tolist(), "biases": biases, "thresholds": must})
    WEIGHTS.write_bytes(head.encode() + b"\n" + zlib.compress(packed.tobytes(), 9))


def main() -> None:
    """Cross-validate, then learn from everything and write the weights."""
    tried, more = read(TRIED), read(LEARNED)
    must = cross_validate(tried, more)
    everything = tried + more
    weights, biases = learn(matrix(everything), np.array([kind for kind, _ in everything]))
    write(weights, biases, must)


if __name__ == "__main__":
    main()
