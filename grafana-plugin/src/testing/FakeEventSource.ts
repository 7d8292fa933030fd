// SPDX-License-Identifier: Apache-2.0
// An event stream that tests speak through; jsdom has none.

/** Every one that was opened stands in `opened`. */
export class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];

  static readonly open = (address: string): EventSource => new FakeEventSource(address) as unknown as EventSource;

  isClosed = false;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  /** Sends an event as Vireo does. */
  say(type: string, data: object = {}): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  close(): void {
    this.isClosed = true;
  }
}
