/** The strip of a tile. The page's beat redraws all of them, in turn and only when a step is full. */
import { useEffect, useRef } from "preact/hooks";
import { effect, signal } from "@preact/signals";
import { get } from "../api/client";
import type { Spark } from "../api/types";
import { quarter } from "../live/clock";
import { arrivals, ward } from "../live/connection";
import { unit } from "../live/vitals";
import { preferences } from "../preferences";
import { drawStrip, type StripColours } from "./spark-draw";
import { SparkStore } from "./spark-store";

const MINUTES = 15;
const STRIPS_PER_BEAT = 25;

const store = new SparkStore();
const painters = new Map<HTMLCanvasElement, () => void>();
const queue = new Set<HTMLCanvasElement>();
const colours = signal<StripColours>({ spo2: "", heart: "", target: "" });
let notedAt = 0;

function readColours(): void {
  const style = getComputedStyle(document.documentElement);
  const named = (name: string): string => style.getPropertyValue(name).trim();
  colours.value = { spo2: named("--spo2"), heart: named("--hr"), target: named("--line-2") };
}

/** Note every cot at most once a second; queue the strips whose step is full. */
function note(): void {
  const at = ward.at.peek();
  if (at - notedAt < 900 && at >= notedAt) return;
  notedAt = at;
  const moved = store.moveTo(at);
  for (const id of ward.order.peek()) {
    const cot = ward.cot(id);
    store.note(id, at, cot.value("spo2").peek(), cot.value("heart_rate").peek());
  }
  if (moved) queueAll();
}

function queueAll(): void {
  for (const canvas of painters.keys()) queue.add(canvas);
}

function paintSome(): void {
  for (const canvas of [...queue].slice(0, STRIPS_PER_BEAT)) {
    queue.delete(canvas);
    painters.get(canvas)?.();
  }
}

async function fetchHistory(): Promise<void> {
  const spark = await get<Spark>("/api/cots/spark", { minutes: MINUTES }).catch(() => null);
  if (!spark) return;
  store.fill(spark, Math.max(ward.at.peek(), spark.to));
  queueAll();
}

/** Begin to collect strips; after a lost connection the history is fetched again. */
export function startSparks(): void {
  let linked = false;
  effect(() => {
    const live = ward.link.value.state === "live";
    if (live && !linked) void fetchHistory();
    linked = live;
  });
  effect(() => {
    arrivals.value;
    note();
  });
  effect(() => {
    quarter.value;
    paintSome();
  });
  effect(() => {
    preferences.value.theme;
    readColours();
    queueAll();
  });
}

export function SparkStrip({ cotId }: { readonly cotId: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    const pen = element.getContext("2d")!;
    const paint = (): void => {
      const target = unit.peek()?.targets["spo2"]?.[0] ?? null;
      drawStrip(pen, store.strip(cotId), element.width, element.height, Math.max(devicePixelRatio, element.height / 46), colours.peek(), target);
    };
    painters.set(element, paint);
    const sized = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      element.width = Math.round(width * devicePixelRatio);
      element.height = Math.round(height * devicePixelRatio);
      paint();
    });
    sized.observe(element);
    return () => {
      sized.disconnect();
      painters.delete(element);
      queue.delete(element);
    };
  }, [cotId]);
  return <canvas ref={canvas} class="strip" role="img" aria-label="SpO2 and heart rate of the last 15 minutes" />;
}
