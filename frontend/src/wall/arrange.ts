/** How many columns, rows and pages give the largest digits on this screen. */

export interface Arrangement {
  readonly columns: number;
  readonly rows: number;
  /** Height of the digits' type, px. */
  readonly digit: number;
}

/** Below this width the wall is one column of compact rows. */
export const PHONE_WIDTH = 640;

/** The two numbers share the width of a tile; the rest of the tile takes its part of the height. */
const DIGIT_OF_WIDTH = 0.26;
const DIGIT_OF_HEIGHT = 0.345;

/** The grid for `cots` tiles on `width` × `height` px with gaps between. */
export function arrange(cots: number, width: number, height: number, gap: number): Arrangement {
  let best: Arrangement = { columns: 1, rows: Math.max(1, cots), digit: 0 };
  for (let columns = 1; columns <= Math.max(1, cots); columns += 1) {
    const rows = Math.ceil(cots / columns);
    const tileWidth = (width - gap * (columns - 1)) / columns;
    const tileHeight = (height - gap * (rows - 1)) / rows;
    const digit = Math.min(tileWidth * DIGIT_OF_WIDTH, tileHeight * DIGIT_OF_HEIGHT);
    // Equal digits: fewer empty places win.
    const better = digit > best.digit + 0.5 || (digit > best.digit - 0.5 && columns * rows < best.columns * best.rows);
    if (better) best = { columns, rows, digit };
  }
  return best;
}

/** The ids of each page: equal pages of at most `most`, so that a cot keeps its place. */
export function pages<T>(items: readonly T[], most: number): (readonly T[])[] {
  if (items.length === 0) return [];
  const count = Math.ceil(items.length / most);
  const size = Math.ceil(items.length / count);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, page) => items.slice(page * size, (page + 1) * size));
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** The index that an arrow key moves to from `index` among `count` tiles in `columns`; stays at the edges. */
export function neighbour(index: number, key: Direction, count: number, columns: number): number {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const moved = index + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  return moved >= 0 && moved < count ? moved : index;
}
