"""Whatever happens at a bedside, in whatever order: promises that hold after every single event."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nicu_dashboard.domain.alarms.alarm import Alarm, Presence
from nicu_dashboard.domain.alarms.effects import Changed, Effect, Suspended, SuspensionEnded
from nicu_dashboard.domain.alarms.events import Ticked
from nicu_dashboard.domain.alarms.machine import step
from nicu_dashboard.domain.alarms.priority import rank
from nicu_dashboard.domain.alarms.signals import ALL_LOST, NOT_MEASURED, quiet_until
from nicu_dashboard.domain.alarms.transitions import ROWS
from nicu_dashboard.domain.alarms.watch import AUDIO_PAUSE_S, LOST_MS, MAX_PAUSE_S
from nicu_dashboard.domain.limits import Level, Limit, Threshold
from tests.domain.alarms.dialogue import Bedside, Said

HEART_RATES: tuple[Said, ...] = (150, 150, 101, 100, 99, 80, 79, 0, 201, 231, "lead off", "artefact", None)
SATURATIONS: tuple[Said, ...] = (93, 93, 85, 84, 80, 79, 45, 98, "probe off", "artefact", NOT_MEASURED, None)
SCOPES = ("spo2:low", "heart_rate:low", "all")
LIMITS = (
    Limit("spo2", "low", Threshold(70, 5), Threshold(88, 20), off_delay_s=5),
    Limit("spo2", "low", Threshold(80, 10), Threshold(85, 15)),
    Limit("spo2", "low", Threshold(90, 0), None),
)
# Every way a row of the table can go, with and without latching.
WAYS: set[tuple[str, str, str | None]] = {
    (row.before, row.trigger, presence) for row in ROWS for presence in (row.after, row.latching)
}


class Chronicle:
    """What was said of each parameter since it was last known afresh: an account of its own, apart from the machine."""

    def __init__(self) -> None:
        self.said: dict[str, list[tuple[int, Said]]] = {}

    def note(self, at: int, **said: Said) -> None:
        for name, value in said.items():
            if value is not None:
                self.said.setdefault(name, []).append((at, value))

    def start_anew(self, at: int) -> None:
        """A restart or other limits: what was counted before need not count, the last value still does."""
        for history in self.said.values():
            last_at, value = history[-1]
            history[:] = [(at if at - last_at < LOST_MS else last_at, value)]

    def violated_since(self, limit: Limit, levels: Sequence[Level]) -> int | None:
        """The start of the run of valid values that violate it, unbroken by any value within or by a lost signal."""
        since: int | None = None
        for at, value in reversed(self.said.get(limit.parameter, [])):
            if isinstance(value, str) or value is None:
                continue
            if limit.violated_by(value) not in levels or (since is not None and since - at >= LOST_MS):
                break
            since = at
        return since

    def last_valid_at(self, parameter: str) -> int | None:
        valid = [at for at, value in self.said[parameter] if not isinstance(value, str)]
        return valid[-1] if valid else None

    def valid_now(self, parameter: str, now: int) -> bool:
        """Whether the last word was a value, and the signal is not lost since."""
        history = self.said.get(parameter)
        return history is not None and not isinstance(history[-1][1], str) and now - history[-1][0] < LOST_MS


class AnyBedside(RuleBasedStateMachine):
    """Readings, silences, people, faults and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.ward = Bedside(tick_ms=1_000)
        self.chronicle = Chronicle()
        self.checked = 0
        self.presence: dict[int, Presence] = {}
        self.running: dict[tuple[str, str], Suspended] = {}

    @rule(heart_rate=st.sampled_from(HEART_RATES), spo2=st.sampled_from(SATURATIONS), seconds=st.integers(1, 6))
    def reads(self, heart_rate: Said, spo2: Said, seconds: int) -> None:
        for _ in range(seconds):
            self.chronicle.note(self.ward.at, heart_rate=heart_rate, spo2=spo2)
            self.ward.reads(heart_rate=heart_rate, spo2=spo2)
            self.ward.silence(1)

    @rule(seconds=st.sampled_from((1, 3, 5, 10, 30, 90)))
    def silence(self, seconds: int) -> None:
        self.ward.silence(seconds)

    @precondition(lambda self: self.ward.watch.alarms)
    @rule(which=st.integers(0, 9))
    def acknowledges(self, which: int) -> None:
        alarms = self.ward.watch.alarms
        self.ward.acknowledges(f"{alarms[which % len(alarms)].text}")

    @rule(seconds=st.sampled_from((0, 5, 120)))
    def pauses_sound(self, seconds: int) -> None:
        self.ward.pauses_sound(seconds)

    @rule(seconds=st.sampled_from((0, 20, 600)))
    def pauses_alarms(self, seconds: int) -> None:
        self.ward.pauses_alarms(seconds)

    @rule(scope=st.sampled_from(SCOPES))
    def switches_off(self, scope: str) -> None:
        self.ward.switches_off(scope)

    @rule()
    def switches_all_on(self) -> None:
        self.ward.switches_on("all")

    @rule(limit=st.sampled_from(LIMITS))
    def changes_limits(self, limit: Limit) -> None:
        self.ward.changes_limit(limit)
        self.chronicle.start_anew(self.ward.at)

    @rule(begins=st.booleans(), kind=st.sampled_from(("technical", "device")))
    def fault(self, begins: bool, kind: str) -> None:
        tell = self.ward.device_alarm if kind == "device" else self.ward.fault
        if begins:
            tell(kind, f"A {kind} fault", "high")
        else:
            self.ward.fault_over(kind)

    @rule()
    def restarts(self) -> None:
        standing = {alarm.id: _identity(alarm) for alarm in self.ward.watch.alarms}
        pauses, off = (self.ward.watch.audio_pause, self.ward.watch.alarm_pause), self.ward.watch.off
        self.ward.restarts(expected=tuple(self.chronicle.said))
        assert {alarm.id: _identity(alarm) for alarm in self.ward.watch.alarms} == standing
        # What people silenced is on record too; putting it back is the ward's part.
        self.ward.watch = replace(self.ward.watch, audio_pause=pauses[0], alarm_pause=pauses[1], off=off)
        self.chronicle.start_anew(self.ward.at)
        for history in self.chronicle.said.values():
            history[-1] = (self.ward.at, "restarted")
        self.ward.silence(1)

    @rule()
    def leaves(self) -> None:
        self.ward.leaves()
        self.chronicle = Chronicle()
        self.ward.expects_quiet()
        assert not self.ward.watch.off

    @invariant()
    def every_change_is_a_row_of_the_table_and_begins_where_the_last_ended(self) -> None:
        for effect in self.ward.effects[self.checked :]:
            if isinstance(effect, Changed):
                change = effect.transition
                assert (change.before, change.trigger, change.after) in WAYS
                assert change.before == self.presence.get(change.alarm_id, "off")
                assert effect.alarm.presence == change.after
                self.presence[change.alarm_id] = change.after
                _check_end(effect)
            self._check_silence(effect)
        self.checked = len(self.ward.effects)

    def _check_silence(self, effect: Effect) -> None:
        if isinstance(effect, Suspended):
            assert (effect.kind, effect.scope) not in self.running
            assert effect.by
            self.running[effect.kind, effect.scope] = effect
        elif isinstance(effect, SuspensionEnded):
            assert self.running.pop((effect.kind, effect.scope)).began_at == effect.began_at

    @invariant()
    def one_condition_is_one_alarm(self) -> None:
        alarms = self.ward.watch.alarms
        assert len({alarm.id for alarm in alarms}) == len({alarm.key for alarm in alarms}) == len(alarms)
        assert all(key == condition.key for key, condition in self.ward.watch.conditions.items())

    @invariant()
    def the_stored_rows_tell_what_stands(self) -> None:
        stored = {alarm.id: _identity(alarm) for alarm in self.ward.stored().values() if alarm.presence != "off"}
        assert stored == {alarm.id: _identity(alarm) for alarm in self.ward.watch.alarms}

    @invariant()
    def no_silence_is_endless_but_what_is_off_and_that_is_listed_with_its_reason(self) -> None:
        watch = self.ward.watch
        if watch.audio_pause is not None:
            assert 0 < watch.audio_pause.until_at - watch.at <= AUDIO_PAUSE_S * 1_000
        if watch.alarm_pause is not None:
            assert 0 < watch.alarm_pause.until_at - watch.at <= MAX_PAUSE_S * 1_000
        assert all(off.reason and off.by for off in watch.off.values())
        listed = {("off", scope) for scope in watch.off}
        listed |= {("audio_pause", "all")} if watch.audio_pause else set()
        listed |= {("alarm_pause", "all")} if watch.alarm_pause else set()
        assert listed == set(self.running)

    @invariant()
    def every_violation_that_outlived_its_delay_has_its_alarm(self) -> None:
        watch = self.ward.watch
        if watch.alarm_pause is not None:
            return
        standing = {alarm.key: alarm for alarm in watch.alarms if alarm.presence in ("on", "ack")}
        for limit in watch.limits.limits:
            if watch.is_off(limit.key) or not self.chronicle.valid_now(limit.parameter, watch.at):
                continue
            for level in _overdue(self.chronicle, limit, watch.at):
                assert limit.key in standing, f"{limit.key} has been {level} without an alarm"
                alarm = standing[limit.key]
                assert rank(alarm.priority) >= rank("high" if level == "red" else "medium")

    @invariant()
    def every_lost_signal_has_its_alarm(self) -> None:
        standing = {alarm.key for alarm in self.ward.watch.alarms}
        for parameter, history in self.chronicle.said.items():
            last = self.chronicle.last_valid_at(parameter) or history[0][0]
            if history[-1][1] != NOT_MEASURED and self.ward.watch.at - last >= LOST_MS:
                assert standing & {ALL_LOST, f"{ALL_LOST}:{parameter}"}


