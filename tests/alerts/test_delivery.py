"""The delivery loop: what follows from an attempt, and that no endpoint, database or clock holds up or doubles others."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

import pytest

from alerts import delivery
from alerts.channels import (
    Attempt,
    NotNowError,
    NotReadyError,
    Receipt,
    RefusedError,
    Target,
    open_channels,
    parse_target,
)
from alerts.delivery import DeliveryLoop, addresses, resolve
from alerts.outbox import Outcome
from alerts.render import Message
from alerts.retries import SCHEDULE, decide
from alerts.settings import Settings
from alerts.store import Store, migrate
from deploy.receive import Failing, Received, Receiver
from streams.errors import TemporaryError
from tests.factories import an_alert
from tests.fakes import MemoryOutbox, until

NOW = datetime(2023, 9, 5, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_schedule_is_ten_attempts_in_75_hours_and_a_half() -> None:
    assert len(SCHEDULE) == 10
    assert 75.5 * HOUR < sum(SCHEDULE, timedelta()) < 75.7 * HOUR


@pytest.mark.parametrize(
    ("attempts", "result", "chance", "state", "wait"),
    [
        (1, Receipt("200 OK", 200), 0.5, "delivered", None),
        (1, NotNowError("503"), 0.5, "waiting", timedelta(seconds=5)),
        (1, NotNowError("503"), 0.0, "waiting", timedelta(seconds=4)),
        (1, NotNowError("503"), 1.0, "waiting", timedelta(seconds=6)),
        (2, NotNowError("503"), 0.5, "waiting", timedelta(minutes=5)),
        (9, TemporaryError("503"), 0.5, "waiting", 24 * HOUR),
        (10, NotNowError("503", after=HOUR), 0.5, "failed", None),
        (1, NotNowError("429", after=timedelta(minutes=10)), 0.5, "waiting", timedelta(minutes=10)),
        (5, NotNowError("429", after=timedelta(minutes=10)), 0.5, "waiting", 5 * HOUR),
        (1, NotNowError("429", after=timedelta(days=400)), 0.5, "waiting", 24 * HOUR),
        (1, RefusedError("410 Gone", status=410), 0.5, "failed", None),
        (1, ZeroDivisionError("oh"), 0.5, "waiting", timedelta(seconds=5)),
        (0, NotReadyError("no mail server"), 0.5, "waiting", timedelta(seconds=30)),
    ],
)
def test_decide(attempts: int, result: Receipt | Exception, chance: float, state: str, wait: timedelta | None) -> None:
    outcome = decide(attempts, result, NOW, 0.1, chance)
    assert outcome.state == state
    assert outcome.next_attempt == (None if wait is None else NOW + wait)
    assert outcome.attempted is not isinstance(result, NotReadyError)


@pytest.mark.parametrize(("age", "wait"), [(0, 30), (3600, 360), (10**7, 3600)])
def test_what_is_not_set_up_is_looked_at_less_often_with_age(age: int, wait: int) -> None:
    outcome = decide(0, NotReadyError("no mail server"), NOW, 0.0, 0.5, timedelta(seconds=age))
    assert outcome.next_attempt == NOW + timedelta(seconds=wait)


def test_answers_are_kept_as_one_line() -> None:
    outcome = decide(1, NotNowError("503\r\nServer: x\x1b[31m" + "y" * 900, status=503), NOW, 0.1, 0.5)
    assert outcome.answer.startswith("503 Server: x [31m")
    assert len(outcome.answer) == 500
    assert outcome.status == 503


class Post(Target):
    """A test's target: a name, or several."""

    to: tuple[str, ...]

    def recipients(self) -> tuple[str, ...]:
        return self.to if len(self.to) > 1 else ()

    def only(self, recipient: str) -> Self | None:
        return self.model_copy(update={"to": (recipient,)}) if recipient in self.to else None


@dataclass(frozen=True)
class Defined:
    kind: str
    target: Target


