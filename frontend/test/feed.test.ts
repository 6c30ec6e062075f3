import { describe, expect, it } from "vitest";
import { aheadAfter, Feed, LOST_AFTER_MS } from "../src/live/feed";
import { alarm, cot, NIGHT, snapshot } from "./ward";

describe("the watchdog of the browser", () => {
  it("hands on only the cots that changed, and the order of all", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1), cot(2)]), true, 0);
    feed.offer(snapshot(2, [cot(1), cot(2, { values: { spo2: 83 } })]), false, 1000);
    const next = feed.release();
    expect(next?.changed.map((changed) => changed.id)).toEqual([2]);
    expect(next?.order).toEqual([1, 2]);
  });

  it("lets plain numbers wait and then hands on the newest, once", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1)]), true, 0);
    expect(feed.offer(snapshot(2, [cot(1, { values: { spo2: 84 } })]), false, 100)).toBeNull();
    expect(feed.offer(snapshot(3, [cot(1, { values: { spo2: 83 } })]), false, 200)).toBeNull();
    expect(feed.release()?.changed[0]?.values).toEqual({ spo2: 83 });
    expect(feed.release()).toBeNull();
  });

  it("hands an alarm on at once: when it comes, when it is acknowledged, when it goes", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1)]), true, 0);
    expect(feed.offer(snapshot(2, [cot(1, { alarms: [alarm()] })]), false, 100)).not.toBeNull();
    expect(feed.offer(snapshot(3, [cot(1, { alarms: [alarm({ presence: "ack" })] })]), false, 200)).not.toBeNull();
    expect(feed.offer(snapshot(4, [cot(1)]), false, 300)).not.toBeNull();
  });

  it("keeps no number for later once the link is lost", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1)]), true, 0);
    feed.offer(snapshot(2, [cot(1, { values: { spo2: 84 } })]), false, 100);
    feed.isNewlyLost(10_000);
    expect(feed.release()).toBeNull();
  });

  it("has lost nothing while nobody is signed in, but counts from the last snapshot once there was one", () => {
    const feed = new Feed(0);
    for (let at = 0; at <= 60_000; at += 3_000) {
      feed.excuse(at);
      expect(feed.isNewlyLost(at + 2_900)).toBe(false);
    }
    feed.offer(snapshot(1, [cot(1)]), true, 70_000);
    feed.excuse(74_000);
    expect(feed.isNewlyLost(74_500)).toBe(true);
  });

  it("never goes backwards within a connection", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(7, [cot(1)]), true, 0);
    expect(feed.offer(snapshot(6, [cot(1)]), false, 10)).toBeNull();
  });

  it("refuses an older snapshot from another server process after a reconnect", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(7, [cot(1)]), true, 0);
    expect(feed.offer(snapshot(6, [cot(1)]), true, 10)).toBeNull();
  });

  it("starts over when the server started again, and hands on every cot", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(900, [cot(1), cot(2)]), true, 0);
    const restarted = feed.offer(snapshot(1, [cot(1), cot(2)], { at: NIGHT + 2_000_000 }), true, 1000);
    expect(restarted?.changed).toHaveLength(2);
  });

  it("calls the link lost within five seconds without a snapshot, and says so once", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1)]), true, 1000);
    expect(feed.isNewlyLost(1000 + LOST_AFTER_MS - 1)).toBe(false);
    expect(feed.isNewlyLost(1000 + LOST_AFTER_MS)).toBe(true);
    expect(feed.isNewlyLost(60_000)).toBe(false);
    expect(LOST_AFTER_MS).toBeLessThan(5_000);
  });

  it("is lost when nothing ever arrived", () => {
    expect(new Feed(0).isNewlyLost(LOST_AFTER_MS)).toBe(true);
  });

  it("is not fooled by a server that repeats the same snapshot", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1)]), true, 0);
    for (let t = 1000; t < LOST_AFTER_MS; t += 1000) feed.offer(snapshot(1, [cot(1)]), false, t);
    expect(feed.isNewlyLost(LOST_AFTER_MS)).toBe(true);
  });

  it("hands on every cot after a loss, because the page has taken all values away", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(1, [cot(1), cot(2)]), true, 0);
    feed.isNewlyLost(10_000);
    expect(feed.offer(snapshot(2, [cot(1), cot(2)]), true, 11_000)?.changed).toHaveLength(2);
  });

  it("takes a server back whose clock and sequence both went back, once the old one is lost", () => {
    const feed = new Feed(0);
    feed.offer(snapshot(900, [cot(1)]), true, 0);
    feed.isNewlyLost(10_000);
    expect(feed.offer(snapshot(1, [cot(1)], { at: NIGHT - 3_600_000 }), true, 11_000)).not.toBeNull();
  });

  it("believes the least delayed snapshot about the server's clock, and takes a jump at once", () => {
    expect(aheadAfter(100, 40)).toBe(95);
    expect(aheadAfter(100, 104)).toBe(104);
    expect(aheadAfter(100, 3_600_000)).toBe(3_600_000);
    expect(aheadAfter(100, -3_600_000)).toBe(-3_600_000);
  });
});
