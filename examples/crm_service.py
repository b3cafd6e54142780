r"""A small CRM service over a store: FastAPI, SQLite or PostgreSQL; where a deal stands and why not further in English or Chinese.

    make example-service
    python examples/crm_service.py --store sqlite:///deals.db --port 8000

    curl -X POST localhost:8000/deals -H 'Content-Type: application/json' -d '{"id": "ACME-42"}'
    curl -X POST localhost:8000/deals/ACME-42/commands -H 'Content-Type: application/json' -H 'Idempotency-Key: mail-1' \
         -d '{"kind": "meet", "subject": "interest_aroused", "by": "li.wei"}'
    curl -X POST localhost:8000/deals/ACME-42/commands -H 'Content-Type: application/json' \
         -d '{"kind": "set_facts", "args": {"facts": {"budget": 120000}}}'
    curl localhost:8000/deals/ACME-42 -H 'Accept-Language: zh'
    curl localhost:8000/deals/ACME-42/journal
    curl 'localhost:8000/deals?overdue=true'

What a deal may not do is 409 with every reason, what nobody can understand 422 with what there is. The time is the server's. Beside the
requests a worker ticks what is due and gives what followed, as CloudEvents, to a listener: here it prints them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import attrs
from fastapi import Depends, FastAPI, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, field_validator, model_validator

import stagegate
from stagegate import Case, CommandError, StagegateError, UnknownNameError
from stagegate.engine import Command, Step
from stagegate.engine.plain import command_of
from stagegate.errors import CaseExistsError, ConflictError, UnknownCaseError
from stagegate.render.case_text import CaseText, items_to_plain, position_to_plain
from stagegate.store import AsyncStore, CaseRow, Happened, Sought, Store, Unit, cloud_event
from stagegate.store.due import run_async

T = TypeVar("T")
ATTEMPTS = 5
Listener = Callable[[dict[str, Any]], Awaitable[object]]
STATUS: tuple[tuple[type[StagegateError], int], ...] = (
    (UnknownCaseError, 404),
    (CaseExistsError, 409),
    (ConflictError, 409),
    (UnknownNameError, 422),
    (CommandError, 422),
)


class Body(BaseModel):
    """What a client sends: JSON, and nothing but what is known here."""

    @model_validator(mode="before")
    @classmethod
    def only_known(cls, sent: Any) -> Any:
        """What is not known is refused, above all a time that the client would have liked."""
        if not isinstance(sent, dict):
            raise ValueError("a JSON object is wanted, with `Content-Type: application/json`")
        json.dumps(sent, ensure_ascii=False, allow_nan=False).encode()  # raises for NaN and for half a character
        known = cls.model_fields
        if unknown := sorted(sent.keys() - known.keys()):
            raise ValueError(
                f"`{'`, `'.join(unknown)}` is not known here, only {', '.join(known)}; the time is the server's"
            )
        return sent


class Opening(Body):
    """A new deal, at the start or where it already is."""

    id: str
    process: str = ""  # the first that is offered
    at_stage: str = ""
    skipped: Literal["dropped", "owed"] = "owed"  # a pipeline that comes in shall list its debts
    by: str = ""

    @field_validator("id")
    @classmethod
    def fits_a_path(cls, given: str) -> str:
        """An id is one part of a path in every route: a client may send no slash in it, and takes dots away."""
        if "/" in given or given in (".", ".."):
            raise ValueError("the id is a part of a path: it has no `/`, and is not `.` or `..`")
        return given


class Told(Body):
    """What happened to a deal: a command as journals have it, the time apart; its key is the header `Idempotency-Key`."""

    kind: Literal[
        "meet", "retract", "attach", "waive", "set_facts", "observe", "complete", "advance", "decide", "jump", "loop_back",
        "skip", "begin", "finish", "report", "breach", "hold", "resume", "end", "reopen", "tick",
    ]  # fmt: skip
    subject: str = ""
    args: dict[str, Any] = {}
    by: str = ""
    role: str = ""
    note: str = ""
    happened: AwareDatetime | None = None  # if before now


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

    app = FastAPI(title="Deals", lifespan=lifespan, dependencies=[Depends(only_known_parameters)])
    app.add_exception_handler(StagegateError, told_why)
    app.add_exception_handler(RequestValidationError, not_understood)

    @app.post("/deals", status_code=201)
    async def open_deal(opening: Opening, request: Request, lang: Language) -> dict[str, Any]:
        process = offered.get(opening.process or next(iter(offered)))
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
        told: Told,
        request: Request,
        lang: Language,
        idempotency_key: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        def done(unit: Unit) -> tuple[Case, Command, Step]:
            case = unit.load(deal)
            at = max(clock(), case.at)  # now that it is this client's turn; another machine's clock may be ahead
            command = command_of(case.tables, {**told.model_dump(), "at": at, "key": idempotency_key})
            step = case.do(command)
            unit.save(case)
            return case, command, step

        case, command, step = await written(store_of(request), done)
        if not step.accepted:
            sentences = CaseText(case.definition, language=lang).sentences
            reasons = [
                {"code": r.code, "subject": r.subject, "message": sentences.sentence(r, command), "where": r.where}
                for r in step.reasons
            ]
            return JSONResponse({"error": "refused", "reasons": reasons, **standing(case, lang)}, status_code=409)
        events = [{"kind": event.kind, "subject": event.subject} for event in step.events]
        return JSONResponse({"repeated": step.repeated, "events": events, **standing(case, lang)})

    @app.get("/deals/{deal}")
    async def look(deal: str, request: Request, lang: Language) -> dict[str, Any]:
        case = await store_of(request).load(deal)
        return {**standing(case, lang), "why_not_further": why_not(case, lang)}

    @app.get("/deals/{deal}/journal")
    async def journal(deal: str, request: Request) -> list[dict[str, Any]]:
        return await store_of(request).journal(deal)

    @app.get("/deals")
    async def listed(
        request: Request,
        process: str | None = None,
        stage: str | None = None,
        ended: bool = False,
        behind: bool = False,
        overdue: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> dict[str, Any]:
        store = store_of(request)
        at = clock()
        sought: Sought = {"ended": ended}
        if process is not None:
            sought["process"] = process
        if stage is not None:
            sought["stage"] = stage
        if behind:
            sought["gap_state"] = "behind"
        if overdue:
            sought["overdue_at"] = at
        last = None if after is None else await store.row(after)
        rows = await store.find(limit=limit, after=last, **sought)
        return {"deals": [at_a_glance(row, at) for row in rows], "after": rows[-1].case if len(rows) == limit else None}

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


async def written(store: AsyncStore, verb: Callable[[Unit], T]) -> T:
    """What a verb gives, in one transaction that writes; tried anew after a conflict, a few times."""
    for left in reversed(range(ATTEMPTS)):
        try:
            async with store.engine.connect() as connection:
                await connection.execution_options(stagegate_writing=True)  # SQLite: takes the lock at once
                async with connection.begin():
                    return await store.on(connection, verb)
        except ConflictError:
            if not left:
                raise
    raise AssertionError("there is at least one attempt")


def only_known_parameters(request: Request) -> None:
    """What is asked in the query is known, or refused: a filter misspelt shall not list everything."""
    asked = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    known = [parameter["name"] for parameter in asked.get("parameters", ()) if parameter["in"] == "query"]
    if unknown := sorted(request.query_params.keys() - set(known)):
        raise CommandError(
            f"`{'`, `'.join(unknown)}` cannot be asked here; there is {', '.join(known) or 'nothing to ask'}"
        )


async def not_understood(_: Request, error: Exception) -> JSONResponse:
    """Every mistake in the form of a request."""
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
    return JSONResponse({"error": "not understood", "message": "; ".join(told)}, status_code=422)


async def told_why(_: Request, error: Exception) -> JSONResponse:
    """What went wrong as an answer: our mistakes 500, those of the client 404, 409 or 422."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    content: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, ConflictError):
        content |= {"expected": error.expected, "found": error.found}
    return JSONResponse(content, status_code=status)