@dataclass
class Directory:
    channels: dict[str, Defined] = field(default_factory=dict)

    def channel(self, name: str) -> Defined | None:
        return self.channels.get(name)


def test_each_recipient_has_a_delivery_and_is_found_again() -> None:
    directory = Directory({"desk": Defined("post", Post(to=("a",))), "trade": Defined("post", Post(to=("b", "c")))})
    names = addresses(("desk", "trade", "gone", "desk"), directory)
    assert names == ("desk", "trade <b>", "trade <c>", "gone")
    assert [resolve(name, directory) for name in names] == [
        ("post", Post(to=("a",))),
        ("post", Post(to=("b",))),
        ("post", Post(to=("c",))),
        None,
    ]
    assert resolve("trade <d>", directory) is None


Behaviour = Callable[[str, Attempt], Receipt | Exception | None]


class Carrier:
    """A channel that answers as a test says; None hangs until it is cancelled."""

    kind: ClassVar[str] = "post"
    Target: ClassVar[type[Post]] = Post

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.sent: list[tuple[str, Attempt, bytes]] = []
        self.hanging: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.closed = False

    @classmethod
    def open(cls, settings: Settings) -> Self:
        raise AssertionError("tests make it themselves")

    async def send(self, message: Message, target: Post, attempt: Attempt) -> Receipt:
        name = target.to[0]
        self.sent.append((name, attempt, message.payload))
        self.hanging[name] += 1
        self.most[name] = max(self.most[name], self.hanging[name])
        try:
            result = self.behave(name, attempt)
            if result is None:
                await asyncio.Event().wait()
        finally:
            self.hanging[name] -= 1
        if isinstance(result, Receipt):
            return result
        assert result is not None
        raise result

    async def aclose(self) -> None:
        self.closed = True

    def to(self, name: str) -> list[tuple[Attempt, bytes]]:
        return [(attempt, body) for sent, attempt, body in self.sent if sent == name]


@dataclass
class Bench:
    """A running loop with a clock that tests turn."""

    outbox: MemoryOutbox
    loop: DeliveryLoop
    directory: Directory
    stopping: asyncio.Event
    now: datetime = NOW

    def put(self, channel: str, number: int = 0) -> str:
        delivery_id = self.outbox.add(an_alert(id=f"al_{number}"), channel, self.now)
        self.loop.wake()
        return delivery_id

    def turn(self, by: timedelta) -> None:
        self.now += by
        self.loop.wake()

    async def outcomes(self, delivery_id: str, number: int = 1) -> list[Outcome]:
        """Wait until a delivery has so many outcomes."""
        await until(lambda: len(self.outbox.outcomes(delivery_id)) >= number, 30)
        return self.outbox.outcomes(delivery_id)


@contextlib.asynccontextmanager
async def running(carrier: Carrier, **limits: float) -> AsyncIterator[Bench]:
    """A loop over channels `a` … `d` of the carrier."""
    directory = Directory({name: Defined("post", Post(to=(name,))) for name in "abcd"})
    settings = Settings.model_validate({"delivery": {"timeout": 5, "concurrency": 8, "per_endpoint": 2} | limits})
    outbox, stopping = MemoryOutbox(), asyncio.Event()
    bench: Bench
    loop = DeliveryLoop(outbox, directory, {"post": carrier}, settings, lambda: bench.now, lambda: 0.5)
    bench = Bench(outbox, loop, directory, stopping)
    task = asyncio.create_task(loop.run(stopping))
    try:
        yield bench
    finally:
        stopping.set()
        await asyncio.wait_for(task, 30)


def ok(_name: str, _attempt: Attempt) -> Receipt:
    return Receipt("200 OK", 200)


async def test_what_is_due_is_delivered_once() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:
        delivery_id = bench.put("a")
        [outcome] = await bench.outcomes(delivery_id)
        assert (outcome.state, outcome.status, outcome.answer) == ("delivered", 200, "200 OK")
        bench.turn(timedelta(days=30))
        await asyncio.sleep(0.05)
    assert len(carrier.sent) == 1
    assert carrier.closed


