/** Charts one above the other over one window, with one cursor for all of them. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { preferences } from "../preferences";
import { Behind, Below, type Note } from "./axis";
import { listen } from "./gestures";
import { readPalette } from "./palette";
import { heights, type Panel } from "./panel";
import { axisWidth, MARGIN_RIGHT } from "./pen";
import { PAPER, printing } from "./printing";
import { Row } from "./row";
import { type Span, spanAt } from "./spans";
import { Tooltip } from "./tooltip";
import type { Range } from "./view";

interface Props {
  panels: readonly Panel[];
  range: Range;
  /** Width of a bucket, ms. */
  step: number;
  spans: readonly Span[];
  notes?: readonly Note[];
  selected?: number | null;
  /** The instant under the cursor, also for the keyboard. */
  cursor: Signal<number | null>;
  onDrag?: (share: number, first: boolean) => void;
  onZoom?: (factor: number, anchor: number) => void;
  onPick?: (ids: number[]) => void;
}

const NONE: readonly Note[] = [];
const LEAST_ROW = 52;

export function Stack(props: Props) {
  const { panels, range, step, spans, notes = NONE, selected = null, cursor } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0, type: 11 });
  const pointerY = useSignal(60);
  const theme = preferences.value.theme;
  const sized = size.value.width > 0;
  const palette = useMemo(() => (box.current ? readPalette(box.current) : null), [theme, sized, printing.value]);
  const latest = useRef(props);
  latest.current = props;

  useLayoutEffect(() => {
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = box.current!;
      const type = Math.max(11, parseFloat(getComputedStyle(box.current!).fontSize) * 0.8);
      const was = size.peek();
      if (was.width !== width || was.height !== height || was.type !== type) size.value = { width, height, type };
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current!);
    measure();
    return () => watcher.disconnect();
  }, []);

  const plotPlace = (): { left: number; width: number } => {
    const left = axisWidth(size.peek().type);
    return { left, width: size.peek().width - left - MARGIN_RIGHT };
  };
  useEffect(
    () =>
      listen(box.current!, plotPlace, {
        point: (place) => {
          const { from, to } = latest.current.range;
          cursor.value = place && from + place.x * (to - from);
          if (place) pointerY.value = place.y;
        },
        drag: (share, first) => latest.current.onDrag?.(share, first),
        zoom: (factor, anchor) => latest.current.onZoom?.(factor, anchor),
        tap: (x) => {
          const { range, spans, onPick } = latest.current;
          const at = range.from + x * (range.to - range.from);
          const hit = spanAt(spans, at, (range.to - range.from) * 0.004);
          if (hit) onPick?.([hit.id]);
        },
      }),
    [],
  );

  const { width, height, type } = printing.value ? PAPER : size.value;
  const axis = axisWidth(type);
  const plotWidth = Math.max(1, width - axis - MARGIN_RIGHT);
  const below = type * 3.9;
  const rows = heights(panels.map((panel) => panel.weight), Math.max(0, height - below), LEAST_ROW);
  const at = cursor.value;
  const x = at === null ? -1 : ((at - range.from) / (range.to - range.from)) * plotWidth;
  const shown = at !== null && x >= 0 && x <= plotWidth;
  return (
    <div class="chart-stack" ref={box}>
      {palette && width > 0 && (
        <>
          <div class="chart-shared" style={{ left: `${axis}px`, bottom: `${below}px` }}>
            <Behind range={range} width={plotWidth} type={type} spans={spans} notes={notes} selected={selected} />
          </div>
          {panels.map((panel, i) => (
            <Row key={panel.key} panel={panel} range={range} palette={palette} width={width} height={Math.floor(rows[i]!)} type={type} />
          ))}
          <div style={{ marginLeft: `${axis}px` }}>
            <Below range={range} width={plotWidth} type={type} spans={spans} onPick={(ids) => props.onPick?.(ids)} />
          </div>
          {shown && <div class="chart-cursor" style={{ left: `${axis + x}px`, bottom: `${below}px` }} />}
          {shown && (
            <Tooltip
              at={at}
              x={axis + x}
              y={Math.min(pointerY.value, Math.max(0, height - 200))}
              flip={x > plotWidth * 0.7}
              panels={panels}
              spans={spans}
              notes={notes}
              within={Math.max(step, ((range.to - range.from) / plotWidth) * 4)}
              dated={range.to - range.from > 12 * 3_600_000}
            />
          )}
        </>
      )}
    </div>
  );
}
