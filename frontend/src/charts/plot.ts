/** One uPlot chart: the envelope as a band, the mean as a line, everything else painted around them. */
import uPlot from "uplot";
import { type Palette, faded } from "./palette";
import { marked, type Panel } from "./panel";
import { paintGaps, paintLimits, paintSingles } from "./paint";
import { axisMarks } from "./scale";
import type { Range } from "./view";

/** Width of the axis, and of the margin on the right: the same for every chart, so that one cursor fits all. */
export const AXIS_WIDTH = 46;
export const MARGIN_RIGHT = 14;

export class Plot {
  private readonly chart: uPlot;

  constructor(host: HTMLElement, private panel: Panel, private range: Range, palette: Palette, width: number, height: number, type = 11) {
    const colour = palette.vital(panel.colour);
    const line = (stroke: string | null): uPlot.Series => ({
      ...(stroke === null ? {} : { stroke }),
      width: stroke === null ? 0 : 1.5,
      points: { show: false },
    });
    this.chart = new uPlot(
      {
        width,
        height,
        ms: 1,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, MARGIN_RIGHT, 8, 0],
        scales: {
          x: { time: false, auto: false, range: () => [this.range.from, this.range.to] },
          y: { auto: false, range: () => [...this.panel.range] },
        },
        series: [{}, line(null), line(null), line(colour)],
        bands: [{ series: [1, 2], fill: faded(colour, 0.28) }],
        axes: [
          { show: false },
          {
            size: AXIS_WIDTH,
            gap: 6,
            stroke: palette.faint,
            font: `${type}px ${palette.font}`,
            grid: { show: false },
            ticks: { show: false },
            splits: (u) => axisMarks(this.panel.range, marked(this.panel.lines), u.bbox.height / uPlot.pxRatio, type * 1.6),
            values: (_u, splits) => splits.map((value) => String(Number(value.toFixed(this.panel.decimals)))),
          },
        ],
        hooks: {
          drawClear: [
            (u) => {
              paintLimits(u, this.panel, palette);
              paintGaps(u, this.panel, palette);
            },
          ],
          draw: [(u) => paintSingles(u, this.panel, palette)],
        },
      },
      aligned(panel),
      host,
    );
    this.show(panel, range);
  }

  /** Draws a panel over a window. */
  show(panel: Panel, range: Range): void {
    this.panel = panel;
    this.range = range;
    this.chart.batch(() => {
      this.chart.setData(aligned(panel), false);
      this.chart.setScale("x", { min: range.from, max: range.to });
      this.chart.setScale("y", { min: panel.range[0], max: panel.range[1] });
      this.chart.redraw(false, true);
    });
  }

  resize(width: number, height: number): void {
    this.chart.setSize({ width, height });
  }

  destroy(): void {
    this.chart.destroy();
  }
}

function aligned({ shape }: Panel): uPlot.AlignedData {
  return [shape.t, shape.high, shape.low, shape.mean];
}
