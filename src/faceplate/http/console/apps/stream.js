// Server-sent events of a POST, as they come.

import { Gone, refusal, send } from "../api.js";

/** Yield each event's JSON until `[DONE]`; an error event is thrown as the Problem it is. */
export async function* events(path, json, signal) {
  const response = await send("POST", path, { json, signal });
  let held = "";
  try {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (held + value).split("\n");
      held = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        if (data === "[DONE]") return;
        const event = JSON.parse(data);
        if (event.error) throw refusal(event.error.status ?? 502, { error: event.error }, null);
        yield event;
      }
    }
  } catch (error) {
    if (error instanceof TypeError) throw new Gone();
    throw error;
  }
}
