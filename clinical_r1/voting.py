"""Majority voting over the answers of one question: plurality, its credit, and exact maj@k.

Self-consistency (Wang et al. 2022, arXiv 2203.11171) samples several completions of a question and takes the answer
most of them agree on, whatever share of them that is: with target A the votes A, B, C, D, A are right although most of
them are wrong. maj@k is the expected credit of such a vote over k completions. It is estimated here from n >= k
collected answers by averaging over every k-subset of them, which is unbiased in the way of pass@k (Chen et al. 2021,
arXiv 2107.03374) and has no sampling noise of its own.

Answers are option labels, or None where nothing readable was answered. A None takes a place among the k votes but
never wins. Options that count as the same answer are merged into one label by the caller.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, prod
from operator import index
from typing import Literal, get_args

from clinical_r1.errors import UserError, names_near

TieRule = Literal["share", "incorrect", "first"]
"""What a target among several winners is worth: one winner's share, nothing, or everything if it was named first."""

TIE_RULES: tuple[TieRule, ...] = get_args(TieRule)


@dataclass(frozen=True)
class Vote:
    """The outcome of one plurality vote."""

    winners: tuple[str, ...]
    """Labels with the most votes in order of first appearance: several on a tie, none when nobody answered."""
    counts: dict[str, int]
    """Votes of each label that has any, in order of first appearance; None answers are not counted."""

    @property
    def tied(self) -> bool:
        """Whether more than one label has the most votes."""
        return len(self.winners) > 1

    @property
    def winner(self) -> str | None:
        """The sole winner, or None on a tie and when nobody answered."""
        return self.winners[0] if len(self.winners) == 1 else None


def plurality(answers: Sequence[str | None]) -> Vote:
    """Count the votes and find the label or labels with the most.

    Args:
        answers: One label or None per completion, in epoch order; may be empty.

    Example:
        >>> plurality(["B", None, "A", "A", "B"])
        Vote(winners=('B', 'A'), counts={'B': 2, 'A': 2})
    """
    counts = Counter(answer for answer in answers if answer is not None)
    most = max(counts.values(), default=0)
    return Vote(tuple(label for label, count in counts.items() if count == most), dict(counts))


def vote_credit(vote: Vote, target: str, tie: TieRule = "share") -> float:
    """Value of one vote, in [0, 1].

    A sole winner is worth 1 if it is the target and 0 if not. On a tie that the target is part of, `share` gives
    1 / number of winners (the expectation of breaking the tie at random), `incorrect` gives 0, and `first` gives 1 if
    the target is the winner that appears first in the order of the votes.

    Raises:
        UserError: The tie rule is unknown.

    Example:
        >>> [vote_credit(plurality("ABAB"), "A", tie) for tie in TIE_RULES]
        [0.5, 0.0, 1.0]
    """
    check_tie_rule(tie)
    if target not in vote.winners:
        return 0.0
    if tie == "share":
        return 1 / len(vote.winners)
    return float(vote.winners[0] == target if tie == "first" else not vote.tied)


def majority_at_k(answers: Sequence[str | None], target: str, k: int, tie: TieRule = "share") -> float:
    """Exact expected credit of a vote over k of the n collected answers, in [0, 1].

    The mean of `vote_credit` over all C(n, k) subsets of k answers, each in epoch order. The subsets are counted, not
    drawn (see `_subsets_won`), and the exact total is rounded once. k = 1 is the mean accuracy; k = n is the vote over
    everything collected.

    Args:
        answers: One label or None per completion, in epoch order (which only `first` looks at); n >= 1.
        target: The right label.
        k: Number of votes, 1 to n.
        tie: Tie rule, see `vote_credit`.

    Raises:
        UserError: No answers, k out of range, or an unknown tie rule.

    Example:
        >>> majority_at_k(["A", "B", "C", "D", "A"], "A", k=5)
        1.0
        >>> majority_at_k(["A", "B", "C", "D", "A"], "A", k=1)
        0.4
    """
    return majority_curve(answers, target, tie, ks=(k,))[k]


