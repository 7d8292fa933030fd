// SPDX-License-Identifier: Apache-2.0
// A domain's XML without its secrets. libvirt leaves out those it knows (a VNC password, unless it is asked for SECURE
// data); a person or a program has written others where libvirt does not look: QEMU's command line, firmware entries,
// metadata, URLs. Nothing is written anew: what is no secret stays as it was, character by character.

import { locateXml } from './locate-xml.ts';
import type { LocatedAttribute, LocatedElement, LocatedText, XmlRange } from './locate-xml.ts';
import { isBoolean, isSecretName, looksRandom } from './secret-names.ts';
import { REDACTED, findSecrets, isSecretFirmwareEntry } from './secret-text.ts';
import type { TextKind } from './secret-text.ts';

export { REDACTED } from './secret-text.ts';

/** What an element inherits from those around it. */
interface Surroundings {
  readonly parent: string;
  /** All text and what is not {@link HARMLESS} is secret. */
  readonly isSecret: boolean;
  /** All text is secret. */
  readonly isTextSecret: boolean;
  /** The name in a pair of name and value: calls itself `key` and is none. */
  readonly isPairName: boolean;
  /** Not libvirt's own: anything may be written in any way. */
  readonly isForeign: boolean;
}

/** Attributes of a secret element that say which secret and of what kind, as libvirt's `<secret type uuid usage/>` does. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['type', 'uuid', 'usage', 'name', 'id', 'format', 'algorithm', 'username', 'user', 'version', 'expires', 'ref'],
]);
/** `<property name='password' value='x'/>`, `<key>password</key><string>x</string>` */
const NAMES: ReadonlySet<string> = new Set(['name', 'key', 'id', 'property', 'label', 'option']);
const VALUES: ReadonlySet<string> = new Set(['value', 'val', 'content', 'data', 'string', 'text']);
/** Of `<launchSecurity>`: what wraps the keys of the guest's memory. */
const LAUNCH_SECRETS: ReadonlySet<string> = new Set(['dhCert', 'session']);

/**
 * The document with every secret replaced by `[redacted]`; all else is kept as it is. What points at a secret (a UUID, a
 * file) is kept, and so are empty values. Applied again it changes nothing.
 *
 * @throws {@link XmlError} for what is no well-formed XML: what cannot be read cannot be freed of secrets.
 */
export function redactDomainXml(xml: string): string {
  const { root, remarks } = locateXml(xml);
  const masks: XmlRange[] = [];
  for (const remark of remarks) maskWithin(remark, 'lines', masks);
  maskElement(root, { parent: '', isSecret: false, isTextSecret: false, isPairName: false, isForeign: false }, masks);
  return replace(xml, masks);
}

function maskElement(element: LocatedElement, around: Surroundings, masks: XmlRange[]): void {
  const name = localName(element.name);
  const isForeign = around.isForeign || element.name.includes(':') || name === 'metadata';
  const isSecret =
    around.isSecret ||
    (!around.isPairName && isSecretName(name)) ||
    (around.parent === 'launchSecurity' && LAUNCH_SECRETS.has(name)) ||
    (isForeign && isNamedSecret(element));
  const isTextSecret =
    around.isTextSecret || isSecret || name === 'auth' || name === 'encryption' || isNamedSecret(element);

  for (const attribute of element.attributes) {
    if (isSecretAttribute(element, attribute, around, isSecret)) maskWhole(attribute.value, masks);
    else maskWithin(attribute.value, attributeKind(name, attribute, around, isForeign), masks);
  }
  for (const run of element.runs) {
    // White space between elements is no secret.
    if (isTextSecret && run.text.trim() !== '') maskWhole(run, masks);
    else maskWithin(run, textKind(name, around, isForeign), masks);
  }
  for (const remark of element.remarks) maskWithin(remark, 'lines', masks);

  if (name === 'commandline') maskAfterOptions(element, masks);
  const pairs = pairsOf(element);
  for (const child of element.elements) {
    const role = localName(child.name).toLowerCase();
    maskElement(
      child,
      {
        parent: name,
        isSecret: isSecret || (pairs.isSecret && VALUES.has(role)),
        isTextSecret,
        isPairName: pairs.hasValue && NAMES.has(role) && isName(textOf(child)),
        isForeign,
      },
      masks,
    );
  }
}

