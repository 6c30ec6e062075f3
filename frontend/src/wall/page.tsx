/** The wall: every cot in its place. */
import { useEffect, useRef, useState } from "preact/hooks";
import "./tile.css";
import "./tile_alarm.css";
import "./wall.css";
import { ward } from "../live/connection";
import { splitLabel } from "../parts/cot-name";
import { Empty } from "../parts/parts";
import { arrange, neighbour, PHONE_WIDTH, type Direction } from "./arrange";
import { cotsShown, focusedCot, focusTile } from "./places";
import { Tile } from "./tile";

const ARROWS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

export default function Wall() {
  const grid = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: innerWidth, height: innerHeight, gap: 8 });
  useEffect(() => {
    const frame = grid.current?.parentElement;
    if (!frame) return;
    const measured = new ResizeObserver(([entry]) => {
      // A last word may come when the wall has gone already.
      if (!grid.current) return;
      const { width, height } = entry!.contentRect;
      const gap = parseFloat(getComputedStyle(grid.current).rowGap) || 8;
      // A banner that comes makes the tiles lower, and moves no cot.
      const banners = document.querySelector<HTMLElement>(".banners")?.offsetHeight ?? 0;
      setSize({ width: width - 2 * gap, height: height + banners - 2 * gap, gap });
    });
    measured.observe(frame);
    return () => measured.disconnect();
  }, []);

  const shown = cotsShown.value;
  // What all labels begin with tells nothing: the numbers stand alone.
  const alike = new Set(shown.map((id) => splitLabel(ward.cot(id).label.value)[0])).size === 1;
  const phone = size.width < PHONE_WIDTH;
  const { columns, rows } = arrange(shown.length, size.width, size.height, size.gap);
  const focused = shown.includes(focusedCot.value ?? -1) ? focusedCot.value : (shown[0] ?? null);

  const move = (event: KeyboardEvent): void => {
    if (!ARROWS.has(event.key)) return;
    const at = shown.indexOf(focused ?? -1);
    const next = shown[neighbour(at, event.key as Direction, shown.length, phone ? 1 : columns)];
    if (next === undefined) return;
    event.preventDefault();
    focusTile(next);
  };

  return (
    <div
      ref={grid}
      class={`wall ${phone ? "phone" : ""} ${alike ? "alike" : ""}`}
      style={{ "--columns": String(columns), "--rows": String(rows) }}
      onKeyDown={move}
      aria-label="All cots"
    >
      {shown.map((id) => (
        <Tile key={id} cotId={id} focused={id === focused} onFocus={() => (focusedCot.value = id)} />
      ))}
      {shown.length === 0 && <NothingYet />}
    </div>
  );
}

function NothingYet() {
  const state = ward.link.value.state;
  if (state === "live")
    return (
      <Empty title="This unit has no cots yet">
        <p>
          Add one with <code>nicu cot add NICU-01</code>, or on the page <a href="/admissions">Admissions</a>.
        </p>
      </Empty>
    );
  return <Empty title={state === "lost" ? "No connection to the server" : "Connecting …"}>The bedside monitor is the primary alarm.</Empty>;
}
