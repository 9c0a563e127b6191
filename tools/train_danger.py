"""Weigh anew what tells a call for help from everyday talk (handlers/danger/recognition.py); `make danger-weights`.

Learns from the made-up messages in tools/danger and tests/fixtures/danger: `*.tsv` holds calls (kind, tab, message),
`*.txt` harmless lines, one each; what is said most plainly, and what stands on our own buttons, counts several times
(`plain.*`). How well that goes on the messages of a writer it has never read is printed first: each of some writers is
left out in turn. Needs scikit-learn, which the product does not.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from handlers.danger.recognition import BUCKETS, FEW, MARGIN, WEIGHTS, Danger, features, windows
from handlers.text.readers import toned

ROOT = Path(__file__).parents[1]
LEARNED, TRIED = ROOT / "tools" / "danger", ROOT / "tests" / "fixtures" / "danger"
HARMLESS = "none"
STRICTNESS = 1.0
"""The inverse strength of regularisation."""
PRECISION = 0.02
"""How near the best weights training stops; nearer takes minutes and finds no more calls."""
RARE = 2
"""What so few messages hold, or more, is weighed; the weights of all that was said once would fill the repository."""
FALSE = {Danger.DESPAIR: 0.014, Danger.VIOLENCE: 0.02, Danger.ACCIDENT: 0.014}
"""The share of a new writer's harmless lines that each kind may take for a call: to miss one is worse, and violence is
missed most easily.
"""
PLAIN, TIMES = "plain", 6
WRITERS: tuple[tuple[Path, ...], ...] = (
    (LEARNED / "calls_8.tsv", LEARNED / "calls_9.tsv", LEARNED / "harmless_4.txt"),
    (LEARNED / "calls_10.tsv", LEARNED / "harmless_5.txt"),
    (LEARNED / "calls_11.tsv", LEARNED / "harmless_6.txt"),
    (LEARNED / "calls_12.tsv", LEARNED / "harmless_7.txt"),
    (LEARNED / "calls_14.tsv", LEARNED / "harmless_9.txt"),
    (LEARNED / "calls_15.tsv", LEARNED / "harmless_10.txt"),
    (TRIED / "calls_2.tsv", TRIED / "near_misses_2.txt"),
    (TRIED / "calls_3.tsv", TRIED / "near_misses_3.txt"),
    (TRIED / "everyday.txt",),
)
"""Whose calls and harmless lines are left out in turn.