function isSecretAttribute(
  element: LocatedElement,
  { name, value: { text } }: LocatedAttribute,
  around: Surroundings,
  isSecret: boolean,
): boolean {
  if (isNamespace(name)) return false;
  const local = localName(name);
  if (isSecret && !HARMLESS.has(local)) return true;
  if (isSecret && around.isForeign && looksRandom(text)) return true;
  if (VALUES.has(local) && isNamedSecret(element)) return true;
  if (!isSecretName(local) || isBoolean(text)) return false;
  // <tpm><backend><encryption secret='UUID'/>: the name of one of libvirt's secrets.
  const isReference = around.parent === 'backend' && local === 'secret' && /^[\da-f-]{32,36}$/i.test(text);
  const isPairName = local === 'key' && isName(text) && hasContent(element);
  return !isReference && !isPairName;
}

/** Whether it calls itself a secret: `<entry name='opt/token'>`, `<prop key='password' value='x'/>`. */
function isNamedSecret(element: LocatedElement): boolean {
  const isEntry = localName(element.name) === 'entry';
  return element.attributes.some(({ name, value: { text } }) => {
    if (!NAMES.has(localName(name)) || isNamespace(name)) return false;
    return isSecretName(text) || (isEntry && isSecretFirmwareEntry(text));
  });
}

/** The value after an option of the emulator that takes a secret, each an element of its own. */
function maskAfterOptions(commandLine: LocatedElement, masks: XmlRange[]): void {
  let isSecretNext = false;
  for (const argument of commandLine.elements) {
    if (localName(argument.name) !== 'arg') continue;
    const value = argument.attributes.find(({ name }) => localName(name) === 'value')?.value;
    if (value === undefined) continue;
    if (isSecretNext) maskWhole(value, masks);
    const option = /^--?([A-Za-z][\w-]*)$/.exec(value.text)?.[1];
    isSecretNext = option !== undefined && isSecretName(option);
  }
}

/** Whether children make pairs of name and value, and whether one of the names is a secret's. */
function pairsOf(parent: LocatedElement): { readonly hasValue: boolean; readonly isSecret: boolean } {
  const roles = parent.elements.map((child) => localName(child.name).toLowerCase());
  if (!roles.some((role) => VALUES.has(role))) return { hasValue: false, isSecret: false };
  const names = parent.elements.filter((_, index) => NAMES.has(roles[index] ?? ''));
  return { hasValue: true, isSecret: names.some((child) => isSecretName(textOf(child))) };
}

function attributeKind(
  element: string,
  { name }: LocatedAttribute,
  around: Surroundings,
  isForeign: boolean,
): TextKind {
  if (element === 'source' && localName(name) === 'query') return 'query';
  if (around.parent === 'commandline') return 'option';
  return isForeign ? 'lines' : 'plain';
}

function textKind(element: string, around: Surroundings, isForeign: boolean): TextKind {
  if (element === 'cmdline') return 'words';
  if (element === 'initarg' || element === 'initenv') return 'option';
  const isProse = element === 'title' || element === 'description' || element === 'entry';
  return isForeign || isProse || around.parent === 'sysinfo' ? 'lines' : 'plain';
}

/** All of it, but for white space around; of nothing but white space, that. */
function maskWhole(value: LocatedText, masks: XmlRange[]): void {
  const { text } = value;
  const trimmed = text.trim() === '' ? text : text.trim();
  if (isBoolean(trimmed)) return;
  const start = text.indexOf(trimmed);
  masks.push(...value.ranges(start, start + trimmed.length));
}

function maskWithin(value: LocatedText, kind: TextKind, masks: XmlRange[]): void {
  for (const { start, end } of findSecrets(value.text, kind)) masks.push(...value.ranges(start, end));
}

function replace(xml: string, masks: XmlRange[]): string {
  let result = '';
  let at = 0;
  let last: XmlRange | undefined;
  for (const mask of masks.sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (last !== undefined && mask.start < last.end) {
      last = { start: last.start, end: Math.max(last.end, mask.end) };
      at = Math.max(at, last.end);
      continue;
    }
    result += xml.slice(at, mask.start) + REDACTED;
    at = mask.end;
    last = mask;
  }
  return result + xml.slice(at);
}

/** Short and of plain words: what a person calls a thing, not a key. */
function isName(text: string): boolean {
  return /^[A-Za-z_][\w.:/ -]{0,63}$/.test(text) && !looksRandom(text);
}

function hasContent(element: LocatedElement): boolean {
  return (
    element.elements.length > 0 ||
    textOf(element) !== '' ||
    element.attributes.some(({ name }) => VALUES.has(localName(name)))
  );
}

function textOf(element: LocatedElement): string {
  return element.runs
    .map((run) => run.text)
    .join('')
    .trim();
}

function isNamespace(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
