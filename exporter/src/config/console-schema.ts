// SPDX-License-Identifier: Apache-2.0
// The keys below `console`, and those of a host about its consoles.

import { isIP } from 'node:net';
import { z } from 'zod';
import { KEY_DOCS, count, seconds } from './key-docs.ts';

/** How Vireo reaches the screens of a host. */
export const CONSOLE_WAYS = ['auto', 'local', 'ssh', 'direct', 'off'] as const;

function path(help: string) {
  return z.string().min(1).register(KEY_DOCS, { allowed: 'the path of a PEM file', help }).optional();
}

/** A host name or IP address, without brackets and port. */
function address(help: string) {
  return z
    .string()
    .max(253)
    .refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/.test(text))
    .register(KEY_DOCS, { allowed: 'a host name or IP address, without port', help })
    .optional();
}

/** The mapping `hosts[].console`. */
export const hostConsoleSchema = z
  .strictObject({
    via: z
      .enum(CONSOLE_WAYS)
      .register(KEY_DOCS, {
        allowed: `one of ${CONSOLE_WAYS.join(', ')}`,
        help: 'How its screens are reached: `local` on this machine, `ssh` through the ssh of the URI, `direct` at the address of the host; `auto` is ssh for ssh URIs, local for unix sockets, else direct; `off` gives no consoles.',
      })
      .optional(),
    address: address(
      'Where `direct` and viewers outside find the host, if not where its URI says; used when a screen listens on all addresses.',
    ),
    tlsServerName: address('The name in the certificate of its VNC servers, if not that of the URI.'),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'How the consoles of this host are reached.' });

function origin(help: string) {
  return z.string().max(300).refine(isOrigin).register(KEY_DOCS, {
    allowed: 'an origin such as https://grafana.example, without a path',
    help,
  });
}

const tlsSchema = z
  .strictObject({
    caFile: path(
      'Authorities that sign the certificates of VNC servers; libvirt’s `/etc/pki/CA/cacert.pem` if not given.',
    ),
    certificateFile: path('Certificate to show to VNC servers that ask for one (`vnc_tls_x509_verify`).'),
    keyFile: path('Its private key.'),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'TLS to VNC servers (`vnc_tls = 1` in qemu.conf).' });

/** The mapping `console`. */
export const consoleSchema = z
  .strictObject({
    publicUrl: z
      .string()
      .max(2048)
      .refine(isPublicUrl)
      // Secret, as a URL may hold a password, which is one of the reasons to refuse it.
      .register(KEY_DOCS, {
        secret: true,
        allowed: 'an http or https URL that ends in / and has no user, query or fragment',
        help: 'Where browsers find Vireo, its sub-path included: `https://ops.example/vireo/`. Needed behind a proxy; else the Host header says.',
      })
      .optional(),
    allowedOrigins: z
      .array(origin('One origin.'))
      .max(100)
      .register(KEY_DOCS, {
        allowed: 'a list of at most 100 origins',
        help: 'Origins of pages that may open consoles besides Vireo’s own.',
      })
      .optional(),
    sessionsPerDomain: count(1, 100, 'Sessions of one domain at once.'),
    sessionsPerUser: count(1, 1000, 'Sessions of one user at once; without an identity of Grafana, of one token.'),
    sessions: count(1, 10_000, 'Sessions in all.'),
    longestSessionSeconds: seconds(60, 604_800, 'How long a session may last, reconnections included.'),
    directAccess: z
      .boolean()
      .register(KEY_DOCS, {
        allowed: 'true or false',
        help: 'Give out addresses and `.vv` files for viewers that connect past Vireo, where no limit of it holds.',
      })
      .optional(),
    tls: tlsSchema.optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'Consoles in the browser.' });

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function isPublicUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash, pathname } = new URL(text);
  return username + password + search + hash === '' && !/[?#]/.test(text) && pathname.endsWith('/');
}

/** What the file says below `console`. */
export type ConsoleSection = z.infer<typeof consoleSchema>;
