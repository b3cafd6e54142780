"""The example service from end to end: over its ASGI face, and as a process of its own on a loopback port."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("sqlalchemy", reason="the extra `store` is not installed")
pytest.importorskip("aiosqlite", reason="the extra `async` is not installed")
pytest.importorskip("greenlet", reason="the extra `async` is not installed")
pytest.importorskip("fastapi", reason="`fastapi` is not installed")
pytest.importorskip("httpx", reason="`httpx` is not installed")

import httpx

from stagegate.engine.commands import KINDS
from stagegate.errors import ConflictError
from stagegate.store import Store

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "examples" / "crm_service.py"
Capsys = pytest.CaptureFixture[str]
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class World:
    """The service in this process: a client, a clock that is turned by hand, and what the listener heard."""

    def __init__(self, url: str) -> None:
        spec = importlib.util.spec_from_file_location("crm_service", SERVICE)
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        sys.modules["crm_service"] = self.module  # FastAPI looks its annotations up there
        spec.loader.exec_module(self.module)
        self.processes = ["project-sales"]
        self.now = MONDAY
        self.heard: list[dict[str, Any]] = []
        self.url = url

    def clock(self) -> datetime:
        return self.now

    async def listen(self, event: dict[str, Any]) -> None:
        self.heard.append(event)

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncGenerator[httpx.AsyncClient]:
        app = self.app = self.module.create_app(
            self.url, processes=self.processes, clock=self.clock, listener=self.listen, every=timedelta(milliseconds=5)
        )
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://crm", headers=headers) as client,
        ):
            yield client

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits for the worker, which runs beside."""
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.005)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(f"sqlite:///{tmp_path}/deals.db")


