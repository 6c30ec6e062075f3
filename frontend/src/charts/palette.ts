/** The colours of the look as a canvas needs them: read from the tokens, so that every theme draws its own. */

export interface Palette {
  readonly vital: (token: string) => string;
  readonly text: string;
  readonly panel: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly high: string;
  readonly font: string;
}

/** Reads the tokens that hold at an element. */
export function readPalette(at: Element): Palette {
  const style = getComputedStyle(at);
  const token = (name: string, fallback: string): string => style.getPropertyValue(`--${name}`).trim() || fallback;
  const muted = token("muted", "#8a9aaa");
  return {
    vital: (name) => token(name, muted),
    text: token("text", "#e8eef4"),
    panel: token("panel", "#10161d"),
    muted,
    faint: token("faint", "#566575"),
    line: token("line-2", "#2b3947"),
    high: token("high", "#ff3344"),
    font: style.fontFamily,
  };
}

/** A colour with an opacity from 0 to 1, for tokens written as #rrggbb, or #rgb as the build shortens them; others keep their own. */
export function faded(colour: string, opacity: number): string {
  const whole = /^#[0-9a-f]{3}$/i.test(colour) ? colour.replace(/[^#]/g, "$&$&") : colour;
  if (!/^#[0-9a-f]{6}$/i.test(whole)) return colour;
  return whole + Math.round(opacity * 255).toString(16).padStart(2, "0");
}
