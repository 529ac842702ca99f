"""Putting things that wait for each other in order: predecessors first, or the cycles that make it impossible (P2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from actionplans.errors import Invalid, Problem

NAMED = 50
"""The most steps of one cycle that a message spells out."""


def order(nodes: Iterable[str], before: Callable[[str], Iterable[str]], named: Callable[[str], str] = str) -> list[str]:
    """All `nodes` with what `before(node)` names ahead of each; otherwise they stay in the order they came in.

    Names that are not among `nodes` are passed over. Raises `Invalid` with one problem for each cycle that shares no
    node with another one named, at the node where it was entered: `a → b → a`; `named` gives what people call a node.
    Every node and every name is looked at once, without recursion, so 100 000 nodes in one chain are no trouble.
    """
    walk = _Walk(dict.fromkeys(nodes), before)
    done = walk.all()
    if walk.cycles:
        raise Invalid("the order", tuple(Problem(cycle[0], path(cycle, named)) for cycle in walk.cycles))
    return done


def downstream(roots: Iterable[str], successors: Mapping[str, list[str]]) -> list[str]:
    """The roots and all that hangs on them, each after what it hangs on; depth first, without recursion."""
    seen: set[str] = set()
    done: list[str] = []
    none: list[str] = []
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        trail, ahead = [root], [iter(successors.get(root, none))]
        while trail:
            for one in ahead[-1]:
                if one not in seen:
                    seen.add(one)
                    trail.append(one)
                    ahead.append(iter(successors.get(one, none)))
                    break
            else:
                done.append(trail.pop())
                ahead.pop()
    done.reverse()
    return done


def path(cycle: list[str], named: Callable[[str], str] = str) -> str:
    """A cycle in words, back to where it began; the middle of a very long one is left out."""
    steps = [named(one) for one in (cycle if len(cycle) <= NAMED else (*cycle[: NAMED - 5], *cycle[-5:]))]
    if len(cycle) > NAMED:
        steps.insert(NAMED - 5, f"({len(cycle) - NAMED} more)")
    return " → ".join((*steps, steps[0])) + " is a cycle: let one of them not wait for the one before it"


class _Walk:
    """One depth-first walk: `trail` is the way to where we stand, `at` the place of each of its nodes.

    `named[i]` is the last place up to `i` whose node stands in a cycle already, so that cycles are kept apart.
    """

    def __init__(self, nodes: dict[str, None], before: Callable[[str], Iterable[str]]) -> None:
        self.nodes = nodes
        self.before = before
        self.done: dict[str, None] = {}
        self.trail: list[str] = []
        self.at: dict[str, int] = {}
        self.named: list[int] = []
        self.ahead: list[Iterator[str]] = []
        self.cycles: list[list[str]] = []

    def all(self) -> list[str]:
        for node in self.nodes:
            if node not in self.done:
                self._enter(node)
                while self.trail:
                    self._step()
        return list(self.done)

    def _enter(self, node: str) -> None:
        self.at[node] = len(self.trail)
        self.trail.append(node)
        self.named.append(self.named[-1] if self.named else -1)
        self.ahead.append(iter(self.before(node)))

    def _step(self) -> None:
        for name in self.ahead[-1]:
            if name in self.done or name not in self.nodes:
                continue
            if name not in self.at:
                self._enter(name)
                return
            self._cycle(self.at[name])
        node = self.trail.pop()
        self.ahead.pop()
        self.named.pop()
        del self.at[node]
        self.done[node] = None

    def _cycle(self, first: int) -> None:
        """The trail from place `first` on closes a cycle; `before` leads backwards, so it is told the other way."""
        if self.named[-1] < first:
            self.cycles.append([self.trail[first], *islice(reversed(self.trail), len(self.trail) - first - 1)])
            self.named[first:] = range(first, len(self.trail))
