// SPDX-License-Identifier: Apache-2.0
// Which names announce a secret: of attributes, elements, options, environment variables and parameters of a URL. Errs
// towards a secret, except for what only points at one (`secret-id`, `keyfile`, `passwdValidTo`).

/** Anywhere in a name, however it is written: `vncPasswd`, `DB_PASSWORD`, `client-secret`. */
const ANYWHERE =
  /password|passwd|passphrase|secret|credential|apikey|privatekey|secretkey|accesskey|authkey|sshkey|authtoken/;

/** As a word of a name: `x-auth-token`, `luksKey`, `admin_pass`. */
const WORDS: ReadonlySet<string> = new Set([
  'pass',
  'pwd',
  'pw',
  'psk',
  'key',
  'keys',
  'token',
  'tokens',
  'ticket',
  'cookie',
  'cookies',
  'cred',
  'creds',
  'bearer',
  'jwt',
  'authorization',
]);

/** Words written together: `rootpw`, `adminpass`, `cephkey`, `sessiontoken`. */
const TOGETHER =
  /^(?:root|admin|user|db|my|vnc|spice|ssh|login|os|ipmi|bmc)(?:pass|pwd|pw)$|^(?:master|pass|crypt|encryption|shared|signing|session|storage|account|license|product|host|luks|ceph|wg)keys?$|^[a-z]+tokens?$/;

/** Last words of names that point at a secret or say something about one. */
const ABOUT: ReadonlySet<string> = new Set([
  ...['id', 'ids', 'uuid', 'ref', 'usage', 'name', 'file', 'path', 'dir', 'type', 'size', 'bits', 'length', 'format'],
  ...['algorithm', 'policy', 'to', 'expires', 'expiry', 'changed', 'required', 'url', 'uri', 'endpoint', 'count'],
]);
const ABOUT_TOGETHER = /(?:id|uuid|file|path)$/;

/** Whether what stands under this name is to be masked. `_`, `-`, `.`, `:` and capitals part words. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (words.length > 1 ? ABOUT.has(last) : ABOUT_TOGETHER.test(last)) return false;
  return ANYWHERE.test(words.join('')) || words.some((word) => WORDS.has(word) || TOGETHER.test(word));
}

/**
 * Whether an option of QEMU names an object that holds the secret, by its id: `password-secret=sec0`, `tls-creds=tls0`.
 * The secret itself stands where that object is made.
 */
export function isQemuReference(name: string): boolean {
  return /(?:^|[.-])(?:password|key|cookie|passwd)-secret$|(?:^|[.-])tls-creds$/.test(name.toLowerCase());
}

/** Parameters of a URL that sign it, or let whoever has the URL in. */
const SIGNATURES: ReadonlySet<string> = new Set(['sig', 'signature', 'auth', 'authorization', 'sas', 'code', 'hmac']);

/** Of libvirt's URIs: files of the one who reads it, who must see which one is missing. */
const PATHS: ReadonlySet<string> = new Set([
  'socket',
  'keyfile',
  'pkipath',
  'known_hosts',
  'authfile',
  'command',
  'netcat',
]);

/** Whether a parameter of a URL is a secret: by its name, or because its value looks drawn at random. */
export function isSecretParameter(name: string, value: string): boolean {
  if (PATHS.has(name) && value.startsWith('/')) return false;
  return isSecretName(name) || wordsOf(name).some((word) => SIGNATURES.has(word)) || looksRandom(value);
}

/** What a secret never is: `password: true` says that there is one. */
export function isBoolean(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|none|null)$/i.test(value);
}

/** Long, of one piece, with letters and digits: nothing a person would have thought of. */
export function looksRandom(value: string): boolean {
  return value.length >= 20 && !/\s/.test(value) && /[a-z]/i.test(value) && /\d/.test(value);
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}
