/** The state of the charts of one baby: the window, what was fetched for it, and the live points that continue it. */
import { computed, effect, signal } from "@preact/signals";
import { get, words } from "../api/client";
import type { Trends } from "../api/types";
import { appendPoint, type Point } from "../charts/buckets";
import * as views from "../charts/view";
import { now, serverNow } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { CHARTED } from "./rows";

/** Live points are kept this long: the widest window that is drawn from them between two fetches. */
const KEEP_MS = 400_000;
const SETTLE_MS = 140;
const RETRY_MS = 10_000;

export class TrendsModel {
  readonly tab = signal("4h");
  readonly view = signal<views.View>({ span: 4 * 3_600_000, to: null });
  readonly trends = signal<Trends | null>(null);
  readonly state = signal<"loading" | "ready" | "error">("loading");
  readonly fault = signal("");
  readonly points = signal<ReadonlyMap<string, readonly Point[]>>(new Map());
  readonly cursor = signal<number | null>(null);
  /** The window as drawn: computed apart, so that what shows it is drawn only when it has moved. */
  private readonly present = computed(() => views.steadyNow(now.value, this.view.value.span));
  readonly range = computed(() => views.rangeOf(this.view.value, this.present.value));
  beganAt: number | null = null;
  private width = 1000;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private request: AbortController | null = null;
  private heldAt: Record<string, number> = {};
  private lastAt: number | null = null;
  private dragFrom: views.View = { span: 0, to: null };

  constructor(private readonly patientId: number, private readonly cot: CotLive) {}

  /** Fetches, follows the live stream and refetches quietly; returns how to stop. */
  start(): () => void {
    const stop = [
      effect(() => {
        void this.view.value;
        this.soon(SETTLE_MS);
      }),
      effect(() => {
        void ward.at.value;
        this.follow();
      }),
    ];
    return () => {
      for (const end of stop) end();
      clearTimeout(this.timer);
      this.request?.abort();
    };
  }

  setWidth(width: number): void {
    this.width = width;
  }

  choose(key: string): void {
    const tab = views.TABS.find((one) => one.key === key);
    if (!tab) return;
    this.tab.value = key;
    this.move(views.tabView(tab, serverNow(), this.beganAt), true);
  }

  pan(share: number): void {
    this.move(views.pan(this.view.value, serverNow(), share));
  }

  zoom(factor: number, anchor = 1): void {
    this.tab.value = "";
    this.move(views.zoom(this.view.value, serverNow(), factor, anchor));
  }

  drag(share: number, first: boolean): void {
    if (first) this.dragFrom = this.view.value;
    this.move(views.pan(this.dragFrom, serverNow(), -share));
  }

  goTo(at: number): void {
    this.move(views.centre(this.view.value, serverNow(), at));
    this.cursor.value = at;
  }

  toNow(): void {
    this.cursor.value = null;
    this.move({ span: this.view.value.span, to: null });
  }

  retry(): void {
    this.state.value = "loading";
    void this.fetch();
  }

  private move(view: views.View, afresh = false): void {
    if (afresh) this.state.value = "loading";
    this.view.value = view;
  }

  private soon(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.fetch(), delay);
  }

  private async fetch(): Promise<void> {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const view = this.view.peek();
    const { from, to } = views.rangeOf(view, serverNow());
    const iso = (at: number): string => new Date(at).toISOString();
    try {
      const query = { from: iso(from), to: iso(to), points: views.pointsFor(this.width, view.span), parameters: CHARTED.join(",") };
      this.trends.value = await get<Trends>(`/api/patients/${this.patientId}/trends`, query, request.signal);
      this.state.value = "ready";
      if (view.to === null) this.soon(views.refetchEvery(view.span));
    } catch (error) {
      if (request.signal.aborted) return;
      this.fault.value = words(error);
      this.state.value = "error";
      this.soon(RETRY_MS);
    }
  }

  /** Takes what the newest snapshot measured; a repeated snapshot or an old cuff value adds nothing. */
  private follow(): void {
    const at = this.cot.lastAt.peek();
    if (at === null || at === this.lastAt) return;
    this.lastAt = at;
    const held = this.cot.measuredAt.peek();
    const next = new Map(this.points.peek());
    for (const name of this.cot.present.peek()) {
      const value = this.cot.value(name).peek();
      const measured = held[name] ?? at;
      if (value === null || !CHARTED.includes(name) || this.heldAt[name] === measured) continue;
      this.heldAt[name] = measured;
      next.set(name, appendPoint((next.get(name) ?? []) as Point[], measured, value, KEEP_MS));
    }
    this.points.value = next;
  }
}
