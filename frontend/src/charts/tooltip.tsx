/** What was true at the cursor: time, event, and every chart's mean with its extremes. */
import { timeOfDay, seconds } from "../format";
import { nearest } from "./buckets";
import { gapAt } from "./gaps";
import type { Panel } from "./panel";
import { type Span, spanAt } from "./spans";
import { dayText } from "./ticks";

/** The words for one panel at an instant: `94 (91–96)`, a gap's reason, or null when nothing was measured near. */
export function reading(panel: Panel, at: number, within: number): string | null {
  const i = nearest(panel.shape, at, within);
  if (i < 0) return gapAt(panel.gaps, at)?.[2] ?? null;
  const text = (value: number | null | undefined): string => (value ?? 0).toFixed(panel.decimals);
  const [mean, low, high] = [text(panel.shape.mean[i]), text(panel.shape.low[i]), text(panel.shape.high[i])];
  return low === high ? mean : `${mean} (${low}–${high})`;
}

interface Props {
  at: number;
  x: number;
  y: number;
  flip: boolean;
  panels: readonly Panel[];
  spans: readonly Span[];
  notes: readonly { at: number; text: string }[];
  /** Half a bucket or a few pixels, in ms: how far a value may lie from the cursor. */
  within: number;
  dated: boolean;
}

export function Tooltip({ at, x, y, flip, panels, spans, notes, within, dated }: Props) {
  const span = spanAt(spans, at, within);
  const note = notes.find((one) => Math.abs(one.at - at) <= within * 2);
  return (
    <div class={`chart-tip${flip ? " flip" : ""}`} style={{ left: `${x}px`, top: `${y}px` }}>
      <p>
        {dated && `${dayText(at)} `}
        {timeOfDay(at, true)}
        {span && ` · ${span.kind} ${seconds((span.to - span.from) / 1000)}`}
      </p>
      {panels.map((panel) => {
        const text = reading(panel, at, within);
        return (
          text && (
            <p key={panel.key} style={{ color: `var(--${panel.colour})` }}>
              <b>
                {panel.label} {text}
              </b>
            </p>
          )
        );
      })}
      {note && <p class="chart-tip-note">{note.text}</p>}
    </div>
  );
}
