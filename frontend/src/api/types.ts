/** The wire, as docs/reference/stream.md and http-api.md describe it. Instants of the stream are epoch ms; the REST API uses ISO 8601. */

export type Ms = number;
export type Iso = string;
export type Priority = "high" | "medium" | "low";
export type AlarmKind = "limit" | "technical" | "device";
export type Presence = "on" | "latched" | "ack";
export type Mark = "***" | "**" | "*" | "!!";
export type Origin = "device" | "simulated" | "replayed" | "import" | "manual";
export type Sex = "female" | "male" | "unknown";
/** Why a value is absent, and since when (null: never seen). */
export type Missing = readonly [reason: string, since: Ms | null];

export interface Alarm {
  readonly id: number;
  readonly cot_id: number | null;
  readonly key: string;
  readonly kind: AlarmKind;
  readonly parameter: string | null;
  readonly priority: Priority;
  readonly presence: Presence;
  readonly mark: Mark;
  readonly text: string;
  readonly value: number | null;
  readonly limit: number | null;
  readonly comparison: "<" | ">" | null;
  readonly delay_s: number | null;
  readonly profile: string | null;
  readonly since: Ms;
  readonly announced_at: Ms;
  readonly extreme: number | null;
  readonly sounding: boolean;
  readonly escalated: boolean;
  readonly acknowledged_by: string | null;
  readonly held: boolean;
}

export interface Baby {
  readonly patient_id: number;
  readonly name: string;
  readonly short: string;
  readonly initials: string;
  readonly sex: Sex | null;
  readonly pma: string | null;
  readonly day_of_life: number | null;
  readonly ga: string | null;
}

export interface AlarmsOff {
  readonly scope: string;
  readonly reason: string;
  readonly by: string;
  readonly since: Ms;
}

export interface Flags {
  readonly audio_paused_until: Ms | null;
  readonly alarms_paused_until: Ms | null;
  readonly off: readonly AlarmsOff[];
}

export interface EventFree {
  readonly since: Ms | null;
  readonly days: number;
  readonly needed: number;
  readonly last_kind: string | null;
}

export interface Cot {
  readonly id: number;
  readonly label: string;
  readonly position: number;
  readonly baby: Baby | null;
  readonly origin: Origin | null;
  readonly source: string | null;
  readonly last_at: Ms | null;
  readonly values: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, Missing>>;
  readonly measured_at: Readonly<Record<string, Ms>>;
  readonly flags: Flags;
  readonly alarms: readonly Alarm[];
  readonly event_free: EventFree | null;
  readonly in_target: number | null;
}

export interface StoreState {
  readonly state: "ok" | "failing";
  readonly since: Ms | null;
  readonly spooled: number;
}

/** What a snapshot says apart from its cots. */
export interface SnapshotHead {
  readonly seq: number;
  readonly at: Ms;
  readonly unit: { readonly id: number; readonly name: string };
  readonly mode: "demo" | "live";
  readonly store: StoreState;
  readonly audible: { readonly displays: number };
  readonly alarms: readonly Alarm[];
}

export interface Snapshot extends SnapshotHead {
  readonly cots: readonly Cot[];
}

/** The cots of a snapshot that changed, with the order of all of them: what the worker hands to the page. */
export interface Delta {
  readonly head: SnapshotHead;
  readonly order: readonly number[];
  readonly changed: readonly Cot[];
}

export type Colour = "spo2" | "hr" | "rr" | "temp" | "bp" | "fio2" | "other";

export interface Vital {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  readonly colour: Colour;
  readonly intermittent: boolean;
}

export interface User {
  readonly name: string;
  readonly role: string;
  readonly may: readonly string[];
  /** Until when emergency access runs. */
  readonly emergency_until?: Iso | null;
}

