"""Money: reserve before submitting, stop before overspending."""

from __future__ import annotations


class Budget:
    """Keeps count of costs, and decides whether one more recording may be submitted.

    What a recording will cost is not known beforehand, so the dearest one seen so far is
    reserved for each whose cost is not known yet; until a first cost is known, one is sent at
    a time. All amounts are in the service's own unit.

    Parameters
    ----------
    most
        The most to spend; None for no limit.

    Examples
    --------
    >>> budget = Budget(10.0)
    >>> budget.reserve("a"); budget.learn("a", 4.0); budget.close("a")
    >>> budget.reserve("b")
    >>> budget.allows_one_more()  # 4 spent, 4 reserved for b: a third might make it 12
    False
    """

    def __init__(self, most: float | None) -> None:
        self._most = most
        self._known: float | None = None
        self._dearest: float | None = None
        #: Recordings under way: their cost as far as it is known.
        self._open: dict[str, float | None] = {}
        #: Recordings done with whose cost never became known: they may have been charged.
        self._n_untold = 0

    @property
    def spent(self) -> float | None:
        """What is known to be spent; None while the service has named no cost."""
        return self._known

    @property
    def is_blind(self) -> bool:
        """Whether there is a limit, and the service does not say what things cost."""
        return self._most is not None and self._dearest is None and self._n_untold > 0

    def must_wait(self) -> bool:
        """Tell whether a first cost has to become known before the next recording goes."""
        return self._most is not None and self._dearest is None and bool(self._open)

    def allows_one_more(self) -> bool:
        """Tell whether one more recording, as dear as the dearest so far, can be paid for."""
        if self._most is None:
            return True
        dearest = self._dearest or 0.0
        n_unknown = sum(cost is None for cost in self._open.values()) + self._n_untold
        return (self._known or 0.0) + dearest * (n_unknown + 1) <= self._most

    def reserve(self, key: str) -> None:
        """Count a recording that is being submitted."""
        self._open[key] = None

    def learn(self, key: str, cost: float | None) -> None:
        """Learn what a recording costs; a later figure takes the place of an earlier one."""
        if cost is None:
            return
        self._known = (self._known or 0.0) + cost - (self._open.get(key) or 0.0)
        self._open[key] = cost
        self._dearest = max(cost, self._dearest or 0.0)

    def close(self, key: str) -> None:
        """Learn that a recording is done with; its cost stays spent, or reserved if unknown."""
        if key in self._open and self._open.pop(key) is None:
            self._n_untold += 1

    def release(self, key: str) -> None:
        """Learn that a recording was refused and costs nothing."""
        self._open.pop(key, None)
