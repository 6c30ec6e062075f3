/**
 * The ward as this browser knows it: one set of signals per cot.
 *
 * A snapshot (or the changed part of one) goes in; only what differs is told on. Nothing here reads a clock or the
 * network. When the connection is lost every value is taken away: no part of a page can go on showing an old number.
 */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Alarm, Baby, Cot, Delta, EventFree, Flags, Missing, Origin, SnapshotHead } from "../api/types";
import { equal } from "./equal";

/** `live` once a snapshot has been received in time; `connecting` before the first. */
export type Link = { readonly state: "connecting" | "live" } | { readonly state: "lost"; readonly since: number };

/** The live state of one cot. Every member is a signal that changes only when its content does. */
export interface CotLive {
  readonly id: number;
  readonly label: ReadonlySignal<string>;
  readonly baby: ReadonlySignal<Baby | null>;
  readonly origin: ReadonlySignal<Origin | null>;
  readonly source: ReadonlySignal<string | null>;
  readonly lastAt: ReadonlySignal<number | null>;
  readonly measuredAt: ReadonlySignal<Readonly<Record<string, number>>>;
  readonly missing: ReadonlySignal<Readonly<Record<string, Missing>>>;
  readonly flags: ReadonlySignal<Flags>;
  readonly alarms: ReadonlySignal<readonly Alarm[]>;
  readonly eventFree: ReadonlySignal<EventFree | null>;
  readonly inTarget: ReadonlySignal<number | null>;
  /** The valid live value of a parameter, or null when there is none. */
  value(parameter: string): ReadonlySignal<number | null>;
  /** Names of the parameters with a value now. */
  readonly present: ReadonlySignal<readonly string[]>;
}

const NO_FLAGS: Flags = { audio_paused_until: null, alarms_paused_until: null, off: [] };

class CotState implements CotLive {
  readonly label = signal("");
  readonly baby = signal<Baby | null>(null);
  readonly origin = signal<Origin | null>(null);
  readonly source = signal<string | null>(null);
  readonly lastAt = signal<number | null>(null);
  readonly measuredAt = signal<Readonly<Record<string, number>>>({});
  readonly missing = signal<Readonly<Record<string, Missing>>>({});
  readonly flags = signal<Flags>(NO_FLAGS);
  readonly alarms = signal<readonly Alarm[]>([]);
  readonly eventFree = signal<EventFree | null>(null);
  readonly inTarget = signal<number | null>(null);
  readonly present = signal<readonly string[]>([]);
  private readonly values = new Map<string, Signal<number | null>>();

  constructor(readonly id: number) {}

  value(parameter: string): Signal<number | null> {
    let found = this.values.get(parameter);
    if (!found) this.values.set(parameter, (found = signal<number | null>(null)));
    return found;
  }

  take(cot: Cot): void {
    this.label.value = cot.label;
    this.origin.value = cot.origin;
    this.source.value = cot.source;
    this.lastAt.value = cot.last_at;
    this.inTarget.value = cot.in_target;
    put(this.baby, cot.baby);
    put(this.measuredAt, cot.measured_at ?? {});
    put(this.missing, cot.missing ?? {});
    put(this.flags, cot.flags ?? NO_FLAGS);
    put(this.alarms, cot.alarms);
    put(this.eventFree, cot.event_free);
    this.takeValues(cot.values);
  }

  /** Take every value away and say why. */
  lose(since: number): void {
    const gone = Object.fromEntries(this.present.peek().map((name): [string, Missing] => [name, ["no connection", since]]));
    put(this.missing, { ...this.missing.peek(), ...gone });
    this.takeValues({});
  }

  private takeValues(values: Readonly<Record<string, number>>): void {
    for (const [name, held] of this.values) if (!(name in values)) held.value = null;
    for (const [name, value] of Object.entries(values)) this.value(name).value = value;
    put(this.present, Object.keys(values));
  }
}

function put<T>(target: Signal<T>, next: T): void {
  if (!equal(target.peek(), next)) target.value = next;
}

/** The part of a snapshot about the unit. */
export type UnitState = Omit<SnapshotHead, "seq" | "at">;

export class Ward {
  /** What the newest snapshot says of the unit; changes only when that does. */
  readonly head = signal<UnitState | null>(null);
  readonly seq = signal(0);
  /** Ids of all cots in the order of their places. */
  readonly order = signal<readonly number[]>([]);
  readonly link = signal<Link>({ state: "connecting" });
  /** The server's clock at the newest snapshot, epoch ms. */
  readonly at = signal(0);
  private readonly cots = new Map<number, CotState>();
  private readonly all = computed<readonly Alarm[]>(() => {
    const all = [...(this.head.value?.alarms ?? [])];
    for (const id of this.order.value) all.push(...this.state(id).alarms.value);
    return all;
  });

  /** The live cot of an id: the same object for as long as the page lives. */
  cot(id: number): CotLive {
    return this.state(id);
  }

  /** Take the changed cots of a newer snapshot; they come in one step so that nothing is drawn half. */
  apply(delta: Delta): void {
    for (const cot of delta.changed) this.state(cot.id).take(cot);
    put(this.order, delta.order);
    const { seq, at, ...head } = delta.head;
    this.seq.value = seq;
    this.at.value = at;
    put<UnitState | null>(this.head, head);
    if (this.link.peek().state !== "live") this.link.value = { state: "live" };
  }

  /** No snapshot in time: take every value away. `since` is this browser's epoch ms of the last snapshot. */
  lose(since: number): void {
    if (this.link.peek().state === "lost") return;
    batch(() => {
      this.link.value = { state: "lost", since };
      for (const cot of this.cots.values()) cot.lose(since);
    });
  }

  /** Forget all that was shown, as before the first snapshot. */
  clear(): void {
    batch(() => {
      this.order.value = [];
      this.head.value = null;
      this.cots.clear();
      this.link.value = { state: "connecting" };
    });
  }

  /** Alarms of all cots and of the unit itself, unsorted. */
  alarms(): readonly Alarm[] {
    return this.all.value;
  }

  private state(id: number): CotState {
    let found = this.cots.get(id);
    if (!found) this.cots.set(id, (found = new CotState(id)));
    return found;
  }
}
