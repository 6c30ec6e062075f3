/** Reads the text of a server-sent event stream in any pieces and gives whole events. */

export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** A parser that keeps what is unfinished between two pieces of text. */
export function eventReader(onEvent: (event: ServerEvent) => void): (piece: string) => void {
  let rest = "";
  let event = "message";
  let id = "";
  let data: string[] = [];

  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) onEvent({ event, id, data: data.join("\n") });
      event = "message";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  };

  return (piece) => {
    rest += piece;
    for (let end = rest.search(/\r\n|\r(?!$)|\n/); end >= 0; end = rest.search(/\r\n|\r(?!$)|\n/)) {
      line(rest.slice(0, end));
      rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
    }
  };
}
