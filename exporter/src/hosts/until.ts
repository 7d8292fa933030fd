// SPDX-License-Identifier: Apache-2.0
// Waiting that ends: when the work is done, the deadline has passed, or whoever waits has gone.

/** What `promise` gives, unless `signal` comes first: then its reason is thrown, and what the promise gives is dropped. */
export async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

/** When work ends at the latest. */
export interface Deadline {
  readonly ms: number;
  /** What is thrown then. */
  readonly late: () => Error;
  /** What ends it before, with their reasons. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * Runs `work` until it ends or {@link Deadline} says so; its signal tells it. No AbortSignal.any: a signal that lives as
 * long as the process would collect what is made of it.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stops = deadline.signals.flatMap((signal) => {
    if (signal === undefined) return [];
    signal.throwIfAborted();
    const stop = (): void => {
      controller.abort(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    return [{ signal, stop }];
  });
  const timer = setTimeout(() => {
    controller.abort(deadline.late());
  }, deadline.ms);
  try {
    return await until(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    for (const { signal, stop } of stops) signal.removeEventListener('abort', stop);
  }
}
