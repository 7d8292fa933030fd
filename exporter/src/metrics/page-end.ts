// SPDX-License-Identifier: Apache-2.0
// What follows the hosts on the metrics page: Vireo's own metrics, translated and compressed once for each text that
// the process gives, not for each scrape.

import { endGzip } from './gzip-parts.ts';
import type { GzipEnd } from './gzip-parts.ts';
import type { ExpositionFormat } from './negotiate.ts';
import { OPENMETRICS_END, toOpenMetrics } from './openmetrics.ts';

/** The end of a page in one format. */
export class PageEnd {
  /** Not compressed. */
  readonly body: Buffer;
  private compressed: Promise<GzipEnd> | undefined;

  /** @param text - Whole families in text format 0.0.4, or nothing. */
  constructor(text: string, format: ExpositionFormat) {
    this.body = Buffer.from(format === 'text' ? text : toOpenMetrics(text) + OPENMETRICS_END);
  }

  /** Compressed; made at the first call, and again after a failure. */
  gzip(): Promise<GzipEnd> {
    if (this.compressed === undefined) {
      const compressed = endGzip(this.body);
      this.compressed = compressed;
      compressed.catch(() => {
        if (this.compressed === compressed) this.compressed = undefined;
      });
    }
    return this.compressed;
  }
}

/** The ends of one format: the newest with Vireo's own metrics, and the one without. */
export class PageEnds {
  private readonly format: ExpositionFormat;
  private readonly empty: PageEnd;
  private newest: { readonly text: string; readonly end: PageEnd };

  constructor(format: ExpositionFormat) {
    this.format = format;
    this.empty = new PageEnd('', format);
    this.newest = { text: '', end: this.empty };
  }

  /** The end for a text of the process, in format 0.0.4; made only when the text is a new one. */
  of(text: string): PageEnd {
    if (text === '') return this.empty;
    if (text !== this.newest.text) this.newest = { text, end: new PageEnd(text, this.format) };
    return this.newest.end;
  }
}