async def test_refused_deliveries_are_tried_by_the_schedule_with_one_id_and_one_body_until_they_fail() -> None:
    carrier = Carrier(lambda _name, _attempt: NotNowError("503 Service Unavailable", status=503))
    async with running(carrier) as bench:
        delivery_id = bench.put("a")
        for number in range(1, 11):
            outcomes = await bench.outcomes(delivery_id, number)
            bench.turn(timedelta(hours=24))
        assert [o.state for o in outcomes] == ["waiting"] * 9 + ["failed"]
        waits = [o.next_attempt - o.at for o in outcomes if o.next_attempt]
        assert tuple(waits) == SCHEDULE[1:]
        await asyncio.sleep(0.05)
    attempts = carrier.to("a")
    assert [attempt.number for attempt, _body in attempts] == list(range(1, 11))
    assert {attempt.id for attempt, _body in attempts} == {delivery_id}
    assert len({body for _attempt, body in attempts}) == 1


async def test_a_dead_endpoint_with_a_long_queue_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "WIND_UP_SECONDS", 0.1)
    carrier = Carrier(lambda name, _attempt: None if name == "a" else Receipt("200 OK", 200))
    async with running(carrier, timeout=30) as bench:
        dead = [bench.put("a", number) for number in range(50)]
        await until(lambda: carrier.hanging["a"] == 2)
        others = [bench.put(name, number) for number in range(20) for name in "bc"]
        for delivery_id in others:
            await bench.outcomes(delivery_id)
        assert [bench.outbox.outcomes(delivery_id) for delivery_id in dead] == [[]] * 50, "no attempt at it has ended"
        assert carrier.most["a"] == 2


async def test_an_endpoint_that_failed_is_asked_once_at_a_time_until_it_answers() -> None:
    carrier = Carrier(lambda _name, _attempt: NotNowError("503"))
    async with running(carrier, per_endpoint=4, timeout=0.5) as bench:
        await bench.outcomes(bench.put("a", 0))
        carrier.behave, carrier.most = lambda _name, _attempt: None, Counter()
        for number in range(1, 9):
            bench.put("a", number)
        await until(lambda: carrier.hanging["a"] == 1)
        await asyncio.sleep(0.1)
        assert carrier.most["a"] == 1


async def test_one_kind_of_channel_leaves_room_for_others() -> None:
    hanging, quick = Carrier(lambda _name, _attempt: None), Carrier(ok)
    async with running(quick, timeout=1) as bench:
        bench.loop._channels = {"post": quick, "mail": hanging}
        for number in range(20):
            bench.directory.channels[f"reader-{number}"] = Defined("mail", Post(to=(f"{number}",)))
            bench.put(f"reader-{number}")
        await until(lambda: len(hanging.sent) >= 6)
        await bench.outcomes(bench.put("b"))
        assert len(hanging.sent) == 6  # three quarters of eight
        crowded = [row for row in bench.outbox.rows.values() if row.outcomes and not row.outcomes[0].attempted]
        assert "waits for its turn" in crowded[0].outcomes[0].answer


async def test_an_attempt_that_hangs_ends_at_the_limit() -> None:
    async with running(Carrier(lambda _name, _attempt: None), timeout=0.1) as bench:
        [outcome] = await bench.outcomes(bench.put("a"))
        assert (outcome.state, outcome.answer) == ("waiting", "no answer within 0.1 s")


async def test_a_channel_that_breaks_is_counted_as_a_failed_attempt_and_others_go_on() -> None:
    carrier = Carrier(lambda name, _attempt: ValueError("bug") if name == "a" else Receipt("200 OK", 200))
    async with running(carrier) as bench:
        broken, well = bench.put("a"), bench.put("b")
        [outcome] = await bench.outcomes(broken)
        assert (outcome.state, outcome.answer) == ("waiting", "ValueError: bug")
        assert (await bench.outcomes(well))[0].state == "delivered"