def played(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def test_a_deal_is_opened_told_and_asked(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            opened = await client.post("/deals", json={"id": "ACME-42", "by": "li.wei"})
            assert (opened.status_code, opened.json()["seq"]) == (201, 1)

            meet = {"kind": "meet", "subject": "interest_aroused", "by": "li.wei"}
            key = {"Idempotency-Key": "mail-1"}
            first = await client.post("/deals/ACME-42/commands", json=meet, headers=key)
            again = await client.post("/deals/ACME-42/commands", json=meet, headers=key)
            assert first.status_code == again.status_code == 200
            assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
            assert (
                first.json()["events"] == again.json()["events"] == [{"kind": "entered", "subject": "plan_and_invite"}]
            )
            assert again.json()["seq"] == 2

            asked = (await client.get("/deals/ACME-42")).json()
            assert asked["why_not_further"]["missing"][0]["id"] == "meeting_time_fixed"
            assert asked["position"]["title"] == "Customer planning and telephone invitation"
            chinese = (
                await client.get("/deals/ACME-42", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
            ).json()
            assert chinese["why_not_further"]["missing"][0]["title"] == "确定见面时间"

    played(story())
    with Store(world.url) as store:
        assert [entry["command"]["kind"] for entry in store.journal("ACME-42")] == ["open", "meet"]
        assert list(store.verify()) == []


def test_a_refusal_names_every_reason_in_the_language_asked_for(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            end = {"kind": "end", "subject": "lost"}
            english = await client.post("/deals/A/commands", json=end, headers={"Accept-Language": "fr, en;q=0.5"})
            chinese = await client.post("/deals/A/commands", json=end, headers={"Accept-Language": "en;q=0.1, zh"})
            assert english.status_code == chinese.status_code == 409
            assert [r["code"] for r in english.json()["reasons"]] == ["reason_required"]
            assert "reason" in english.json()["reasons"][0]["message"]
            assert "须说明原因" in chinese.json()["reasons"][0]["message"]
            reused = {"Idempotency-Key": "k"}
            await client.post("/deals/A/commands", json={"kind": "hold"}, headers=reused)
            other = await client.post("/deals/A/commands", json={"kind": "resume"}, headers=reused)
            assert (other.status_code, other.json()["reasons"][0]["code"]) == (409, "key_reused")

    played(story())


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/deals", {"id": "A"}, 409, "there is a case `A` already"),
        ("/deals", {"id": ""}, 422, "`case` is the id of a case, 1 to 256 printable characters, not ''"),
        ("/deals", {"id": "B", "process": "/etc/passwd"}, 422, "no process `/etc/passwd`; there are project-sales"),
        ("/deals", {"id": "B", "at_stage": "nowhere"}, 422, "the process has no stage `nowhere`"),
        ("/deals", {"id": "A/B"}, 422, "it has no `/`"),
        ("/deals", {"id": ".."}, 422, "and is not `.` or `..`"),
        (
            "/deals",
            {"id": 3, "skipped": "no"},
            422,
            "body.id: Input should be a valid string; body.skipped: Input should be 'd",
        ),
        (
            "/deals",
            {"id": "B", "at": "2020-01-01"},
            422,
            "`at` is not known here, only id, process, at_stage, skipped, by; the",
        ),
        ("/deals", {}, 422, "body.id: Field required"),
        ("/deals", ["B"], 422, "a JSON object is wanted, with `Content-Type: application/json`"),
        ("/deals/B/commands", {"kind": "hold"}, 404, "there is no case `B`"),
        ("/deals/A/commands", {"kind": "meet", "subject": "interest_arosed"}, 422, "did you mean `interest_aroused`?"),
        ("/deals/A/commands", {"kind": "meet"}, 422, "no criterion is named"),
        ("/deals/A/commands", {"kind": "dance"}, 422, "body.kind: Input should be 'meet', 'retract', "),
        ("/deals/A/commands", {"kind": "open"}, 422, "body.kind: Input should be 'meet', 'retract', "),
        ("/deals/A/commands", {"kind": "migrate"}, 422, "body.kind: Input should be 'meet', 'retract', "),
        ("/deals/A/commands", {}, 422, "body.kind: Field required"),
        (
            "/deals/A/commands",
            {"kind": 1, "by": 2, "args": []},
            422,
            "body.args: Input should be a valid dictionary; body.by: ",
        ),
        (
            "/deals/A/commands",
            {"kind": "hold", "key": "k", "at": "2020-01-01T00:00:00Z"},
            422,
            "`at`, `key` is not known here",
        ),
        (
            "/deals/A/commands",
            {"kind": "hold", "args": {"till": "x"}},
            422,
            "`hold` has no argument `till`; it takes until",
        ),
        (
            "/deals/A/commands",
            {"kind": "hold", "args": {"until": "x"}},
            422,
            "not a time such as 2026-03-02T09:00:00+08:00",
        ),
        (
            "/deals/A/commands",
            {"kind": "hold", "happened": "2020-01-01"},
            422,
            "body.happened: Input should have timezone info",
        ),
        ("/deals/A/commands", {"kind": "set_facts"}, 422, "`set_facts` needs `facts`"),
        (
            "/deals/A/commands?dry_run=true",
            {"kind": "hold"},
            422,
            "`dry_run` cannot be asked here; there is nothing to ask",
        ),
    ],
)
def test_what_cannot_be_done(world: World, path: str, body: Any, status: int, told: str) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            answer = await client.post(path, json=body)
            assert (answer.status_code, told in answer.json()["message"]) == (status, True), answer.json()
            assert (await client.get("/deals/A")).json()["seq"] == 1

    played(story())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "body: Field required"),
        (b"{", "JSON decode error"),
        (b'{"kind": "set_facts", "args": {"facts": {"budget": NaN}}}', "not JSON compliant"),
        (b'{"kind": "hold", "note": "\\ud800"}', "surrogates not allowed"),
    ],
)
def test_what_is_no_json_is_refused(world: World, body: bytes, told: str) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            json = {"Content-Type": "application/json"}
            answer = await client.post("/deals/A/commands", content=body, headers=json)
            assert (answer.status_code, told in answer.json()["message"]) == (422, True), answer.json()
            untyped = await client.post("/deals/A/commands", content=b'{"kind": "hold"}')
            assert (untyped.status_code, "`Content-Type: application/json`" in untyped.json()["message"]) == (422, True)

    played(story())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "/deals?overdu=true",
            "`overdu` cannot be asked here; there is process, stage, ended, behind, overdue, limit, after",
        ),
        ("/deals?overdue=perhaps", "query.overdue: Input should be a valid boolean"),
        ("/deals?limit=0", "`limit` is a whole number from 1 to 1,000, not 0"),
        ("/deals?limit=-1", "`limit` is a whole number from 1 to 1,000, not -1"),
        ("/deals?limit=1000000000", "`limit` is a whole number from 1 to 1,000, not 1000000000"),
        ("/deals/A?lang=zh", "`lang` cannot be asked here"),
    ],
)
def test_what_cannot_be_asked(world: World, path: str, told: str) -> None:
    async def story() -> None:
        async with world.client() as client:
            answer = await client.get(path)
            assert (answer.status_code, told in answer.json()["message"]) == (422, True), answer.json()

    played(story())


