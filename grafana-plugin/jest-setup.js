// SPDX-License-Identifier: Apache-2.0
// What jsdom lacks and @grafana/ui 13.2 with React 19 asks for.
import './.config/jest-setup';
import { configure } from '@testing-library/dom';

// A busy machine is no fault; tests wait for what they name, not for time.
configure({ asyncUtilTimeout: 10_000 });

// Not that of worker_threads, which keeps jest from ending.
class MessageChannel {
  port1 = { onmessage: null };
  port2 = { postMessage: (data) => setTimeout(() => this.port1.onmessage?.({ data }), 0) };
}
class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}
// A stream of which nothing comes: as behind a proxy that holds it back.
class EventSource extends EventTarget {
  close() {}
}
globalThis.EventSource ??= EventSource;
globalThis.MessageChannel ??= MessageChannel;
globalThis.ResizeObserver ??= Observer;
globalThis.IntersectionObserver ??= Observer;

// jsdom draws nothing; @grafana/ui asks a canvas how wide a text is.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: text.length * 8 }) });
URL.createObjectURL ??= () => 'blob:jsdom';
URL.revokeObjectURL ??= () => undefined;
URL.canParse ??= (address) => {
  try {
    return Boolean(new URL(address));
  } catch {
    return false;
  }
};
