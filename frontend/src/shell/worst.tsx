/** The cots with alarms, the most urgent first: in the bar, and in every dialog, as a dialog lies over the bar and takes the keyboard. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { count } from "../format";
import { ward } from "../live/connection";
import { worstPerCot } from "../live/urgency";
import { CotName, placeOf } from "../parts/cot-name";
import { howMany } from "./fit";

const MOST_IN_STRIP = 12;
/** Room for the count of the cots that found none, in ems of the bar. */
const COUNT_EM = 4;

/** Before the connection stands and while it is lost nothing is known about alarms: no number, no text of before. */
export function isKnown(): boolean {
  return ward.link.value.state === "live";
}

interface Props {
  /** Closes the dialog that this stands in; then the alarms of the unit stand here, too, as their banners are covered. */
  readonly leave?: () => void;
}

export function WorstFirst({ leave }: Props) {
  const link = ward.link.value.state;
  const all = isKnown() ? worstPerCot(ward.alarms(), leave !== undefined) : [];
  const cots = all.slice(0, MOST_IN_STRIP);
  const list = useRef<HTMLOListElement>(null);
  const [fit, setFit] = useState({ count: MOST_IN_STRIP, end: 0 });
  const measure = (): void => {
    const { children, clientWidth } = list.current!;
    const ends = [...children].slice(0, cots.length).map((item) => (item as HTMLElement).offsetLeft + (item as HTMLElement).offsetWidth);
    const room = COUNT_EM * parseFloat(getComputedStyle(list.current!).fontSize);
    const count = howMany(ends, clientWidth, room);
    const end = Math.min(ends[count - 1] ?? 0, clientWidth - room);
    if (count !== fit.count || end !== fit.end) setFit({ count, end });
  };
  useLayoutEffect(measure);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => setFit((was) => ({ ...was })));
    watcher.observe(list.current!);
    return () => watcher.disconnect();
  }, []);
  const others = all.length - Math.min(fit.count, cots.length);
  return (
    <ol ref={list} class="worst" aria-label="Alarms, the most urgent first">
      {cots.map(({ alarm, more }, place) => (
        <li key={alarm.cot_id} class={place < fit.count ? "" : "beyond"}>
          <a href={alarm.cot_id === null ? "/alarms" : `/cots/${alarm.cot_id}`} onClick={leave} class={`${alarm.priority} ${alarm.presence === "on" ? "" : "quiet"}`} title={`${alarm.mark} ${placeOf(alarm)} ${alarm.text}`}>
            <CotName label={placeOf(alarm)} /> {alarm.mark} {alarm.text}
            {alarm.presence === "ack" && " ✓"}
            {alarm.presence === "latched" && <span class="state"> · ended</span>}
            {more > 0 && <small> +{more}</small>}
          </a>
        </li>
      ))}
      {all.length === 0 && link !== "connecting" && <li class={`calm ${link}`}>{link === "lost" ? "!! Connection lost, alarms not known" : "No alarms"}</li>}
      {others > 0 && (
        <li class="others" style={{ left: `calc(${fit.end}px + 0.4rem)` }}>
          <a href="/alarms" onClick={leave} title={`Alarms of ${count(others, "more cot")}`}>
            +{others}
          </a>
        </li>
      )}
    </ol>
  );
}