def test_an_id_that_was_taken_works_in_every_route(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            for deal in (
                "a b",
                " ",
                "a%2Fb",
                "%",
                "a?b#c",
                "a&b=c+d;e",
                "a\\b",
                "a\"b'c",
                "...",
                "客户",
                "😀",
                "journal",
                "commands",
            ):
                path = f"/deals/{quote(deal, safe='')}"
                assert (await client.post("/deals", json={"id": deal})).status_code == 201
                assert (await client.post(f"{path}/commands", json={"kind": "hold"})).json()["seq"] == 2
                assert (await client.get(path)).json()["deal"] == deal
                journal = (await client.get(f"{path}/journal")).json()
                assert [(entry["case"], entry["command"]["kind"]) for entry in journal] == [
                    (deal, "open"),
                    (deal, "hold"),
                ]
                listed = (await client.get("/deals", params={"after": deal, "limit": 1})).json()
                assert all(row["deal"] > deal for row in listed["deals"])

    played(story())


def test_a_conflict_that_stays_is_told_with_both_numbers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})

            async def busy(*_: object, **__: object) -> None:
                raise ConflictError("A", 1, 3)

            monkeypatch.setattr(type(world.app.state.store), "on", busy)
            answer = await client.post("/deals/A/commands", json={"kind": "hold"})
            assert (answer.status_code, answer.json()["expected"], answer.json()["found"]) == (409, 1, 3)

    played(story())