def _overdue(chronicle: Chronicle, limit: Limit, at: int) -> list[Level]:
    red, any_level = chronicle.violated_since(limit, ("red",)), chronicle.violated_since(limit, ("red", "yellow"))
    due: list[Level] = []
    if limit.red is not None and red is not None and at - red >= limit.red.delay_s * 1_000:
        due.append("red")
    if limit.yellow is not None and any_level is not None and at - any_level >= limit.yellow.delay_s * 1_000:
        due.append("yellow")
    return due


def _check_end(effect: Changed) -> None:
    """A high alarm about the baby ends by a person only: acknowledged at some time, or withdrawn by name."""
    change, alarm = effect.transition, effect.alarm
    if change.after == "off" and alarm.priority == "high" and alarm.kind != "technical":
        assert change.trigger == "acknowledged" or change.before == "ack" or change.by is not None
    if change.after == "off":
        assert alarm.ended_at == change.at


def _identity(alarm: Alarm) -> tuple[object, ...]:
    return (alarm.key, alarm.kind, alarm.priority, alarm.presence, alarm.began_at, alarm.announced_at)


TestAnyBedside = AnyBedside.TestCase
TestAnyBedside.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)

readings = st.lists(
    st.tuples(st.sampled_from(HEART_RATES), st.sampled_from(SATURATIONS), st.integers(1, 12)), min_size=1, max_size=25
)
Script = list[tuple[Said, Said, int]]


