// SPDX-License-Identifier: Apache-2.0
import { negotiateFormat } from './negotiate.ts';

/** As scrape/scrape.go of each version builds it. */
const PROMETHEUS_2_42 =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const PROMETHEUS_2_5 = 'application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

describe('negotiateFormat', () => {
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['application/json', 'text'],
    ['application/*', 'text'],
    [CHROMIUM, 'text'],
    [PROMETHEUS_2_42, 'openmetrics'],
    [PROMETHEUS_3, 'openmetrics'],
    // It knows only a draft of OpenMetrics, and takes text as well.
    [PROMETHEUS_2_5, 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; q=0', 'text'],
    ['application/openmetrics-text; version=2.0.0', 'text'],
    ['text/plain, application/openmetrics-text', 'openmetrics'],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.4', 'text'],
    ['*/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.5', 'openmetrics'],
    ['application/openmetrics-text;q=0.9, application/openmetrics-text;version=1.0.0;q=0.1, text/plain;q=0.5', 'text'],
    ['application/openmetrics-text;q=x', 'text'],
    ['application/openmetrics-text;q=7', 'text'],
    [',;,=;q=,', 'text'],
  ] as const)('%j: %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format);
  });
});