export interface Unit {
  readonly name: string;
  readonly targets: Readonly<Record<string, readonly [number, number]>>;
  readonly version: string;
  readonly mode: "demo" | "live";
  /** Whether this screen or person belongs to the unit. */
  readonly granted?: boolean;
  readonly user: User | null;
  readonly disclaimer: string;
  readonly vitals: readonly Vital[];
  readonly definitions: readonly unknown[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Spark {
  readonly from: Ms;
  readonly to: Ms;
  readonly step_ms: number;
  readonly cots: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
}

export interface CotListed {
  readonly id: number;
  readonly label: string;
  readonly position: number;
  readonly baby: Baby | null;
}

export interface Patient {
  readonly id: number;
  readonly mrn: string;
  readonly name: string;
  readonly born_at: Iso | null;
  readonly ga: string | null;
  readonly sex: Sex | null;
  readonly birth_weight_g: number | null;
  readonly synthetic: boolean;
  readonly admission: { readonly cot_id: number; readonly cot: string; readonly admitted_at: Iso } | null;
  readonly pma: string | null;
  readonly corrected: string | null;
  readonly day_of_life: number | null;
}

type Numbers = readonly (number | null)[];

export interface TrendSeries {
  readonly t: readonly Ms[];
  readonly min: Numbers;
  readonly max: Numbers;
  readonly mean: Numbers;
  readonly n: readonly number[];
  readonly expected: readonly number[];
}

export interface Trends {
  readonly from: Ms;
  readonly to: Ms;
  readonly step_ms: number;
  readonly tier: "reading" | "minute" | "hour";
  readonly parameters: Readonly<Record<string, TrendSeries>>;
  readonly gaps: Readonly<Record<string, readonly (readonly [from: Ms, to: Ms, reason: string])[]>>;
}

export interface Histogram {
  readonly from: Iso;
  readonly to: Iso;
  readonly bins: readonly { readonly low: number; readonly high: number; readonly percent: number; readonly seconds: number }[];
  readonly in_target_percent: number | null;
  readonly below_percent: number | null;
  readonly valid_percent: number | null;
  readonly artefact_percent: number | null;
}

export type Review = "unreviewed" | "confirmed" | "rejected";

export interface Spell {
  readonly id: number;
  readonly kind: string;
  readonly started_at: Iso;
  readonly ended_at: Iso | null;
  readonly duration_s: number | null;
  readonly nadir: Readonly<Record<string, number>>;
  readonly definition: string;
  readonly review: Review;
  readonly state: string | null;
  readonly note: string | null;
}

export interface Snippet {
  readonly from: Ms;
  readonly to: Ms;
  readonly series: Readonly<Record<string, { readonly t: readonly Ms[]; readonly v: Numbers }>>;
}

export interface LimitRow {
  readonly parameter: string;
  readonly side: "low" | "high";
  readonly red: number | null;
  readonly yellow: number | null;
  readonly red_delay_s: number;
  readonly yellow_delay_s: number;
  readonly off_delay_s: number;
  readonly note: string | null;
}

export interface LimitChange {
  readonly parameter: string;
  readonly side: "low" | "high";
  readonly level: "red" | "yellow";
  readonly old: number | null;
  readonly new: number | null;
}

export interface Limits {
  readonly profile: string;
  readonly version: number;
  readonly changed_at: Iso | null;
  readonly changed_by: string | null;
  readonly limits: readonly LimitRow[];
  readonly history: readonly { readonly version: number; readonly at: Iso; readonly by: string; readonly changes: readonly LimitChange[] }[];
  readonly distribution: Readonly<Record<string, { readonly p1: number; readonly p5: number; readonly p50: number; readonly p95: number; readonly p99: number }>>;
}

export interface Annotation {
  readonly id?: number;
  readonly at: Iso;
  readonly kind: string;
  readonly text: string;
  readonly by?: string | null;
}

export type AlarmStatus = "active" | "acknowledged" | "latched" | "ended";

/** An alarm of the log. */
export interface LoggedAlarm extends Omit<Alarm, "since" | "announced_at"> {
  readonly patient_id: number | null;
  readonly cot: string | null;
  readonly since: Ms | Iso;
  readonly announced_at: Ms | Iso | null;
  readonly ended_at: Ms | Iso | null;
  /** Since when the condition is over: a latched alarm stands longer than what it is about. */
  readonly condition_ended_at: Ms | Iso | null;
  /** The gravest it ever was. */
  readonly worst_priority: Priority;
  readonly worst_mark: Mark;
  readonly status: AlarmStatus;
  /** One sentence that says why this alarmed. */
  readonly why: string;
}

export interface Transition {
  readonly at: Ms | Iso;
  readonly from: string | null;
  readonly to: string;
  readonly trigger: string;
  readonly by: string | null;
  readonly value: number | null;
  readonly priority: Priority;
  readonly note: string | null;
}

export interface ExplainedAlarm extends LoggedAlarm {
  readonly transitions: readonly Transition[];
}
