// SPDX-License-Identifier: Apache-2.0
// Devices that the API has no facts of, from a domain's XML: consoles, host devices, and the rest.

/** One device. */
export interface OtherDevice {
  /** libvirt's element: hostdev, console, video ... */
  readonly kind: string;
  readonly type?: string;
  /** What it is, or leads to: `model vga vram=16384`, `source 0000:06:00.0`. */
  readonly details: readonly string[];
  readonly alias?: string;
}

/** Those the API tells of, and those that say nothing of a guest. */
const KNOWN = new Set(['disk', 'interface', 'graphics', 'emulator', 'controller']);

/** In the document's order; undefined when it can't be read. */
export function otherDevices(xml: string): readonly OtherDevice[] | undefined {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const { documentElement: root } = document;
  if (root.localName !== 'domain') {
    return undefined;
  }
  const devices = childrenOf(root).find(({ localName }) => localName === 'devices');
  return (devices === undefined ? [] : childrenOf(devices))
    .filter(({ localName }) => !KNOWN.has(localName))
    .map((device) => {
      const type = device.getAttribute('type') ?? device.getAttribute('model') ?? device.getAttribute('mode');
      const alias = childrenOf(device)
        .find(({ localName }) => localName === 'alias')
        ?.getAttribute('name');
      return {
        kind: device.localName,
        ...(type !== null && { type }),
        details: childrenOf(device).flatMap(detailsOf),
        ...(alias && { alias }),
      };
    });
}

function detailsOf(element: Element): string[] {
  switch (element.localName) {
    case 'source':
    case 'target':
    case 'model':
    case 'backend': {
      const inner = childrenOf(element).find(({ localName }) => localName === 'address') ?? element;
      const said = attributesOf(inner);
      return said === '' ? [] : [`${element.localName} ${said}`];
    }
    default:
      return [];
  }
}

/** Attributes that say by their value alone what they are. */
const SELF_EVIDENT = new Set(['type', 'model', 'path']);

/** A PCI address as lspci writes it; anything else by its attributes. */
function attributesOf(element: Element): string {
  const part = (name: string, digits: number) =>
    (element.getAttribute(name) ?? '').replace(/^0x/, '').padStart(digits, '0');
  if (element.localName === 'address' && element.hasAttribute('domain') && element.hasAttribute('slot')) {
    return `${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`;
  }
  return [...element.attributes]
    .map(({ name, value }) => (SELF_EVIDENT.has(name) ? value : `${name}=${value}`))
    .join(' ');
}

function childrenOf(element: Element): Element[] {
  return [...element.children];
}
