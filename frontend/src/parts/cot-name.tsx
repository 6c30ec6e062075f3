/** The label of a cot with its telling part in front: `NICU-` small, `03` large. */
import type { Alarm } from "../api/types";
import { ward } from "../live/connection";

/** `NICU-03` → ["NICU-", "03"]; a label without a number at its end is all telling. */
export function splitLabel(label: string): readonly [prefix: string, telling: string] {
  const found = /^(.*[^0-9])(\d+\w?)$/.exec(label);
  return found ? [found[1]!, found[2]!] : ["", label];
}

export function CotName({ label }: { readonly label: string }) {
  const [prefix, telling] = splitLabel(label);
  return (
    <span class="cot-name">
      {prefix && <small>{prefix}</small>}
      {telling}
    </span>
  );
}

/** The name of a cot as the way to its page, where it has one. */
export function CotLink({ label, id }: { readonly label: string; readonly id: number | null | undefined }) {
  const name = <CotName label={label} />;
  return id == null ? name : <a href={`/cots/${id}`}>{name}</a>;
}

/** Where an alarm is: its cot, or the unit. */
export function placeOf(alarm: Pick<Alarm, "cot_id">): string {
  return alarm.cot_id === null ? "Unit" : ward.cot(alarm.cot_id).label.value;
}
