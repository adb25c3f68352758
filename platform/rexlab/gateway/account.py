"""Adds up what a trial or a run uses, and says when a budget is used up."""

from rexlab.gateway.contract import Budget, Usage
from rexlab.gateway.prices import Price
from rexlab.gateway.tokens import Tokens


class Account:
    """The usage of one claim of a trial, or of a whole run, and its limits.

    A call is counted when it begins and its tokens when it ends: with several calls at a time, those under way when a
    limit is reached are let finish, and the next one is refused.
    """

    def __init__(self, owner: str, budget: Budget, usage: Usage | None = None) -> None:
        """``owner`` is what sentences call it: ``trial`` or ``run``; ``usage`` is what was used before."""
        self.owner, self.budget, self.usage = owner, budget, usage or Usage()
        self._estimated_tokens = 0
        self._estimated_usd = 0.0
        self._unpriced = self.usage.cost_usd is None
        self._usd = self.usage.cost_usd or 0.0

    def refusal(self, model: str, price: Price | None) -> str:
        """A sentence when the next call must be refused; empty when it may be made."""
        budget, usage, whose = self.budget, self.usage, f"the {self.owner}'s budget"
        if budget.calls is not None and usage.calls >= budget.calls:
            return f"{whose} of {budget.calls} calls is used up"
        tokens = usage.input_tokens + usage.output_tokens + self._estimated_tokens
        if budget.tokens is not None and tokens >= budget.tokens:
            return f"{whose} of {budget.tokens} tokens is used up: {tokens} were used{self._estimates()}"
        if budget.seconds is not None and usage.seconds >= budget.seconds:
            return f"{whose} of {budget.seconds:g} s of calls is used up: {usage.seconds:.1f} s were used"
        if budget.usd is None:
            return ""
        if price is None:
            return (
                f"{whose} of {budget.usd:g} USD cannot be kept: the price of {model} is unknown; add it to prices.toml"
            )
        if self._unpriced:
            return f"{whose} of {budget.usd:g} USD cannot be kept: the cost of an earlier call is unknown"
        spent = self._usd + self._estimated_usd
        if spent >= budget.usd:
            return f"{whose} of {budget.usd:g} USD is used up: {spent:.4f} USD were spent{self._estimates()}"
        return ""

    def catch_up(self, spent: Usage) -> None:
        """Others spend from the same budget: go on from no less than what is on record of all of them."""
        mine = self.usage
        self._unpriced = self._unpriced or spent.cost_usd is None
        self._usd = max(self._usd, spent.cost_usd or 0.0)
        self._change(
            calls=max(mine.calls, spent.calls),
            input_tokens=max(mine.input_tokens, spent.input_tokens),
            cached_tokens=max(mine.cached_tokens, spent.cached_tokens),
            output_tokens=max(mine.output_tokens, spent.output_tokens),
            seconds=max(mine.seconds, spent.seconds),
            cost_usd=None if self._unpriced else self._usd,
        )

    def refused(self, sentence: str) -> None:
        """A call was refused for a budget, this one's or another's."""
        self._change(budget_exceeded=sentence)

    def begin(self) -> None:
        """A call is about to be made."""
        self._change(calls=self.usage.calls + 1)

    def end(
        self,
        tokens: Tokens | None,
        price: Price | None,
        estimate: Tokens,
        *,
        seconds: float,
        retries: int,
        failed: bool,
        outage: str,
    ) -> None:
        """A call has ended. Where ``tokens`` are unknown, budgets are kept by the estimate; reports are not."""
        usage = self.usage
        changes: dict[str, object] = {
            "retries": usage.retries + retries,
            "seconds": usage.seconds + seconds,
            "failures": usage.failures + failed,
            "outage": (outage or usage.outage) if failed else "",
        }
        if tokens is not None:
            changes["input_tokens"] = usage.input_tokens + tokens.input
            changes["cached_tokens"] = usage.cached_tokens + tokens.cached
            changes["output_tokens"] = usage.output_tokens + tokens.output
            if price is None:
                self._unpriced = True
            else:
                self._usd += price.cost(tokens)
        elif estimate.input or estimate.output:
            changes["unmetered_calls"] = usage.unmetered_calls + 1
            self._estimated_tokens += estimate.input + estimate.output
            self._estimated_usd += price.cost(estimate) if price else 0.0
            self._unpriced = self._unpriced or price is None
        changes["cost_usd"] = None if self._unpriced else self._usd
        self._change(**changes)

    def _estimates(self) -> str:
        count = self.usage.unmetered_calls
        return f", with an estimate for {count} calls whose usage is unknown" if count else ""

    def _change(self, **changes: object) -> None:
        self.usage = self.usage.model_copy(update=changes)
