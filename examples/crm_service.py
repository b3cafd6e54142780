r"""A small CRM service over a store: FastAPI, SQLite or PostgreSQL, every answer in English or Chinese.

    make example-service
    python examples/crm_service.py --store sqlite:///deals.db --port 8000

    curl -X POST localhost:8000/deals -H 'Content-Type: application/json' -d '{"id": "ACME-42"}'
    curl -X POST localhost:8000/deals/ACME-42/commands -H 'Content-Type: application/json' -H 'Idempotency-Key: mail-1' \
         -d '{"kind": "meet", "subject": "interest_aroused", "by": "li.wei"}'
    curl localhost:8000/deals/ACME-42 -H 'Accept-Language: zh'
    curl 'localhost:8000/deals?behind=true'

What a deal may not do is 409 with every reason, what nobody can understand 422. The time is the server's. Beside the requests a worker
ticks what is due and gives what followed, as CloudEvents, to a listener: here it prints them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import attrs
from fastapi import Depends, FastAPI, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import stagegate
from stagegate import Case, CommandError, Process, StagegateError, UnknownNameError
from stagegate.engine.plain import command_of
from stagegate.errors import CaseExistsError, ConflictError, UnknownCaseError
from stagegate.render.case_text import CaseText, items_to_plain, position_to_plain
from stagegate.store import AsyncStore, CaseRow, Happened, Sought, cloud_event
from stagegate.store.due import run_async

Listener = Callable[[dict[str, Any]], Awaitable[object]]
STATUS: tuple[tuple[type[StagegateError], int], ...] = (
    (UnknownCaseError, 404),
    (CaseExistsError, 409),
    (ConflictError, 409),
    (UnknownNameError, 422),
    (CommandError, 422),
)


class Opening(BaseModel):
    """A new deal, at the start or where it already is."""

    id: str
    process: str = "project-sales"
    at_stage: str = ""
    skipped: Literal["dropped", "owed"] = "owed"
    by: str = ""


def now() -> datetime:
    """The time of the server."""
    return datetime.now(UTC)


async def printed(event: dict[str, Any]) -> None:
    """A listener that prints."""
    print(json.dumps(event, ensure_ascii=False), flush=True)


def language(accept_language: Annotated[str, Header()] = "en") -> str:
    """The one of our two languages that somebody likes best."""
    liked: list[tuple[float, str]] = []
    for entry in accept_language.lower().split(","):
        tag, _, weight = entry.strip().partition(";q=")
        with suppress(ValueError):
            liked.append((float(weight or 1), tag[:2]))
    return next((tag for _, tag in sorted(liked, key=lambda each: -each[0]) if tag in ("en", "zh")), "en")


Language = Annotated[str, Depends(language)]


def create_app(
    url: str,
    *,
    processes: Iterable[str] = ("project-sales",),
    clock: Callable[[], datetime] = now,
    listener: Listener = printed,
    every: timedelta = timedelta(seconds=5),
) -> FastAPI:
    """The service over the store at a URL. Deals are of these processes, by the names of bundled ones or paths."""
    offered = {process.name: process for process in map(stagegate.load, processes)}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with await AsyncStore.at(url) as store:
            app.state.store = store
            worker = asyncio.create_task(work(store, clock, listener, every))
            try:
                yield
            finally:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    app = FastAPI(title="Deals", lifespan=lifespan)
    app.add_exception_handler(StagegateError, told_why)

    @app.post("/deals", status_code=201)
    async def open_deal(opening: Opening, request: Request, lang: Language) -> dict[str, Any]:
        process = offered.get(opening.process)
        if process is None:
            raise CommandError(f"no process `{opening.process:.80}`; there are {', '.join(offered)}")
        case = await store_of(request).open(
            opening.id,
            process,
            at=clock(),
            at_stage=opening.at_stage,
            skipped=opening.skipped,
            by=opening.by,
        )
        return standing(case, lang)

    @app.post("/deals/{deal}/commands")
    async def tell(
        deal: str,
        told: dict[str, Any],
        request: Request,
        lang: Language,
        idempotency_key: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        store = store_of(request)
        process = await process_of(store, deal)
        command = command_of(process.tables, {**told, "at": clock().isoformat(), "key": idempotency_key})
        (step,) = await store.do(deal, command)  # tried anew after a conflict, a few times
        case = await store.load(deal)
        if not step.accepted:
            sentences = CaseText(case.definition, language=lang).sentences
            reasons = [
                {"code": r.code, "about": r.subject, "message": sentences.sentence(r, command), "where": r.where}
                for r in step.reasons
            ]
            return JSONResponse({"error": "refused", "reasons": reasons, **standing(case, lang)}, status_code=409)
        events = [{"kind": event.kind, "about": event.subject} for event in step.events]
        return JSONResponse({"repeated": step.repeated, "events": events, **standing(case, lang)})

    @app.get("/deals/{deal}")
    async def look(deal: str, request: Request, lang: Language) -> dict[str, Any]:
        case = await store_of(request).load(deal)
        return {**standing(case, lang), "why_not_further": why_not(case, lang)}

    @app.get("/deals")
    async def listed(
        request: Request,
        process: str | None = None,
        stage: str | None = None,
        behind: bool = False,
        overdue: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> dict[str, Any]:
        store = store_of(request)
        sought: Sought = {"ended": False}
        if process is not None:
            sought["process"] = process
        if stage is not None:
            sought["stage"] = stage
        if behind:
            sought["gap_state"] = "behind"
        if overdue:
            sought["overdue_at"] = clock()
        last = None if after is None else await store.row(after)
        rows = await store.find(limit=limit, after=last, **sought)
        return {"deals": [at_a_glance(row) for row in rows], "after": rows[-1].case if len(rows) == limit else None}

    return app


async def work(store: AsyncStore, clock: Callable[[], datetime], listener: Listener, every: timedelta) -> None:
    """Ticks what is due, and gives the outbox to the listener: at least once each, to be told apart by `id`."""

    async def handler(happened: Happened) -> None:
        await listener(cloud_event(happened))

    await run_async(
        store,
        worker="crm",
        handler=handler,
        clock=clock,
        wait=asyncio.sleep,
        every=every,
        failed=print,
    )


def store_of(request: Request) -> AsyncStore:
    """The store of the service."""
    store = request.app.state.store
    assert isinstance(store, AsyncStore)
    return store


async def process_of(store: AsyncStore, deal: str) -> Process:
    """The process of a deal, in the version the deal is on."""
    return await store.process((await store.row(deal)).flow)


async def told_why(_: Request, error: Exception) -> JSONResponse:
    """What went wrong as an answer: our mistakes 500, those of the client 404, 409 or 422."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    content: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, ConflictError):
        content |= {"expected": error.expected, "found": error.found}
    return JSONResponse(content, status_code=status)


