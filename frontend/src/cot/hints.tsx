/** The keys, in one quiet line. */
import { HINTS } from "./keys";

export function Hints() {
  return (
    <p class="cot-hints no-print">
      {HINTS.map(([keys, does]) => (
        <span key={keys}>
          <kbd>{keys}</kbd> {does}
        </span>
      ))}
    </p>
  );
}
