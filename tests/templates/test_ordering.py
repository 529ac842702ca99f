"""Predecessors first, or the cycles that make it impossible (P2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionplans.errors import Invalid
from actionplans.ordering import order
from tests.size import size

GRAPHS = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30).map(lambda e: (n, e))
)


def before_of(edges: list[tuple[int, int]]) -> dict[str, list[str]]:
    """From (predecessor, successor) pairs to what stands before each node."""
    before: dict[str, list[str]] = {}
    for first, then in edges:
        before.setdefault(str(then), []).append(str(first))
    return before


def cyclic(n: int, before: dict[str, list[str]]) -> bool:
    """Whether taking away what waits for nothing, again and again, leaves something (an oracle by another way)."""
    left = {str(one) for one in range(n)}
    while free := {one for one in left if not left & set(before.get(one, ()))}:
        left -= free
    return bool(left)


@given(GRAPHS)
def test_every_predecessor_comes_first_or_a_real_cycle_is_named(graph: tuple[int, list[tuple[int, int]]]) -> None:
    """The order keeps every link; where none can, each path told goes along links and comes back."""
    n, edges = graph
    before = before_of(edges)
    nodes = [str(one) for one in range(n)]
    try:
        found = order(nodes, lambda node: before.get(node, ()))
    except Invalid as error:
        assert cyclic(n, before)
        seen: set[str] = set()
        for problem in error.problems:
            steps = problem.message.split(" is a cycle")[0].split(" → ")
            assert problem.place == steps[0] == steps[-1]
            assert all((int(a), int(b)) in edges for a, b in zip(steps, steps[1:], strict=False))
            assert not seen & set(steps)
            seen |= set(steps)
    else:
        assert not cyclic(n, before)
        assert sorted(nodes) == sorted(found)
        place = {node: at for at, node in enumerate(found)}
        assert all(place[str(first)] < place[str(then)] for first, then in edges)


def test_what_waits_for_nothing_stays_in_its_order() -> None:
    """Nodes keep the order they came in, each once; names that are not among them are passed over."""
    assert ["c", "a", "b"] == order(["c", "a", "c", "b"], lambda node: ["elsewhere"])


def test_two_cycles_are_both_named() -> None:
    """All problems at once: cycles that share nothing are told together."""
    before = {"a": ["b"], "b": ["a"], "c": ["c"]}
    with pytest.raises(Invalid) as caught:
        order("abc", lambda node: before[node])
    assert ["a → b → a", "c → c"] == [problem.message.split(" is ")[0] for problem in caught.value.problems]


def test_a_long_chain_needs_no_recursion() -> None:
    """The last of a long chain asked for first is no trouble, and neither is the cycle that closes it."""
    n = size(1_000_000)
    nodes = [str(one) for one in range(n)]
    before = {str(one): [str(one + 1)] for one in range(n - 1)}
    assert nodes[::-1] == order(nodes, lambda node: before.get(node, ()))
    before[str(n - 1)] = ["0"]
    with pytest.raises(Invalid) as caught:
        order(nodes, lambda node: before[node])
    assert len(str(caught.value)) < 1_000


def test_many_nested_cycles_are_told_in_linear_time() -> None:
    """A chain whose every second half closes a cycle names the outermost and is done."""
    n = size(200_000)
    before = {str(one): [str(n - one), str(one + 1)] for one in range(n)}
    with pytest.raises(Invalid):
        order([str(one) for one in range(n)], lambda node: before[node])
