/** What the HIPAA checks found when they were run last; running them again. */
import type { Iso } from "../api/types";
import { post } from "../api/client";
import { dayAndTime } from "../format";
import { useLoad } from "../parts/load";
import { Listing, OfficePage } from "../parts/office";
import { Button, Tag } from "../parts/parts";
import { attempt } from "../parts/toast";

type State = "pass" | "fail" | "warn" | "unknown" | "manual";

interface Check {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly state: State;
  readonly evidence: string;
  readonly clause: string;
  readonly remedy: string;
  readonly suppression: { readonly reason: string; readonly expires: string; readonly expired: boolean } | null;
}

interface Run {
  readonly at: Iso;
  readonly ran_by: string;
  readonly summary: string;
  readonly checks: readonly Check[];
}

const LOOKS: Readonly<Record<State, string>> = { pass: "", fail: "high", warn: "medium", unknown: "low", manual: "" };
const WORST_FIRST: readonly State[] = ["fail", "warn", "unknown", "manual", "pass"];

export default function ChecksPage() {
  const { data, error, again } = useLoad<Run>("/api/compliance");
  const none = (error as { status?: number } | null)?.status === 404;
  const run = (): void => void attempt("The checks were run", () => post("/api/compliance")).then(again);
  const checks = none ? [] : data && [...data.checks].sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state));
  return (
    <OfficePage
      title="HIPAA checks"
      said={data ? `${dayAndTime(data.at)}, by ${data.ran_by}: ${data.summary}. No statement of compliance.` : undefined}
      tools={<Button onClick={run}>Run now</Button>}
    >
      <Listing
        items={checks}
        error={none ? null : error}
        again={again}
        heads={["State", "What", "Seen", "45 CFR", "Remedy"]}
        empty={["Never run here", "Run them now, or with nicu hipaa check."]}
      >
        {(check) => (
          <tr key={check.id}>
            <td>
              <Tag look={LOOKS[check.state]}>{check.state}</Tag>
              {check.suppression && !check.suppression.expired && <small class="dim"> accepted until {check.suppression.expires}</small>}
            </td>
            <td title={check.id}>{check.title}</td>
            <td class="wide">{check.evidence}</td>
            <td class="dim">{check.clause}</td>
            <td class="dim wide">{check.state === "pass" ? "" : check.remedy}</td>
          </tr>
        )}
      </Listing>
    </OfficePage>
  );
}