async def test_a_channel_that_nobody_defines_waits_and_says_so_until_it_is() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:
        delivery_id = bench.put("late")
        [outcome] = await bench.outcomes(delivery_id)
        assert (outcome.state, outcome.attempted) == ("waiting", False)
        assert "there is no channel 'late'" in outcome.answer
        bench.directory.channels["late"] = Defined("post", Post(to=("late",)))
        bench.turn(timedelta(minutes=1))
        assert (await bench.outcomes(delivery_id, 2))[1].state == "delivered"
    assert [attempt.number for attempt, _body in carrier.to("late")] == [1]


async def test_while_the_database_is_away_the_outcome_is_kept_and_nothing_is_sent_again() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:

        def cut(_name: str, _attempt: Attempt) -> Receipt:
            bench.outbox.away = True
            return Receipt("200 OK", 200)

        carrier.behave = cut
        delivery_id = bench.put("a")
        await until(lambda: bench.loop.trouble() is not None)
        assert bench.loop.trouble() == "outcomes cannot be recorded: the database does not answer"
        bench.turn(timedelta(minutes=2))  # the lease has ended meanwhile
        carrier.behave = ok
        bench.outbox.away = False
        assert [o.state for o in await bench.outcomes(delivery_id)] == ["delivered"]
        await bench.outcomes(bench.put("b"))
        assert bench.loop.trouble() is None
    assert len(carrier.to("a")) == 1


async def test_a_database_that_is_away_at_the_start_is_waited_for() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:
        bench.outbox.away = True
        bench.loop.wake()
        await until(lambda: bench.loop.trouble() is not None)
        assert "the outbox cannot be read" in (bench.loop.trouble() or "")
        bench.outbox.away = False
        await bench.outcomes(bench.put("a"))


async def test_a_process_that_was_frozen_beyond_its_lease_does_not_send() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:
        lease_due = bench.outbox.lease_due

        async def frozen(now: datetime, *rest: object) -> list[delivery.Delivery]:
            leased = await lease_due(now, *rest)  # type: ignore[arg-type]
            if leased and not carrier.sent and bench.now == NOW:
                bench.now += HOUR  # SIGSTOP right after the lease, SIGCONT an hour later
            return leased

        bench.outbox.lease_due = frozen  # type: ignore[method-assign]
        [outcome] = await bench.outcomes(bench.put("a"))
        assert outcome.at == NOW + HOUR
    assert len(carrier.sent) == 1


async def test_an_outcome_under_a_lost_lease_changes_nothing() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:

        def lose(_name: str, _attempt: Attempt) -> Receipt:
            row = bench.outbox.rows[delivery_id]
            row.delivery = delivery.Delivery(delivery_id, "al_0", "a", 0, NOW, an_alert(), row.delivery.lease + 1)
            row.leased_until = NOW + HOUR
            return Receipt("200 OK", 200)

        carrier.behave = lose
        delivery_id = bench.put("a")
        await until(lambda: carrier.sent != [] and carrier.hanging["a"] == 0)
        await asyncio.sleep(0.1)
        assert bench.outbox.outcomes(delivery_id) == []
        assert bench.outbox.rows[delivery_id].state == "waiting"


async def test_at_the_stop_what_is_under_way_ends_and_nothing_new_begins() -> None:
    begun, release = asyncio.Event(), asyncio.Event()
    carrier = Carrier(ok)
    send = carrier.send

    async def slow(message: Message, target: Post, attempt: Attempt) -> Receipt:
        begun.set()
        await release.wait()
        return await send(message, target, attempt)

    carrier.send = slow  # type: ignore[method-assign]
    async with running(carrier, timeout=5) as bench:
        first = bench.put("a")
        await asyncio.wait_for(begun.wait(), 10)
        bench.stopping.set()
        await asyncio.sleep(0.05)
        late = bench.put("b")
        release.set()
    assert [o.state for o in bench.outbox.outcomes(first)] == ["delivered"]
    assert bench.outbox.outcomes(late) == []


