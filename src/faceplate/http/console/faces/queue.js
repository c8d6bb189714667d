// Work done a few at a time, which waits as a whole when the server is gone or says later.

import { Gone } from "../api.js";

const MOST_WAITS = 20;
const LONGEST_WAIT_S = 60;
const GONE_MS = 1500;

/**
 * Make a queue. `work(item)` is tried again while the server does not answer or is too busy, as
 * `waits(item)` tells; any other error is for `fails(item, error)`.
 */
export function queued(atOnce, work, fails, waits = () => null) {
  const items = [];
  let running = 0;
  let resting = 0;

  async function next() {
    if (resting || running >= atOnce || items.length === 0) return;
    const item = items.shift();
    running += 1;
    next();
    try {
      await work(item);
    } catch (error) {
      const pause = pauseOf(item, error);
      if (pause) {
        items.unshift(item);
        resting += 1;
        setTimeout(() => {
          resting -= 1;
          next();
        }, pause);
        waits(item);
      } else {
        fails(item, error);
      }
    } finally {
      running -= 1;
      next();
    }
  }

  return {
    add(added, first) {
      items[first ? "unshift" : "push"](...added);
      next();
    },
    /** Put what has not been begun, or waits, out of the queue, and return it. */
    stop: () => items.splice(0),
  };
}

function pauseOf(item, error) {
  if (error instanceof Gone) return GONE_MS;
  const seconds = Number(error.retryAfter) || 1;
  if ((error.status !== 429 && error.status !== 503) || seconds > LONGEST_WAIT_S) return 0;
  item.waits = (item.waits ?? 0) + 1;
  return item.waits < MOST_WAITS ? seconds * 1000 : 0;
}