def majority_curve(
    answers: Sequence[str | None], target: str, tie: TieRule = "share", ks: Iterable[int] | None = None
) -> dict[int, float]:
    """`majority_at_k` for several k at little more than the cost of the largest.

    Args:
        answers: As in `majority_at_k`.
        target: The right label.
        tie: Tie rule, see `vote_credit`.
        ks: Numbers of votes, each 1 to n; all of them by default.

    Returns:
        {k: expected credit}, in the order of `ks`.

    Raises:
        UserError: No answers, a k out of range, or an unknown tie rule.

    Example:
        >>> majority_curve("AAB", "A")
        {1: 0.6666666666666666, 2: 0.6666666666666666, 3: 1.0}
    """
    n = len(answers)
    ks = tuple(index(k) for k in (range(1, n + 1) if ks is None else ks))  # NumPy integers would overflow below
    if n == 0:
        raise UserError("there are no answers to vote on; at least 1 is needed")
    for k in ks:
        if not 1 <= k <= n:
            raise UserError(f"k = {k} votes out of n = {n} answers is not possible; allowed: 1 to {n}")
    check_tie_rule(tie)
    won = _subsets_won(answers, target, tie, most_votes=max(ks, default=0))
    return {k: float(_total_credit(won, n, k) / comb(n, k)) for k in ks}


def check_tie_rule(tie: str) -> None:
    """Refuse a tie rule that does not exist.

    Raises:
        UserError: `tie` is not one of `TIE_RULES`.
    """
    if tie not in TIE_RULES:
        raise UserError(f"unknown tie rule {tie!r}; allowed: {names_near(tie, TIE_RULES)}")


# Counting the subsets. All generating functions below are polynomials in x, where the coefficient of x^s counts ways to
# choose s answers. Each is stored as one integer, its value at x = 2^(n+1): there are only 2^n subsets, so coefficients
# never run into each other, integer arithmetic is polynomial arithmetic, and coefficients are read off as bits. For
# `share`, y = x^(n+1) marks a tied rival in the same way (sizes end at n), so x^s y^r sits at exponent s + r (n+1).


def _subsets_won(answers: Sequence[str | None], target: str, tie: TieRule, most_votes: int) -> int:
    """Polynomial of the subsets in which the target gets the most votes, at most `most_votes`, under the tie rule.

    With t votes for the target collected, and m of them in the subset, the target wins if each rival has fewer than m
    votes or a permitted tie:

        W(x) = sum over m = 1..t of C(t, m) x^m R_m(x),  R_m from `_rivals`.

    Under `first` a tied rival must come in later, so W is also summed over the position of the target's first chosen
    vote: its other m - 1 votes, and all votes of a tied rival, are then chosen from the later answers.
    """
    x = 1 << (len(answers) + 1)
    others = Counter(answer for answer in answers if answer != target)
    if tie == "first":
        positions = [i for i, answer in enumerate(answers) if answer == target]
        pools = [Counter(answers[i + 1 :]) for i in positions]
        return sum(
            comb(pool[target], m - 1) * x**m * _rivals(others, pool, m, x, y=1)
            for pool in pools
            for m in range(1, min(pool[target] + 1, most_votes) + 1)
        )
    y = x ** (len(answers) + 1) if tie == "share" else 0  # y = 0 takes away every subset with a tie
    collected = len(answers) - others.total()
    return sum(
        comb(collected, m) * x**m * _rivals(others, others, m, x, y) for m in range(1, min(collected, most_votes) + 1)
    )


def _rivals(others: Mapping[str | None, int], pool: Mapping[str | None, int], m: int, x: int, y: int) -> int:
    """Polynomial of the choices among the other answers that do not beat m votes for the target.

    A rival with c collected votes, p of them in the pool that a tie may be made of, contributes

        sum over i < m of C(c, i) x^i  +  C(p, m) x^m y.

    Labels with fewer than m votes and None answers cannot stop the target, so any number of those f may be chosen:
    together they contribute (1 + x)^f.
    """
    strong = [label for label, count in others.items() if label is not None and count >= m]
    free = sum(others.values()) - sum(others[label] for label in strong)
    factors = (
        sum(comb(others[label], i) * x**i for i in range(m)) + comb(pool[label], m) * x**m * y for label in strong
    )
    return int(prod(factors, start=(1 + x) ** free))


def _total_credit(won: int, n: int, k: int) -> Fraction:
    """Sum of the credit of all k-subsets of n answers: each subset won with r tied rivals is worth 1 / (r + 1)."""
    bits = n + 1  # of one coefficient; all coefficients of one power of y take bits * (n + 1)
    total = Fraction(0)
    for rivals in range(min(k, won.bit_length() // (bits * (n + 1)) + 1)):
        ways = (won >> bits * (k + rivals * (n + 1))) & ((1 << bits) - 1)
        total += Fraction(ways, rivals + 1)
    return total