def test_clients_that_speak_at_once_lose_nothing(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            told = [{"kind": "set_facts", "args": {"facts": {"budget": 1000 + n}}} for n in range(8)]
            answers = await asyncio.gather(*(client.post("/deals/A/commands", json=each) for each in told))
            assert [a.status_code for a in answers] == [200] * 8, [a.json() for a in answers]
            assert (await client.get("/deals/A")).json()["seq"] == 9

    played(story())


def test_clients_that_speak_at_once_are_told_in_the_order_of_their_turns(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    monkeypatch.setattr(world, "clock", lambda: MONDAY + next(ticks) * timedelta(seconds=1))  # no two at the same time

    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            told = [{"kind": "set_facts", "args": {"facts": {"budget": 1000 + n}}} for n in range(20)]
            answers = await asyncio.gather(*(client.post("/deals/A/commands", json=each) for each in told))
            assert [a.status_code for a in answers] == [200] * 20, [a.json() for a in answers]
            assert sorted(a.json()["seq"] for a in answers) == list(range(2, 22))

    played(story())


def test_a_command_that_is_told_twice_at_once_is_done_once(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            await client.post("/deals", json={"id": "A"})
            meet = {"kind": "meet", "subject": "interest_aroused"}
            key = {"Idempotency-Key": "mail-1"}
            answers = await asyncio.gather(
                *(client.post("/deals/A/commands", json=meet, headers=key) for _ in range(8))
            )
            assert [a.status_code for a in answers] == [200] * 8, [a.json() for a in answers]
            told = [(a.json()["seq"], a.json()["events"]) for a in answers]
            assert told == [(2, [{"kind": "entered", "subject": "plan_and_invite"}])] * 8
            assert sorted(a.json()["repeated"] for a in answers) == [False] + [True] * 7

    played(story())


def test_what_is_behind_or_overdue_is_listed_and_told(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            for deal in ("A", "B", "C"):
                await client.post("/deals", json={"id": deal, "at_stage": "plan_and_invite"})
            observe = {"kind": "observe", "subject": "tender_screening", "args": {"source": "visit"}}
            assert (await client.post("/deals/B/commands", json=observe)).status_code == 200
            behind = (await client.get("/deals", params={"behind": True})).json()
            assert [(row["deal"], row["gap_state"]) for row in behind["deals"]] == [("B", "behind")]
            assert (await client.get("/deals", params={"overdue": True})).json()["deals"] == []
            assert [row["overdue"] for row in (await client.get("/deals")).json()["deals"]] == [False] * 3

            world.now += timedelta(days=60)
            overdue = (await client.get("/deals", params={"overdue": True, "limit": 2})).json()
            assert ([row["deal"] for row in overdue["deals"]], overdue["after"]) == (["A", "B"], "B")
            assert all(row["overdue"] for row in overdue["deals"])
            rest = (await client.get("/deals", params={"overdue": True, "limit": 2, "after": "B"})).json()
            assert ([row["deal"] for row in rest["deals"]], rest["after"]) == (["C"], None)

            def told() -> set[tuple[str, str]]:
                return {(event["subject"], event["type"]) for event in world.heard}

            wanted = {(deal, "stagegate.case.overdue.v1") for deal in "ABC"} | {("B", "stagegate.case.gap_changed.v1")}
            await world.until(lambda: wanted <= told())
            assert len({event["id"] for event in world.heard}) == len(world.heard)
            assert all(event["specversion"] == "1.0" for event in world.heard)

    played(story())


def test_what_has_ended_is_listed_when_asked_for(world: World) -> None:
    async def story() -> None:
        async with world.client() as client:
            for deal in ("A", "B"):
                await client.post("/deals", json={"id": deal, "at_stage": "plan_and_invite"})
            lost = {"kind": "end", "subject": "lost", "args": {"reason": "price_too_high"}}
            assert (await client.post("/deals/A/commands", json=lost)).json()["ended"] == "lost"
            assert [row["deal"] for row in (await client.get("/deals")).json()["deals"]] == ["B"]
            assert [row["deal"] for row in (await client.get("/deals", params={"ended": True})).json()["deals"]] == [
                "A"
            ]

    played(story())


def test_what_has_no_title_goes_by_its_id(world: World, tmp_path: Path) -> None:
    (tmp_path / "mini.yaml").write_text(
        "stagegate: 1\nprocess: mini\nversion: 1.0.0\n"
        "tracks: [{id: selling, stages: [{id: call, exit_criteria: [{id: agreed}]}]}]\n"
    )
    world.processes = [str(tmp_path / "mini.yaml")]

    async def story() -> None:
        async with world.client() as client:
            assert (await client.post("/deals", json={"id": "A"})).json()["process"] == "mini"  # the first offered
            for lang in ("en", "zh"):
                asked = (await client.get("/deals/A", headers={"Accept-Language": lang})).json()
                assert asked["position"]["title"] == "call"
                assert [item["title"] for item in asked["why_not_further"]["missing"]] == ["agreed"]

    played(story())


def test_every_command_of_a_running_case_is_taken(world: World) -> None:
    kinds = set(world.module.Told.model_json_schema()["properties"]["kind"]["enum"])
    assert kinds == set(KINDS) - {"open"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--process", "nope.yaml"], "/nope.yaml; check the path"),
        (["--process", "nope"], "no bundled process is named `nope`"),
        (["--process", "bad.yaml"], "bad.yaml:3:1: "),
        (["--store", "deals.db"], "did you mean `sqlite:///deals.db`?"),
        (["--store", "postgresql://host:port/deals"], "is not the URL of a database"),
        (["--store", "sqlite:///nowhere/deals.db"], "unable to open database file"),
    ],
)
def test_it_does_not_start_on_a_mistake(
    world: World, options: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    pytest.importorskip("uvicorn", reason="`uvicorn` is not installed")
    (tmp_path / "bad.yaml").write_text("stagegate: 1\nprocess: [\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["crm_service.py", *options])
    with pytest.raises(SystemExit) as stopped:
        world.module.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert (stopped.value.code, told in line) == (2, True), line


def test_it_serves_as_a_process_of_its_own_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="`uvicorn` is not installed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}

    def served(story: Callable[[httpx.Client], None]) -> None:
        command = [sys.executable, str(SERVICE), "--port", "0", "--store", "sqlite:///deals.db"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            try:
                assert process.stderr is not None
                said = []
                for line in process.stderr:
                    said.append(line)
                    if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                        break
                else:
                    pytest.fail("".join(said))
                with httpx.Client(base_url=found[1], trust_env=False, timeout=30) as client:
                    story(client)
            finally:
                process.terminate()
                process.communicate(timeout=30)

    def first(client: httpx.Client) -> None:
        assert client.post("/deals", json={"id": "ACME"}).status_code == 201
        told = client.post("/deals/ACME/commands", json={"kind": "meet", "subject": "interest_aroused"})
        assert told.json()["position"]["stage"] == "plan_and_invite"

    def second(client: httpx.Client) -> None:
        assert client.get("/deals/ACME").json()["position"]["stage"] == "plan_and_invite"
        assert [row["deal"] for row in client.get("/deals").json()["deals"]] == ["ACME"]

    served(first)
    served(second)
