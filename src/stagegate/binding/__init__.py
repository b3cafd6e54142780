"""A host's own object with a real machine of the package `transitions`, moved by a case and by nothing else.

    binding = process.bind(deal, case_id="ACME-42", clock=lambda: datetime.now(timezone.utc))
    deal.meet("interest_aroused")
    deal.state, deal.may_jump_show_it_now(answer="willing"), binding.why_not("decide_worth_a_bid_go")

Needs the extra `transitions`; the only place that imports the package.
"""

from stagegate.doors import lacking

try:
    import transitions as transitions
except ModuleNotFoundError as missing:  # pragma: no cover - a test runs it in another interpreter
    raise lacking(missing, "binding a model", "transitions") from None

from stagegate.binding.binding import AsyncBinding, Binding
from stagegate.binding.machine import AsyncCaseMachine, CaseEventData, CaseMachine, RefusedError

__all__ = ["AsyncBinding", "AsyncCaseMachine", "Binding", "CaseEventData", "CaseMachine", "RefusedError"]
