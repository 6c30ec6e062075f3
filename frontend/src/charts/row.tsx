/** One chart of the stack, with the name of its vital over the axis. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { paint } from "./paint";
import type { Palette } from "./palette";
import type { Panel } from "./panel";
import { penFor, type Size } from "./pen";
import type { Range } from "./view";

interface Props extends Size {
  panel: Panel;
  range: Range;
  palette: Palette;
}

export function Row({ panel, range, palette, width, height, type }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    paint(penFor(canvas.current!, panel, range, palette, { width, height, type }));
  }, [panel, range.from, range.to, palette, width, height, type]);
  return (
    <div class="chart-row" style={{ height: `${height}px` }} role="img" aria-label={`${panel.label} over time`}>
      <canvas ref={canvas} />
      <span class="chart-name" style={{ color: `var(--${panel.colour})` }}>
        {panel.label}
      </span>
    </div>
  );
}
