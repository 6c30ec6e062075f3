/** What a person does about alarms, from any page. The result shows in the next snapshot. */
import { post } from "../api/client";
import type { Alarm, Cot } from "../api/types";
import { attempt } from "../parts/toast";

export const PAUSE_S = 120;

export function acknowledge(alarm: Pick<Alarm, "id" | "text" | "mark">): Promise<boolean> {
  return attempt(`Acknowledged: ${alarm.text}`, () => post(`/api/alarms/${alarm.id}/acknowledge`));
}

/** Pause the sound of one cot for two minutes, or end the pause. */
export function pauseSound(cot: Pick<Cot, "id" | "label">, seconds = PAUSE_S): Promise<boolean> {
  const done = seconds ? `Sound of ${cot.label} paused for ${seconds / 60} min` : `Sound of ${cot.label} is on again`;
  return attempt(done, () => post(`/api/cots/${cot.id}/audio-pause`, { seconds }));
}