Each has as much say in the thresholds as the others: one who writes much must not set them for everybody. About half
of them write mostly ordinary lines, the others mostly such as are in the very words of calls.
"""

Messages = list[tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """What a file teaches: its messages, those with marks once more without, and a row for each."""

    messages: Messages
    bare: Messages
    held: Any
    bare_held: Any


def read(file: Path) -> Messages:
    """The messages of a file with their kinds."""
    lines = filter(None, file.read_text(encoding="utf-8").splitlines())
    parted = ((line, *line.partition("\t")) for line in lines)
    return [(kind, text) if tab else (HARMLESS, line) for line, kind, tab, text in parted]


def unmarked(messages: Messages) -> Messages:
    """Those written with marks, as they are without: many write so, and every message teaches how."""
    bare = ((kind, text, " ".join(letters for letters, _ in toned(text))) for kind, text in messages)
    return [(kind, letters) for kind, text, letters in bare if any(marks for _, marks in toned(text))]


def matrix(messages: Sequence[tuple[str, str]]) -> Any:
    """A row a message: the shares of its features."""
    rows, columns, values = [], [], []
    for row, (_, text) in enumerate(messages):
        for group in features(windows(text)[0]):
            for bucket in group:
                rows.append(row)
                columns.append(bucket // len(Danger))
                values.append(len(group) ** -0.5)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(messages), BUCKETS))


def learn(held: Any, kinds: Any) -> tuple[list[Any], list[float]]:
    """Weights and bias for each kind: whether there is any danger, and whether it is this one, added up."""
    known = np.flatnonzero(held.getnnz(0) >= RARE)
    any_, any_bias = _fitted(held[:, known], kinds != HARMLESS)
    weights, biases = [], []
    for kind in Danger:
        own, bias = _fitted(held[:, known], kinds == kind)
        weight = np.zeros(BUCKETS)
        weight[known] = any_ + own
        weights.append(weight)
        biases.append(any_bias + bias)
    return weights, biases


def _fitted(held: Any, is_so: Any) -> tuple[Any, float]:
    """Support vectors over features scaled by how much they tell (Wang, Manning)."""
    counts = [np.asarray(held[side].sum(0)).ravel() + 0.05 for side in (is_so, ~is_so)]
    ratio = np.abs(np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())) + 1
    fitted = LinearSVC(C=STRICTNESS, tol=PRECISION, random_state=0).fit(held @ sparse.diags(ratio), is_so)
    return fitted.coef_.ravel() * ratio, float(fitted.intercept_[0])


def judge(messages: Messages, held: Any, weights: list[Any], biases: list[float]) -> tuple[Any, Any]:
    """How sure, and of which kind; what few words say must be surer."""
    outputs = np.column_stack([held @ one + bias for one, bias in zip(weights, biases, strict=True)])
    few = np.array([len(windows(text)[0]) <= FEW for _, text in messages])
    return outputs.max(1) - MARGIN * few, np.array(tuple(Danger))[outputs.argmax(1)]


def thresholds(sure: Any, of: Any, harmless: Any, say: Any) -> dict[str, float]:
    """What each kind must reach so that it takes no more than `FALSE` of harmless lines, each with its say."""
    must: dict[str, float] = {}
    for kind in Danger:
        mine = np.flatnonzero(harmless & (of == kind))
        falling = mine[np.argsort(-sure[mine])]
        taken = np.cumsum(say[falling]) / say[harmless].sum()
        must[kind] = float(sure[falling[np.searchsorted(taken, FALSE[kind], side="right")]]) + 1e-6
    return must


def cross_validate(blocks: dict[Path, Block]) -> dict[str, float]:
    """Print what is found of each writer left out, and what is missed; the thresholds."""
    messages: Messages = []
    sures, ofs, says = [], [], []
    for files in WRITERS:
        mine = [message for file in files for message in blocks[file].messages]
        learned = learn(*together(blocks, [file for file in blocks if file not in files]))
        sure, of = judge(mine, sparse.vstack([blocks[file].held for file in files]).tocsr(), *learned)
        messages += mine
        sures.append(sure)
        ofs.append(of)
        says.append(np.full(len(mine), 1 / sum(kind == HARMLESS for kind, _ in mine)))
    sure, of, say = np.concatenate(sures), np.concatenate(ofs), np.concatenate(says)
    kinds = np.array([kind for kind, _ in messages])
    must = thresholds(sure, of, kinds == HARMLESS, say)
    hit = sure > np.array([must[kind] for kind in of])
    ends = np.cumsum([len(one) for one in sures])
    for files, start, end in zip(WRITERS, [0, *ends], ends, strict=False):
        print(", ".join(file.name for file in files))
        for kind in Danger:
            _tell(kind, kinds[start:end], hit[start:end], of[start:end])
    print(f"thresholds {must}; all writers together")
    for kind in Danger:
        _tell(kind, kinds, hit, of)
    judged = zip(messages, sure, of, hit, strict=True)
    for (is_kind, text), one, other, found in sorted(judged, key=lambda each: each[1]):
        if found != (is_kind != HARMLESS):
            print(f"{is_kind} taken for {other if found else HARMLESS} ({one:.2f}): {text}", file=sys.stderr)
    return must


def _tell(kind: Danger, kinds: Any, hit: Any, of: Any) -> None:
    calls, harmless = kinds == kind, kinds == HARMLESS
    found = f"found {hit[calls].mean():.3f}, as itself {(hit & (of == kind))[calls].mean():.3f}" if calls.any() else "-"
    print(f"  {kind}: {found}; false {(hit & (of == kind))[harmless].mean():.4f}", flush=True)


def together(blocks: dict[Path, Block], files: Sequence[Path]) -> tuple[Any, Any]:
    """The rows of some files, what is plain several times, and their kinds."""
    often = [file for file in files for _ in range(TIMES if file.stem == PLAIN else 1)]
    held = [part for file in often for part in (blocks[file].held, blocks[file].bare_held)]
    kinds = [kind for file in often for part in (blocks[file].messages, blocks[file].bare) for kind, _ in part]
    return sparse.vstack(held).tocsr(), np.array(kinds)


def write(weights: Iterable[Any], biases: list[float], must: dict[str, float]) -> None:
    """Each weight as a whole number of a hundred-and-twenty-seventh of the largest."""
    table = np.column_stack(list(weights))
    scales = np.abs(table).max(0) / 127
    packed = array("b", np.rint(table / scales).astype(int).ravel().tolist())
    head = json.dumps({"scales": scales.tolist(), "biases": biases, "thresholds": must})
    WEIGHTS.write_bytes(head.encode() + b"\n" + zlib.compress(packed.tobytes(), 9))


def main() -> None:
    """Cross-validate, then learn from everything and write the weights."""
    files = [file for folder in (LEARNED, TRIED) for file in sorted(folder.iterdir())]
    blocks = {}
    for file in files:
        if not file.name.startswith("held_out"):
            messages = read(file)
            bare = unmarked(messages)
            blocks[file] = Block(messages, bare, matrix(messages), matrix(bare))
    must = cross_validate(blocks)
    weights, biases = learn(*together(blocks, list(blocks)))
    write(weights, biases, must)


if __name__ == "__main__":
    main()