def standing(case: Case, lang: str) -> dict[str, Any]:
    """Where a deal stands."""
    stages = {stage.id: stage.title(lang) for stage in case.definition.stages()}
    position = case.position
    return {
        "deal": case.id,
        "process": case.definition.name,
        "version": case.definition.version,
        "seq": case.seq,
        "position": {**position_to_plain(position), "title": stages.get(position.stage, "")},
        "chance": case.chance,
        "gap": {"state": case.gap.state, "stages": case.gap.gap},
        "ended": case.ended or None,
        "next_due": None if case.next_due is None else case.next_due.isoformat(),
    }


def why_not(case: Case, lang: str) -> dict[str, Any]:
    """What closes the gate in front of a deal, what is owed, and what could be done now."""

    def items(found: Iterable[Any]) -> list[dict[str, Any]]:
        return [{**item, "title": item["title"][lang]} for item in items_to_plain(found)]

    text = CaseText(case.definition, language=lang)
    actions = [
        {
            "kind": action.kind,
            "about": action.subject,
            "option": action.option or None,
            "allowed": action.allowed,
            "reasons": [text.sentences.sentence(reason) for reason in action.reasons],
        }
        for action in case.next_actions()
    ]
    return {"missing": items(case.missing()), "owed": items(case.debts()), "actions": actions}


def at_a_glance(row: CaseRow) -> dict[str, Any]:
    """A deal in a list."""
    plain: dict[str, Any] = jsonable_encoder(attrs.asdict(row))
    return plain


def main() -> None:
    """Serves until it is stopped."""
    import uvicorn

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="sqlite:///deals.db", help="where the deals are [sqlite:///deals.db]")
    parser.add_argument("--process", action="append", help="a process deals may be of [project-sales]")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    uvicorn.run(
        create_app(given.store, processes=given.process or ("project-sales",)), host=given.host, port=given.port
    )


if __name__ == "__main__":
    main()
