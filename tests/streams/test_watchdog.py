"""The watchdog's judgement, by what it sees and for how long; and that it ends the process."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from streams.watchdog import Judge, Patience, Progress, Sight, Watchdog, look

PATIENCE = Patience(heartbeat=60, start=60, crash=15, rebalance=180, commit=300)
WELL = Sight(consuming=True, partitions={("articles", 0): Progress(end=10, position=10, committed=10)})
BEHIND = replace(WELL, partitions={("articles", 0): Progress(end=20, position=20, committed=10)})


def judged(sights: list[tuple[float, Sight]], heartbeat_age: float = 0.0) -> list[tuple[float, str]]:
    judge = Judge(PATIENCE, began=0.0)
    verdicts = ((now, judge.verdict(sight, now - heartbeat_age, now)) for now, sight in sights)
    return [(now, verdict) for now, verdict in verdicts if verdict is not None]


@pytest.mark.parametrize(
    ("sight", "seconds", "reason"),
    [
        pytest.param(replace(WELL, crashed="boom"), 15, "Faust crashed", id="crashed"),
        pytest.param(Sight(), 60, "the consumer did not start", id="never started"),
        pytest.param(replace(WELL, rebalancing=True), 180, "a rebalance lasts", id="rebalance"),
        pytest.param(BEHIND, 300, "articles:0 is 10 records behind and nothing was committed", id="stuck"),
        pytest.param(replace(WELL, unacknowledged=3), 300, "3 records are in hand", id="held"),
    ],
)
def test_a_condition_is_borne_for_its_time_and_no_longer(sight: Sight, seconds: int, reason: str):
    every_second = [(float(now), sight) for now in range(seconds + 10)]
    first, verdict = judged(every_second)[0]
    assert seconds < first <= seconds + 2
    assert reason in verdict


@pytest.mark.parametrize(
    ("sight", "reason"),
    [
        pytest.param(
            replace(WELL, parked_error="UnknownMemberId"), "coordination failed: UnknownMemberId", id="parked"
        ),
        pytest.param(replace(WELL, coordinating=False), "coordination has ended", id="ended"),
    ],
)
def test_what_aiokafka_parks_for_a_poll_that_never_comes_is_seen_at_once(sight: Sight, reason: str):
    assert reason in judged([(1.0, sight)])[0][1]


def test_an_event_loop_that_does_not_turn_is_seen():
    assert judged([(100.0, WELL)], heartbeat_age=59) == []
    assert "has not turned for 61 s" in judged([(100.0, WELL)], heartbeat_age=61)[0][1]


def test_steady_progress_is_left_alone_however_large_the_backlog():
    def at(now: int) -> Sight:
        progress = Progress(end=1_000_000, position=now * 10, committed=now * 10)
        return replace(WELL, partitions={("articles", 0): progress})

    assert judged([(float(now), at(now)) for now in range(2_000)]) == []


def test_an_idle_or_standby_worker_is_left_alone():
    standby = replace(WELL, partitions={})
    assert judged([(float(now), WELL) for now in range(2_000)]) == []
    assert judged([(float(now), standby) for now in range(2_000)]) == []


def test_one_stuck_partition_is_seen_beside_one_that_moves():
    def at(now: int) -> Sight:
        partitions = {("a", 0): Progress(5, 5, 1), ("a", 1): Progress(9_999, now, now)}
        return replace(WELL, partitions=partitions)

    assert "a:0 is 4 records behind" in judged([(float(now), at(now)) for now in range(310)])[0][1]


def test_expired_records_are_no_lag_before_the_first_commit():
    """A topic whose records all expired: begin is the end, and no group ever committed."""
    sight = replace(WELL, partitions={("a", 0): Progress(end=500, position=500, committed=None)})
    assert judged([(float(now), sight) for now in range(1_000)]) == []
    assert Judge(PATIENCE, 0.0).lag(sight) == {("a", 0): 0}


def test_a_partition_that_comes_back_begins_anew():
    sights = [(float(now), BEHIND) for now in range(290)]
    sights += [(290.0, replace(WELL, partitions={}))]
    sights += [(float(now), BEHIND) for now in range(291, 580)]
    assert judged(sights) == []


def test_it_ends_the_process_once_and_shows_the_lag():
    ended, shown, done = [], [], threading.Event()

    def end(reason: str) -> None:
        ended.append(reason)
        done.set()

    dog = Watchdog(lambda: replace(BEHIND, coordinating=False), lambda: 1e12, PATIENCE, end, shown.append, every=0.01)
    dog.start()
    assert done.wait(5)
    dog._thread.join(5)
    assert not dog._thread.is_alive()
    assert ended == ["the group's coordination has ended"]
    assert shown[-1] == {("articles", 0): 10}


def test_a_look_at_a_changing_dict_is_repeated():
    looks = iter([RuntimeError("dictionary changed size during iteration"), replace(WELL, coordinating=False)])
    done = threading.Event()

    def see() -> Sight:
        seen = next(looks)
        if isinstance(seen, RuntimeError):
            raise seen
        return seen

    dog = Watchdog(see, lambda: 1e12, PATIENCE, lambda _: done.set(), lambda _: None, every=0.01)
    dog.start()
    assert done.wait(5)


def app(**changes: object) -> SimpleNamespace:
    """The private attributes of a Faust app; that the real one has them is proven in test_app."""
    state = SimpleNamespace(highwater=7, _position=5)
    assignment = SimpleNamespace(tps={("articles", 3)}, state_value=lambda _: state)
    coordinator = SimpleNamespace(
        _pending_exception=None, _coordination_task=SimpleNamespace(done=lambda: False), coordinator_id=1
    )
    client = SimpleNamespace(
        _coordinator=coordinator, _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
    )
    consumer = SimpleNamespace(
        _thread=SimpleNamespace(_consumer=client), _unacked_messages={1, 2}, _committed_offset={("articles", 3): 4}
    )
    base = {"crashed": False, "should_stop": False, "crash_reason": None, "rebalancing": False, "_consumer": consumer}
    return SimpleNamespace(**{**base, **changes})


def test_look_reads_what_is_there():
    assert look(app()) == Sight(
        consuming=True, unacknowledged=2, partitions={("articles", 3): Progress(end=7, position=5, committed=4)}
    )
    assert look(app(_consumer=None)) == Sight()
    assert look(app(crashed=True, crash_reason=ValueError("x"))).crashed == "ValueError('x')"
    assert look(app(should_stop=True)).crashed == "it stopped by itself"
    broken = app()
    broken._consumer._thread._consumer._coordinator._pending_exception = KeyError("member")
    assert look(broken).parked_error == "KeyError('member')"
