/** Who lies here and what to know first. */
import type { ComponentChildren } from "preact";
import type { Baby, Patient } from "../api/types";
import { dayAndTime, number, roughly } from "../format";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { preferences } from "../preferences";
import { ORIGINS } from "../wall/words";
import { Tag } from "../parts/parts";

const SEX = { female: "girl", male: "boy", unknown: "sex not known" } as const;

interface Props {
  cot: CotLive;
  baby: Baby | null;
  patient: Patient | null;
  back: number | null;
  next: number | null;
}

export function Header({ cot, baby, patient, back, next }: Props) {
  const origin = ORIGINS[cot.origin.value ?? ""];
  return (
    <header class="cot-header">
      <a class="cot-back" href="/" title="Back to the wall (Escape)">
        ← Wall
      </a>
      <nav class="cot-place" aria-label="Cots">
        <Neighbour id={back} text="‹" title="Previous cot ([)" />
        <h1>{cot.label.value}</h1>
        <Neighbour id={next} text="›" title="Next cot (])" />
      </nav>
      {baby ? <Who baby={baby} patient={patient} /> : <p class="cot-who">No baby in this cot</p>}
      {origin && <Tag look="synthetic" title="These readings do not come from a device on a real baby">{origin}</Tag>}
      {baby && <Facts cot={cot} baby={baby} patient={patient} />}
    </header>
  );
}

function Neighbour({ id, text, title }: { id: number | null; text: string; title: string }) {
  return id === null ? <span aria-hidden="true" /> : (
    <a href={`/cots/${id}`} title={title} aria-label={title}>
      {text}
    </a>
  );
}

function Who({ baby, patient }: { baby: Baby; patient: Patient | null }) {
  const names = preferences.value.names;
  const name = names === "name" ? baby.name : names === "initials" ? baby.initials : "Name hidden";
  const weight = patient?.birth_weight_g;
  const born = [baby.ga && `born ${baby.ga}`, weight && `${grams(weight)} g`].filter(Boolean).join(", ");
  const facts = [patient && names === "name" && `MRN ${patient.mrn}`, baby.sex && SEX[baby.sex], born].filter(Boolean);
  return (
    <div class="cot-who">
      <b>{name}</b>
      <small>{facts.join(" · ")}</small>
    </div>
  );
}

const grams = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");

function Facts({ cot, baby, patient }: { cot: CotLive; baby: Baby; patient: Patient | null }) {
  const free = cot.eventFree.value;
  const weight = cot.value("weight").value;
  const fio2 = cot.value("fio2").value;
  const lastAt = cot.lastAt.value;
  const reset = free?.since ? `${free.last_kind ?? "event"} ${dayAndTime(free.since)}` : null;
  const lost = ward.link.value.state === "lost";
  return (
    <dl class="cot-facts">
      <Fact name="PMA" title={patient?.corrected ? `Corrected age ${patient.corrected}` : ""}>
        {baby.pma ?? "–"}
      </Fact>
      <Fact name="Day of life">{baby.day_of_life ?? "–"}</Fact>
      {weight !== null && <Fact name="Weight">{grams(weight)} g</Fact>}
      {free && (
        <Fact name={reset ? `Without event since ${reset.slice(0, -17)}` : "Without event"} title={reset ? `Counting began again with ${reset}` : "No event on record"}>
          {free.days} d · {free.needed} needed
        </Fact>
      )}
      <Fact name="FiO2">{fio2 === null ? "–" : `${number(fio2)} %`}</Fact>
      <Fact name="Source" title={lastAt === null ? "" : `Last reading ${dayAndTime(lastAt, true)}`}>
        {cot.source.value ?? "–"}
        {lastAt !== null && !lost && ` · ${roughly(now.value - lastAt)}`}
      </Fact>
    </dl>
  );
}

function Fact({ name, title = "", children }: { name: string; title?: string; children: ComponentChildren }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
