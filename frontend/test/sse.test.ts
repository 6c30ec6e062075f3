import { describe, expect, it } from "vitest";
import { eventReader, type ServerEvent } from "../src/live/sse";

function read(pieces: readonly string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const reader = eventReader((event) => events.push(event));
  for (const piece of pieces) reader(piece);
  return events;
}

const STREAM = 'retry: 500\n\n: hello\nevent: snapshot\nid: 7\ndata: {"seq":7}\n\nevent: snapshot\r\nid: 8\r\ndata: {"seq"\r\ndata: :8}\r\n\r\n';

describe("the stream of events", () => {
  it("gives whole events with their name and id", () => {
    expect(read([STREAM])).toEqual([
      { event: "snapshot", id: "7", data: '{"seq":7}' },
      { event: "snapshot", id: "8", data: '{"seq"\n:8}' },
    ]);
  });

  it("gives the same events however the bytes are split", () => {
    const whole = read([STREAM]);
    for (let cut = 1; cut < STREAM.length; cut += 1) expect(read([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(whole);
    expect(read([...STREAM])).toEqual(whole);
  });
});
