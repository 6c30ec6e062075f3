/** Uses of emergency access that wait for somebody's judgement. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Iso, Page } from "../api/types";
import { dayAndTime } from "../format";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Field, Tag } from "../parts/parts";
import { say } from "../parts/toast";

interface Emergency {
  readonly id: number;
  readonly display_name: string;
  readonly role: string;
  readonly reason: string;
  readonly began_at: Iso;
  readonly verdict: string | null;
  readonly reviewed_by: string | null;
}

export function Emergencies() {
  const [all, setAll] = useState(false);
  const { data, error, again } = useLoad<Page<Emergency>>(`/api/emergencies${all ? "?all=true" : ""}`);
  const [judged, judge] = useState<Emergency | null>(null);
  const send = async (form: FormData): Promise<void> => {
    await post(`/api/emergencies/${judged?.id}/review`, Object.fromEntries(form));
    say("The verdict is kept");
    judge(null);
    again();
  };
  return (
    <OfficePage title="Emergency access" said="Each use is judged by somebody else." tools={<Button onClick={() => setAll(!all)}>{all ? "Only those that wait" : "All"}</Button>}>
      <Listing items={data?.items} error={error} again={again} heads={["Who", "When", "Why", ""]} empty={["Nothing waits for a review", "Uses of emergency access appear here."]}>
        {(one) => (
          <tr key={one.id}>
            <td>
              {one.display_name} <small class="dim">{one.role}</small>
            </td>
            <td class="nowrap">{dayAndTime(one.began_at)}</td>
            <td class="wide">{one.reason}</td>
            <td class="acts">
              {one.verdict ? (
                <Tag title={one.reviewed_by ?? ""}>{one.verdict}</Tag>
              ) : (
                <Button onClick={() => judge(one)}>Review</Button>
              )}
            </td>
          </tr>
        )}
      </Listing>
      {judged && (
        <FormDialog title={`${judged.display_name}: ${judged.reason}`} act="Keep the verdict" send={send} onClose={() => judge(null)}>
          {(faults) => (
            <>
              <Field label="Verdict" fault={faults["verdict"]}>
                <select name="verdict">
                  <option>justified</option>
                  <option>not justified</option>
                </select>
              </Field>
              <Field label="Note" fault={faults["note"]}>
                <input name="note" maxLength={500} autocomplete="off" />
              </Field>
            </>
          )}
        </FormDialog>
      )}
    </OfficePage>
  );
}
