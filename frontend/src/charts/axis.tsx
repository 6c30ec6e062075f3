/** The layers that all charts share: shaded events and time lines behind, labels and times below. */
import { labels, shades, type Span, xOf } from "./spans";
import { timeTicks, within } from "./ticks";
import type { Range } from "./view";

export interface Note {
  id: number;
  at: number;
  kind: string;
  text: string;
}

interface Layer {
  range: Range;
  width: number;
  /** Size of small type, px. */
  type: number;
  spans: readonly Span[];
  notes: readonly Note[];
}

/** Behind the charts, over their full height. */
export function Behind({ range, width, type, spans, notes, selected }: Layer & { selected: number | null }) {
  return (
    <svg class="chart-behind" width={width} height="100%" aria-hidden="true">
      {timeTicks(range.from, range.to, width, type * 7.6).map((tick) => (
        <rect key={tick.at} class={tick.strong ? "tick strong" : "tick"} x={xOf(tick.at, range, width)} width="1" height="100%" />
      ))}
      {shades(spans, range, width).map((shade) => (
        <rect
          key={shade.id}
          class={`shade${shade.rejected ? " rejected" : ""}${shade.id === selected ? " selected" : ""}`}
          x={shade.x}
          width={shade.width}
          height="100%"
        />
      ))}
      {inside(notes, range).map((note) => (
        <g key={note.id} class="note-line" transform={`translate(${xOf(note.at, range, width)})`}>
          <rect width="1" height="100%" />
          <path d="M.5 0 l5 5 -5 5 -5 -5z" />
        </g>
      ))}
    </svg>
  );
}

/** Under the charts: what each event was, and the time. */
export function Below({ range, width, type, spans, onPick }: Omit<Layer, "notes"> & { onPick: (ids: number[]) => void }) {
  return (
    <div class="chart-below" style={{ width: `${width}px` }}>
      <div class="chart-kinds">
        {labels(spans, range, width, type * 3).map((label) => (
          <button
            key={label.ids[0]}
            type="button"
            tabIndex={-1}
            style={{ left: `${label.x}px` }}
            title={label.ids.length > 1 ? `${label.ids.length} events: zoom in to tell them apart` : "Open this event"}
            onClick={() => onPick(label.ids)}
          >
            {label.text}
          </button>
        ))}
      </div>
      <div class="chart-times">
        {timeTicks(range.from, range.to, width, type * 7.6).map((tick) => (
          <span key={tick.at} class={tick.strong ? "strong" : ""} style={{ left: `${within(xOf(tick.at, range, width), tick.text, width, type)}px` }}>
            {tick.text}
          </span>
        ))}
      </div>
    </div>
  );
}

function inside(notes: readonly Note[], range: Range): readonly Note[] {
  return notes.filter((note) => note.at >= range.from && note.at <= range.to);
}