def standing(case: Case, lang: str) -> dict[str, Any]:
    """Where a deal stands."""
    stages = {stage.id: stage.title(lang) or stage.id for stage in case.definition.stages()}
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
        return [{**item, "title": item["title"][lang] or item["id"]} for item in items_to_plain(found)]

    text = CaseText(case.definition, language=lang)
    actions = [
        {
            "kind": action.kind,
            "subject": action.subject,
            "option": action.option or None,
            "allowed": action.allowed,
            "reasons": [text.sentences.sentence(reason) for reason in action.reasons],
        }
        for action in case.next_actions()
    ]
    return {"missing": items(case.missing()), "owed": items(case.debts()), "actions": actions}


def at_a_glance(row: CaseRow, at: datetime) -> dict[str, Any]:
    """A deal in a list."""
    plain: dict[str, Any] = jsonable_encoder(attrs.asdict(row))
    return {"deal": plain.pop("case"), **plain, "overdue": row.overdue_at(at)}


def main() -> None:
    """Serves until it is stopped."""
    import uvicorn

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="sqlite:///deals.db", help="where the deals are [sqlite:///deals.db]")
    parser.add_argument("--process", action="append", help="a process deals may be of [project-sales]")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    try:
        app = create_app(given.store, processes=given.process or ("project-sales",))
        Store(given.store).close()  # here, where a mistake can still be told in a line
    except (StagegateError, OSError, ImportError) as error:
        parser.exit(2, f"{parser.prog}: {str(error).splitlines()[0]}\n")
    uvicorn.run(app, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
