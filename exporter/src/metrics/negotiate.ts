// SPDX-License-Identifier: Apache-2.0
// Which of the two formats a client gets (RFC 9110, 12.5.1).

/** A format of the page. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** How exactly a range of the header names a format; the more exact one decides. */
type Exactness = 0 | 1 | 2 | 3;

interface Preference {
  readonly exactness: Exactness;
  readonly quality: number;
}

const NONE: Preference = { exactness: 0, quality: 0 };

/**
 * The format an Accept header asks for: OpenMetrics 1.0 when it is named and not liked less than text, else text. A
 * client that takes neither gets text too: an answer it can complain about helps more than none.
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  let text = NONE;
  let openMetrics = NONE;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    const version = valueOf(parameters, 'version');
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0')) {
      openMetrics = better(openMetrics, { exactness: version === undefined ? 2 : 3, quality });
    } else if (type === 'text/plain' && (version === undefined || version === '0.0.4')) {
      text = better(text, { exactness: version === undefined ? 2 : 3, quality });
    } else if (type === 'text/*' || type === '*/*') {
      text = better(text, { exactness: 1, quality });
    }
  }
  return openMetrics.quality > 0 && openMetrics.quality >= text.quality ? 'openmetrics' : 'text';
}

function better(one: Preference, other: Preference): Preference {
  if (other.exactness !== one.exactness) return other.exactness > one.exactness ? other : one;
  return other.quality > one.quality ? other : one;
}

function qualityOf(parameters: readonly string[]): number {
  const quality = Number(valueOf(parameters, 'q') ?? '1');
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function valueOf(parameters: readonly string[], name: string): string | undefined {
  for (const parameter of parameters) {
    const [key, value] = parameter.split('=', 2).map((part) => part.trim());
    if (key === name) return value?.replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
