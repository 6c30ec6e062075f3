/** A cot without a baby: its alarms still show, readings that arrive are kept in quarantine by the server. */
import type { CotLive } from "../live/store";
import { ward } from "../live/connection";
import { Empty } from "../parts/parts";
import { AlarmBar } from "./alarm_bar";
import { Header } from "./header";
import { neighbours } from "./keys";
import { useCotKeys } from "./use_keys";

export function EmptyCot({ cot }: { cot: CotLive }) {
  const around = neighbours(ward.order.value, cot.id);
  useCotKeys(cot, around, {});
  return (
    <div class="cot-page">
      <Header cot={cot} baby={null} patient={null} {...around} />
      <AlarmBar cot={cot} />
      <Empty title="No baby in this cot">
        <a class="button" href={`/admissions?cot=${encodeURIComponent(cot.label.value)}`}>
          Admit a baby
        </a>
      </Empty>
    </div>
  );
}
