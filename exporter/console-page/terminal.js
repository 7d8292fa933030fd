// SPDX-License-Identifier: Apache-2.0
// The text console: xterm.js, loaded only when it is needed.

/** xterm.js writes its theme into <style> elements, which our policy forbids; style sheets made by script it allows. */
function adoptStyles() {
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    if (String(name).toLowerCase() !== 'style') return create(name, options);
    // Stands where the style would, and is none: even an empty one is against the policy.
    const element = create('span');
    element.hidden = true;
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets.push(sheet);
    Object.defineProperty(element, 'textContent', { set: (text) => sheet.replaceSync(text), get: () => '' });
    return element;
  };
  return () => {
    delete document.createElement;
  };
}

function loadXterm() {
  return new Promise((resolve, reject) => {
    if (globalThis.Terminal !== undefined) {
      resolve();
      return;
    }
    const script = document.createElement('script');
    script.src = 'xterm/lib/xterm.js';
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error('xterm.js could not be loaded')));
    document.head.append(script);
  });
}

/** Shows a text console. Returns how to type into it and how to take it away. */
export async function openTerminal(place, channel, canType) {
  await loadXterm();
  const restore = adoptStyles();
  const terminal = new globalThis.Terminal({ cursorBlink: canType, disableStdin: !canType, screenReaderMode: true });
  terminal.open(place);
  restore();
  const encoder = new TextEncoder();
  const type = (text) => channel.send(encoder.encode(text));
  if (canType) terminal.onData(type);
  channel.onmessage = ({ data }) => terminal.write(new Uint8Array(data));
  channel.flush();
  if (canType) terminal.focus();
  return { type, focus: () => terminal.focus(), dispose: () => terminal.dispose() };
}
