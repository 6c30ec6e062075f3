/** Pointer, wheel and touch on the charts, told as fractions of the plot: 0 is its left edge, 1 its right. */

export interface Handlers {
  /** The pointer rests at a place, or has left. */
  point: (place: { x: number; y: number } | null) => void;
  /** Dragged by a share of the width since the drag began; `first` marks its first step. */
  drag: (share: number, first: boolean) => void;
  zoom: (factor: number, anchor: number) => void;
  /** Pressed and released without moving. */
  tap: (x: number) => void;
}

/** A movement shorter than this is a tap. */
const SLACK_PX = 5;

/** Listens on an element; `plot` says where the plot lies inside it. Returns how to stop. */
export function listen(element: HTMLElement, plot: () => { left: number; width: number }, on: Handlers): () => void {
  const pointers = new Map<number, number>();
  let start = 0;
  let moved = false;
  let pinch = 0;

  const fraction = (clientX: number): number => {
    const { left, width } = plot();
    return (clientX - element.getBoundingClientRect().left - left) / Math.max(1, width);
  };
  const spread = (): number => {
    const [a, b] = [...pointers.values()];
    return a === undefined || b === undefined ? 0 : Math.max(10, Math.abs(a - b));
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event.clientX);
    start = event.clientX;
    moved = false;
    pinch = spread();
  };
  const move = (event: PointerEvent): void => {
    const x = fraction(event.clientX);
    if (!pointers.has(event.pointerId)) {
      const y = event.clientY - element.getBoundingClientRect().top;
      on.point(x >= 0 && x <= 1 ? { x, y } : null);
      return;
    }
    pointers.set(event.pointerId, event.clientX);
    if (pointers.size === 2) {
      const now = spread();
      on.zoom(pinch / now, Math.min(1, Math.max(0, x)));
      pinch = now;
      moved = true;
      return;
    }
    if (!moved && Math.abs(event.clientX - start) < SLACK_PX) return;
    if (!moved) element.setPointerCapture(event.pointerId);
    on.drag((event.clientX - start) / Math.max(1, plot().width), !moved);
    moved = true;
    on.point(null);
  };
  const up = (event: PointerEvent): void => {
    const pressed = pointers.delete(event.pointerId);
    const x = fraction(event.clientX);
    if (!pressed || moved || x < 0 || x > 1) return;
    on.point({ x, y: event.clientY - element.getBoundingClientRect().top });
    on.tap(x);
  };
  const leave = (event: PointerEvent): void => {
    if (event.pointerType === "mouse") on.point(null);
  };
  const cancel = (event: PointerEvent): void => void pointers.delete(event.pointerId);
  const wheel = (event: WheelEvent): void => {
    if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) {
      event.preventDefault();
      on.zoom(Math.exp(Math.sign(event.deltaY) * 0.18), Math.min(1, Math.max(0, fraction(event.clientX))));
    }
  };

  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", up, { signal });
  element.addEventListener("pointerleave", leave, { signal });
  element.addEventListener("pointercancel", cancel, { signal });
  element.addEventListener("wheel", wheel, { passive: false, signal });
  return () => stop.abort();
}
