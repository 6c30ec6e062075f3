/** Line icons, drawn on a 16 × 16 field in the colour of the text. */

const PATHS = {
  menu: "M2 4h12M2 8h12M2 12h12",
  sound: "M2 6v4h3l4 3V3L5 6zM11.5 5.5a3.5 3.5 0 0 1 0 5M13.3 3.5a6.4 6.4 0 0 1 0 9",
  soundOff: "M2 6v4h3l4 3V3L5 6zM11.5 6l3.5 4M15 6l-3.5 4",
  soundPaused: "M2 6v4h3l4 3V3L5 6zM12 5.5v5M14.6 5.5v5",
  alarmsPaused: "M8 2.2 1.6 13.4h12.8zM6.8 7v3.6M9.2 7v3.6",
  alarmsOff: "M8 2.2 1.6 13.4h12.8zM2 2l12 12",
  eye: "M1 8s2.6-4.5 7-4.5S15 8 15 8s-2.6 4.5-7 4.5S1 8 1 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  eyeOff: "M1 8s2.6-4.5 7-4.5S15 8 15 8s-2.6 4.5-7 4.5S1 8 1 8zM2.5 13.5l11-11",
  held: "M4 2.5h8M4 13.5h8M5 2.5c0 3 3 4 3 5.5s-3 2.5-3 5.5M11 2.5c0 3-3 4-3 5.5s3 2.5 3 5.5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, title }: { readonly name: IconName; readonly title?: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="1em" height="1em" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" role={title ? "img" : undefined} aria-hidden={title ? undefined : true}>
      {title && <title>{title}</title>}
      <path d={PATHS[name]} />
    </svg>
  );
}
