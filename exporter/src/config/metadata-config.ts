// SPDX-License-Identifier: Apache-2.0
// The key `metadata`: what of a domain's XML becomes a label of libvirt_domain_metadata_info.

import { z } from 'zod';
import { parseXPath, XPathError } from '../xml/xpath.ts';
import type { LabelledPath, XPath } from '../xml/xpath.ts';
import type { KeyPath } from './config-file.ts';
import { KEY_DOCS } from './key-docs.ts';

/** More labels than anybody reads; every domain's series carries all of them. */
const LABELS_MAX = 32;

/** The keys that say where in a domain's XML something is. */
export function pathShape() {
  return {
    xpath: z.string().min(1).max(1024).register(KEY_DOCS, {
      allowed: 'a path such as /domain/metadata/app:owner/@name',
      help: 'Where the value is: child steps with `*` and prefixes, `//` once, conditions `[2]`, `[@a]`, `[@a="x"]`, `[child="x"]`, at the end `@attribute` or `text()`. The first value that is not empty counts, at most 1,024 characters of it.',
    }),
    namespaces: z
      .record(z.string().regex(/^[\p{L}_][\p{L}\p{M}\p{N}._-]*$/u), z.string().min(1))
      .register(KEY_DOCS, {
        allowed: 'a mapping of prefixes to namespace URIs',
        help: 'What the prefixes of the path stand for; those of the document may be others.',
      })
      .optional(),
  };
}

const entrySchema = z
  .strictObject({
    label: z
      .string()
      .max(64)
      .regex(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/)
      .refine((label) => label !== 'host' && label !== 'domain')
      .register(KEY_DOCS, {
        allowed: '1 to 64 letters, digits and underscores, not beginning with a digit or __, and not host or domain',
        help: 'The name of the label; no two entries share one.',
      }),
    ...pathShape(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping with label, xpath and namespaces', help: 'One label.' });

/** The key `metadata`. */
export const metadataSchema = z
  .array(entrySchema)
  .max(LABELS_MAX)
  .register(KEY_DOCS, {
    allowed: `a list of at most ${String(LABELS_MAX)} mappings with label and xpath`,
    help: 'Labels of `libvirt_domain_metadata_info` with what the XML of each domain says.',
  });

/** Reads the paths; each that is none is a problem. */
export function decideMetadata(
  entries: z.infer<typeof metadataSchema>,
  report: (at: KeyPath, text: string) => unknown,
): LabelledPath[] {
  const labels = new Set<string>();
  return entries.flatMap(({ label, xpath, namespaces }, index) => {
    if (labels.has(label)) report(['metadata', index, 'label'], `"${label}" is given twice; keep one`);
    labels.add(label);
    const path = checkPath({ xpath, namespaces }, ['metadata', index, 'xpath'], report);
    return path === undefined ? [] : [{ label, path }];
  });
}

/** Reads one path; undefined, and reported, when it is none. */
export function checkPath(
  { xpath, namespaces }: { readonly xpath: string; readonly namespaces?: Record<string, string> | undefined },
  at: KeyPath,
  report: (at: KeyPath, text: string) => unknown,
): XPath | undefined {
  try {
    return parseXPath(xpath, namespaces);
  } catch (error) {
    if (!(error instanceof XPathError)) throw error;
    report(at, `${JSON.stringify(xpath.slice(0, 60))} is not understood: ${error.message}`);
    return undefined;
  }
}