async def test_at_the_stop_what_hangs_is_left_to_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "WIND_UP_SECONDS", 0.1)
    carrier = Carrier(lambda _name, _attempt: None)
    async with running(carrier, timeout=30) as bench:
        delivery_id = bench.put("a")
        await until(lambda: carrier.hanging["a"] == 1)
    row = bench.outbox.rows[delivery_id]
    assert (row.state, row.outcomes) == ("waiting", [])
    assert row.leased_until == NOW + timedelta(seconds=40)


async def test_a_process_that_dies_between_sending_and_recording_sends_the_same_again() -> None:
    carrier = Carrier(ok)
    async with running(carrier) as bench:
        record = bench.outbox.record

        async def die(_delivery: delivery.Delivery, _outcome: Outcome) -> bool:
            raise KeyError("killed before the outcome was written")

        bench.outbox.record = die  # type: ignore[method-assign]
        delivery_id = bench.put("a")
        await until(lambda: carrier.sent != [] and carrier.hanging["a"] == 0)
        await asyncio.sleep(0.1)
        assert bench.outbox.outcomes(delivery_id) == []
        bench.outbox.record = record  # type: ignore[method-assign]
        bench.turn(timedelta(minutes=1))
        await bench.outcomes(delivery_id)
    first, second = carrier.to("a")
    assert (first[0].id, first[1]) == (second[0].id, second[1])


SECRET = "whsec_" + "QUFB" * 11


async def test_from_the_store_to_a_real_receiver_and_a_real_mail_server(tmp_path: Path) -> None:
    arrived: list[Received] = []
    now = NOW
    failing = Failing(500, times=1)
    async with Receiver(arrived.append, secrets=(SECRET,), failing=failing, clock=lambda: now).running() as receiver:
        smtp = {"host": "127.0.0.1", "port": receiver.smtp_port, "security": "none"}
        settings = Settings.model_validate({"data_dir": tmp_path, "outbound": {"allow": ["127.0.0.0/8"]}, "smtp": smtp})
        await asyncio.to_thread(migrate, settings)
        store = Store.connect(settings)
        desk = parse_target("webhook", {"url": receiver.url, "secret": SECRET})
        dead = parse_target("webhook", {"url": "http://127.0.0.1:1024/"})
        readers = parse_target("email", {"to": ["a@example.org", "b@example.org"]})
        defined = {
            "desk": Defined("webhook", desk),
            "dead": Defined("webhook", dead),
            "mail": Defined("email", readers),
        }
        names = addresses(defined, Directory(defined))
        loop = DeliveryLoop(store, Directory(defined), open_channels(settings), settings, lambda: now, lambda: 0.5)
        stopping = asyncio.Event()
        task = asyncio.create_task(loop.run(stopping))
        alert = an_alert()
        await store.put_alert(alert, names, now)
        await store.enqueue(alert.id, names, now)
        for wanted in ((3, {"waiting": 2, "delivered": 2}), (4, {"waiting": 1, "delivered": 3})):
            loop.wake()
            for _ in range(500):
                if (len(arrived), await store.counts()) == wanted:
                    break
                await asyncio.sleep(0.01)
            assert (len(arrived), await store.counts()) == wanted
            now += timedelta(seconds=6)
        stopping.set()
        await asyncio.wait_for(task, 10)
        record = await store.alert_record(alert.id)
        await store.aclose()
    assert record is not None
    told = {one.channel: (one.state, one.answer) for one in record.deliveries}
    assert told["desk"][0] == told["mail <a@example.org>"][0] == told["mail <b@example.org>"][0] == "delivered"
    assert told["dead"][0] == "waiting"
    assert "127.0.0.1 does not answer on port 1024" in told["dead"][1]
    seen = Counter((one.kind, one.id) for one in arrived)
    assert sorted(seen.values()) == [1, 1, 2]
    assert {one.verdict for one in arrived} == {"verified", "mail"}
