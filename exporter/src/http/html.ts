// SPDX-License-Identifier: Apache-2.0
// HTML as a template tag: what is put in is escaped unless it was made by the same tag.

/** Markup that is safe to send. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes. */
export type HtmlValue = string | number | Html | readonly Html[];

/** Escapes every value, in text and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const written = strings.map((string, index) => {
    const value = values[index];
    return value === undefined ? string : string + write(value);
  });
  return new Html(written.join(''));
}

function write(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  return value.map((part) => part.text).join('');
}

const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escape(text: string): string {
  // Control characters are not allowed in HTML, escaped or not.
  return text
    .replace(/[&<>"']/g, (character) => REPLACEMENTS.get(character) ?? '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\uFFFD');
}
