// SPDX-License-Identifier: Apache-2.0
// The WebSocket of one session. Binary frames are the console's bytes, for noVNC or the terminal; text frames are the
// server's notices, which those must not see. It has what noVNC wants of a WebSocket.

/** Opens the console that a ticket stands for. */
export class Channel {
  constructor(ticket, { onNotice, onClose }) {
    // Relative, so it is right below any prefix a proxy gives us.
    const url = new URL('../api/v1/console', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    this.onopen = null;
    this.onmessage = null;
    this.onclose = null;
    this.onerror = null;
    this.opened = false;
    this.socket = new WebSocket(url, ['binary', `ticket.${ticket}`]);
    this.socket.binaryType = 'arraybuffer';
    this.early = [];
    this.socket.onopen = (event) => {
      this.opened = true;
      this.onopen?.(event);
    };
    this.socket.onerror = (event) => this.onerror?.(event);
    this.socket.onmessage = (event) => {
      if (typeof event.data === 'string') onNotice(JSON.parse(event.data));
      else if (this.onmessage === null) this.early.push(event);
      else this.onmessage(event);
    };
    this.socket.onclose = (event) => {
      this.onclose?.(event);
      onClose(event, this.opened);
    };
  }

  /** Hands out what came before somebody listened. */
  flush() {
    for (const event of this.early.splice(0)) this.onmessage?.(event);
  }

  get protocol() {
    return this.socket.protocol;
  }

  get readyState() {
    return this.socket.readyState;
  }

  get bufferedAmount() {
    return this.socket.bufferedAmount;
  }

  get binaryType() {
    return this.socket.binaryType;
  }

  set binaryType(type) {
    this.socket.binaryType = type;
  }

  send(data) {
    this.socket.send(data);
  }

  close() {
    this.socket.close();
  }
}
