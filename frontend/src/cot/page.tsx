/** The page of one cot: who lies here, what alarms and why, now and before. */
import { Empty, Loading } from "../parts/parts";
import { ward } from "../live/connection";
import { BabyPage } from "./baby_page";
import "./cot.css";
import "./alarm_bar.css";
import "./numbers.css";
import "./side.css";
import "./dialogs.css";
import "./narrow.css";
import { EmptyCot } from "./empty_cot";

export default function CotPage({ cotId }: { readonly cotId: number }) {
  const order = ward.order.value;
  if (ward.head.value === null) return <Loading what="Waiting for the first snapshot" />;
  if (!order.includes(cotId)) {
    return (
      <Empty title="There is no such cot in this unit">
        <a class="button" href="/">
          Back to the wall
        </a>
      </Empty>
    );
  }
  const cot = ward.cot(cotId);
  const patientId = cot.baby.value?.patient_id;
  return patientId === undefined ? <EmptyCot cot={cot} /> : <BabyPage key={patientId} cot={cot} patientId={patientId} />;
}
