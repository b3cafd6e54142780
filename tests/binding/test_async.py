"""The machine whose triggers are awaited: the same moves, and callbacks that may be coroutines."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from tests.binding.conftest import Clock

import stagegate
from stagegate import commands
from stagegate.binding import AsyncBinding, CaseEventData, RefusedError
from stagegate.engine.commands import Command
from stagegate.errors import CommandError, UnknownNameError
from stagegate.process import Process
from stagegate.testing import journals

transitions = pytest.importorskip("transitions")


class Deal:
    state: str

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def on_enter_solution(self, *_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        self.seen.append(f"entered {self.state}")


def bound(process: Process, clock: Clock, **options: Any) -> tuple[Any, AsyncBinding]:
    deal = Deal()
    return deal, process.bind_async(deal, case_id="ACME-42", clock=clock, **options)


def run(what: Awaitable[Any]) -> Any:
    async def waits() -> Any:
        return await what

    return asyncio.run(waits())


def test_triggers_and_questions_are_awaited(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock)
        assert isinstance(binding.machine, transitions.extensions.asyncio.AsyncMachine)
        assert deal.state == "visit"
        assert await deal.meet("solution_asked_for")
        assert await deal.set_facts({"budget": 10})
        assert not await deal.may_end_lost()
        assert await deal.may_end_lost(reason="rival")
        assert not await deal.end_lost()
        assert [r.code for r in binding.reasons] == ["reason_required"]
        assert await deal.trigger("meet", "survey_done")
        assert deal.seen == ["entered solution"]
        with pytest.raises(RefusedError, match="from state solution"):
            await deal.jump_offer_at_once(answer="willing")
        assert await binding.do(commands.end("lost", clock(), reason="rival"))
        assert deal.is_lost()

    asyncio.run(host())


def test_callbacks_come_in_order_plain_or_coroutines(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock, send_event=True, before_state_change=lambda _: deal.seen.append("change"))

        def note(what: str) -> Any:
            async def later(event: CaseEventData) -> None:
                await asyncio.sleep(0)
                deal.seen.append(f"{what} {deal.state} {event.step.accepted}")

            return later

        machine = binding.machine
        for when in ("prepare", "before", "after"):
            getattr(machine, f"{when}_end_lost")(note(when))
        machine.on_exit_visit(note("exit"))
        machine.on_enter_lost(note("enter"))
        await deal.end_lost(reason="rival")
        assert deal.seen == [
            "prepare visit True", "change", "before visit True", "exit visit True", "enter lost True", "after lost True",
        ]  # fmt: skip

    asyncio.run(host())


def test_the_case_has_the_last_word_when_it_changes_while_a_callback_waits(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock)
        asked, answered = asyncio.Event(), asyncio.Event()

        async def ask(**_: Any) -> None:
            asked.set()
            await answered.wait()

        binding.machine.before_jump_offer_at_once(ask)
        jumping = asyncio.create_task(deal.jump_offer_at_once(answer="willing"))
        await asked.wait()
        binding.case.end("lost", at=clock(), reason="rival")
        answered.set()
        assert await jumping is False
        assert [r.code for r in binding.reasons] == ["ended"]
        assert deal.state == "lost"

    asyncio.run(host())


def test_a_trigger_that_goes_ahead_cancels_one_that_waits(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock)
        asked = asyncio.Event()

        async def never(**_: Any) -> None:
            asked.set()
            await asyncio.Event().wait()

        binding.machine.before_jump_offer_at_once(never)
        jumping = asyncio.create_task(deal.jump_offer_at_once(answer="willing"))
        await asked.wait()
        assert await deal.end_lost(reason="rival")
        assert await jumping is False
        assert deal.state == "lost" == binding.case.ended

    asyncio.run(host())


def test_a_queue_for_each_model(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock, queued="model")

        async def again(**_: Any) -> None:
            assert await deal.reopen_visit(), "put into the queue"

        binding.machine.on_enter_lost(again)
        binding.machine.after_end_lost(lambda **_: deal.seen.append(deal.state))
        assert await deal.end_lost(reason="rival")
        assert (deal.seen, deal.state) == (["lost"], "visit")
        binding.release()
        assert set(vars(deal)) == {"seen", "state"}

    asyncio.run(host())


def test_what_a_question_raises_goes_where_the_host_wants_it(process: Process, clock: Clock) -> None:
    async def host() -> None:
        caught: list[str] = []

        async def keep(event: CaseEventData) -> None:
            caught.append(repr(event.error))

        deal, binding = bound(process, clock, send_event=True, on_exception=keep)
        binding.machine.prepare_end_lost(lambda event: {}["host"])
        assert not await deal.may_end_lost(reason="rival")
        assert caught == ["KeyError('host')"]

    asyncio.run(host())


def test_a_trigger_of_the_hosts_own_may_be_added(process: Process, clock: Clock) -> None:
    async def host() -> None:
        deal, binding = bound(process, clock)

        async def call() -> None:
            deal.seen.append("called")

        binding.machine.add_transition("call", "*", None, after=call)
        assert await deal.may_call()
        assert await deal.call()
        assert deal.seen == ["called"]

    asyncio.run(host())


async def same_trace(process: Process, journal: list[Command]) -> None:
    plain = process.opened("x", journal[0])
    deal: Any = Deal()
    binding = process.bind_async(deal, process.opened("x", journal[0]), clock=lambda: journal[0].at)
    for command in journal[1:]:
        try:
            alone = plain.do(command)
        except (UnknownNameError, CommandError) as error:
            with pytest.raises(type(error)):
                await binding.do(command)
            continue
        try:
            done = await binding.do(command)
        except RefusedError:
            done = False
        assert binding.step is not None
        assert (done, binding.step.events, binding.reasons) == (alone.accepted, alone.events, alone.reasons)
        assert binding.case.to_dict() == plain.to_dict()
        assert deal.state == (plain.ended or plain.position.stage or "not_started")


@pytest.mark.parametrize("name", ["dealer-standard", "decision-point-buying-cycle", "real-estate", "project-sales"])
def test_it_tells_the_same_as_the_case(name: str) -> None:
    process = stagegate.load(name)

    @settings(max_examples=4, phases=[Phase.generate])
    @given(journals(process))
    def runs(journal: list[Command]) -> None:
        run(same_trace(process, journal))

    runs()
