"""Money: reserve, then submit, then know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.batch.budget import Budget


def with_one_done(most: float | None, cost: float | None) -> Budget:
    """Give a budget of which one recording was paid."""
    budget = Budget(most)
    budget.reserve("first")
    budget.learn("first", cost)
    budget.close("first")
    return budget


def test_no_limit_allows_everything() -> None:
    """Costs are counted all the same."""
    budget = with_one_done(None, 1e9)

    assert (budget.allows_one_more(), budget.must_wait(), budget.is_blind) == (True, False, False)
    assert budget.spent == 1e9


def test_one_goes_ahead() -> None:
    """Until a first cost is known, nobody knows what a second would cost."""
    budget = Budget(10.0)
    assert not budget.must_wait()
    budget.reserve("first")

    assert budget.must_wait()


def test_the_first_cost_ends_the_waiting() -> None:
    """It is what the others are expected to cost."""
    budget = Budget(10.0)
    budget.reserve("first")
    budget.learn("first", 4.0)

    assert (budget.must_wait(), budget.allows_one_more()) == (False, True)


@pytest.mark.parametrize(
    ("most", "n_open", "is_allowed"),
    [
        (10.0, 0, True),  # 4 spent, 4 more make 8
        (10.0, 1, False),  # 4 spent, 4 reserved, 4 more make 12
        (12.0, 1, True),  # exactly 12
        (8.0, 0, True),  # exactly 8
        (7.9, 0, False),
        (4.0, 0, False),  # nothing is left
    ],
)
def test_what_is_reserved_counts(most: float, n_open: int, *, is_allowed: bool) -> None:
    """Each recording under way is expected to cost as much as the dearest so far."""
    budget = with_one_done(most, 4.0)
    for number in range(n_open):
        budget.reserve(f"open {number}")

    assert budget.allows_one_more() is is_allowed


def test_the_dearest_counts() -> None:
    """After 1 and 5 a third is expected to cost 5: 6 + 5 > 10."""
    budget = with_one_done(10.0, 1.0)
    budget.reserve("second")
    budget.learn("second", 5.0)

    assert not budget.allows_one_more()


def test_a_later_figure_replaces_an_earlier_one() -> None:
    """What was reserved at the submit is not added to what it cost in the end."""
    budget = Budget(10.0)
    budget.reserve("a")
    budget.learn("a", 4.0)
    budget.learn("a", 3.0)

    assert budget.spent == 3.0


def test_a_failure_that_costs_nothing_is_taken_back() -> None:
    """Zero replaces the reservation, too."""
    budget = Budget(10.0)
    budget.reserve("a")
    budget.learn("a", 4.0)
    budget.learn("a", 0.0)

    assert budget.spent == 0.0


def test_a_refusal_costs_nothing() -> None:
    """What it reserved is free again."""
    budget = with_one_done(10.0, 4.0)
    budget.reserve("second")
    budget.release("second")

    assert (budget.allows_one_more(), budget.spent) == (True, 4.0)


def test_a_service_that_names_no_cost_blinds() -> None:
    """The limit cannot be kept, so nothing more may go."""
    assert with_one_done(10.0, None).is_blind


def test_without_a_limit_nothing_blinds() -> None:
    """Who set no limit need not know."""
    assert not with_one_done(None, None).is_blind


def test_an_unknown_end_stays_reserved() -> None:
    """A recording in doubt may have been charged: 4 spent, 4 perhaps, 4 more make 12."""
    budget = with_one_done(10.0, 4.0)
    budget.reserve("in doubt")
    budget.close("in doubt")

    assert not budget.allows_one_more()


def test_nothing_known_is_not_zero() -> None:
    """Before a service names a cost, what was spent is not known."""
    assert Budget(10.0).spent is None


@given(st.floats(1, 100), st.lists(st.floats(0.1, 10), max_size=30))
def test_a_dearest_first_run_never_overspends(most: float, costs: list[float]) -> None:
    """When no recording is dearer than the first, the limit holds to the last one."""
    budget = Budget(most)
    for number, cost in enumerate(sorted(costs, reverse=True)):
        if number and not budget.allows_one_more():
            break
        if not number and cost > most:
            return  # nobody can know that of the first
        budget.reserve(str(number))
        budget.learn(str(number), cost)
        budget.close(str(number))

    assert (budget.spent or 0.0) <= most * (1 + 1e-9)
