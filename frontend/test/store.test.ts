import { effect } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../src/api/types";
import { Ward } from "../src/live/store";
import { alarm, cot, snapshot } from "./ward";

function take(ward: Ward, { cots, ...head }: Snapshot): void {
  ward.apply({ head, order: cots.map((one) => one.id), changed: cots });
}

describe("the ward in the browser", () => {
  it("shows the values of the newest snapshot", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3)]));
    expect(ward.cot(3).value("spo2").value).toBe(94);
    expect(ward.link.value.state).toBe("live");
  });

  it("has no value for a parameter that is no longer sent", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3)]));
    take(ward, snapshot(2, [cot(3, { values: { heart_rate: 150 }, missing: { spo2: ["probe off", 5] } })]));
    expect(ward.cot(3).value("spo2").value).toBeNull();
    expect(ward.cot(3).missing.value["spo2"]).toEqual(["probe off", 5]);
  });

  it("takes every value of every cot away when the connection is lost", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3), cot(4)]));
    ward.lose(1234);
    for (const id of [3, 4]) {
      expect(ward.cot(id).value("spo2").value).toBeNull();
      expect(ward.cot(id).present.value).toEqual([]);
      expect(ward.cot(id).missing.value["heart_rate"]).toEqual(["no connection", 1234]);
    }
    expect(ward.link.value).toEqual({ state: "lost", since: 1234 });
  });

  it("shows values again with the first snapshot after a loss", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3)]));
    ward.lose(1234);
    take(ward, snapshot(2, [cot(3)]));
    expect(ward.cot(3).value("spo2").value).toBe(94);
    expect(ward.cot(3).missing.value).toEqual({});
  });

  it("tells nothing on when nothing changed", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3, { alarms: [alarm()] })]));
    let told = 0;
    const stop = effect(() => {
      const here = ward.cot(3);
      void [here.alarms.value, here.baby.value, here.flags.value, here.value("spo2").value, ward.head.value, ward.alarms()];
      told += 1;
    });
    take(ward, snapshot(2, [cot(3, { alarms: [alarm()] })]));
    stop();
    expect(told).toBe(1);
  });

  it("gathers the alarms of the unit and of all cots", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3, { alarms: [alarm({ id: 7 })] })], { alarms: [alarm({ id: 8, cot_id: null })] }));
    expect(ward.alarms().map((one) => one.id)).toEqual([8, 7]);
  });

  it("forgets the alarms of a cot that was taken out of the unit", () => {
    const ward = new Ward();
    take(ward, snapshot(1, [cot(3, { alarms: [alarm()] })]));
    take(ward, snapshot(2, []));
    expect(ward.alarms()).toEqual([]);
  });
});
