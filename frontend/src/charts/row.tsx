/** One chart of the stack, with the name of its vital over the axis. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Palette } from "./palette";
import type { Panel } from "./panel";
import { Plot } from "./plot";
import type { Range } from "./view";

interface Props {
  panel: Panel;
  range: Range;
  palette: Palette;
  width: number;
  height: number;
  type: number;
}

export function Row({ panel, range, palette, width, height, type }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);

  useLayoutEffect(() => {
    plot.current = new Plot(host.current!, panel, range, palette, width, height, type);
    return () => plot.current?.destroy();
  }, [palette, panel.colour, type]);
  useLayoutEffect(() => plot.current?.resize(width, height), [width, height]);
  useEffect(() => plot.current?.show(panel, range), [panel, range.from, range.to]);

  return (
    <div class="chart-row" style={{ height: `${height}px` }} role="img" aria-label={`${panel.label} over time`}>
      <div ref={host} />
      <span class="chart-name" style={{ color: `var(--${panel.colour})` }}>
        {panel.label}
      </span>
    </div>
  );
}