def _played(script: Script, tick_ms: int, pauses: bool = True) -> Bedside:
    """Each reading is repeated every second for so long; without one value in it, it is silence."""
    ward = Bedside(tick_ms=tick_ms)
    for heart_rate, spo2, seconds in script:
        for _ in range(seconds):
            if heart_rate is not None or spo2 is not None:
                ward.reads(heart_rate=heart_rate, spo2=spo2)
            if pauses:
                ward.silence(1)
            else:
                ward.at += 1_000
    return ward


@settings(deadline=None, max_examples=40)
@given(readings)
def test_telling_the_time_more_often_changes_nothing_on_record(script: Script) -> None:
    """All that is due falls on whole seconds here, so that not even the instants differ."""
    assert _played(script, 1_000).transitions() == _played(script, 100).transitions()


@settings(deadline=None, max_examples=40)
@given(readings, st.integers(0, 20_000))
def test_a_quiet_cot_need_not_be_told_the_time(script: Script, later_ms: int) -> None:
    watch = _played(script, 1_000).watch
    at = watch.at + later_ms
    if at < quiet_until(watch):
        assert step(watch, Ticked(at), count(1_000)) == (replace(watch, at=at), [])


def test_a_calm_cot_is_quiet_until_its_first_signal_would_be_lost() -> None:
    ward = Bedside()
    ward.reads(heart_rate=150)
    assert quiet_until(ward.watch) == ward.at + LOST_MS
    ward.reads(heart_rate=79)
    assert quiet_until(ward.watch) <= ward.at


@settings(deadline=None, max_examples=40)
@given(readings)
def test_time_told_only_by_readings_delays_nothing_by_more_than_one_reading(script: Script) -> None:
    spoken = [(heart_rate, spo2, seconds) for heart_rate, spo2, seconds in script if (heart_rate, spo2) != (None, None)]
    told, untold = _played(spoken, 250), _played(spoken, 250, pauses=False)
    until = untold.watch.at
    assert [row for row in told.transitions() if row.at <= until] == untold.transitions()


@settings(deadline=None, max_examples=40)
@given(readings)
def test_the_same_events_give_the_same_effects_again(script: Script) -> None:
    ward = _played(script, 500)
    watch, ids = ward.first_watch, count(1)
    replayed: list[Effect] = []
    for event in ward.told:
        watch, effects = step(watch, event, ids)
        replayed += effects
    assert replayed == ward.effects
    assert watch == ward.watch


@settings(deadline=None, max_examples=40)
@given(readings, st.integers(0, 2**31))
def test_an_event_never_changes_the_state_it_is_given(script: Script, seed: int) -> None:
    ward = _played(script, 1_000)
    event = ward.told[seed % len(ward.told)]
    before = ward.watch
    first, second = step(before, event, count(1_000)), step(before, event, count(1_000))
    assert first == second


@settings(deadline=None, max_examples=40)
@given(readings, st.data())
def test_a_restart_at_any_point_loses_no_alarm_that_still_holds(script: Script, data: st.DataObject) -> None:
    """What stood before and holds after it is the same alarm; what began meanwhile is a new one, its delay later."""
    cut = data.draw(st.integers(0, len(script)))
    ward = _played(script[:cut], 500)
    before = {alarm.key: alarm for alarm in ward.watch.alarms}
    ward.restarts(expected=tuple(ward.watch.seen))
    for _ in range(20):
        ward.reads(heart_rate=70, spo2=70)
        ward.silence(1)
    after = {alarm.key: alarm for alarm in ward.watch.alarms}
    for key in ("heart_rate:low", "spo2:low"):
        assert (after[key].priority, after[key].presence) == ("high", "on")
        assert key not in before or after[key].id == before[key].id
