// SPDX-License-Identifier: Apache-2.0
// Answers as Loki does from the exporter's own log lines, labelled as docs/logs.md says: service_name, host, event and
// level are labels, the other fields structured metadata. Of LogQL it knows a selector, line filters, `| json` and label
// filters; anything else is an error, as it is in Loki when it is wrong.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogLine } from './exporter.ts';
import { sendJson, splitQuery } from './grafana-proxy.ts';

/** What a selector can ask for. */
const LABELS: readonly string[] = ['service_name', 'host', 'event', 'level'];
const OPERATORS: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  '=': (value, wanted) => value === wanted,
  '!=': (value, wanted) => value !== wanted,
  '=~': (value, wanted) => new RegExp(`^(?:${wanted})$`).test(value),
  '!~': (value, wanted) => !new RegExp(`^(?:${wanted})$`).test(value),
};
const LINE_FILTERS: Readonly<Record<string, (line: string, wanted: string) => boolean>> = {
  '|=': (line, wanted) => line.includes(wanted),
  '!=': (line, wanted) => !line.includes(wanted),
  '|~': (line, wanted) => new RegExp(wanted).test(line),
  '!~': (line, wanted) => !new RegExp(wanted).test(line),
};
const STRING = String.raw`("(?:[^"\\]|\\.)*"|${'`[^`]*`'})`;
const MATCHER = new RegExp(String.raw`^\s*(\w+)\s*(=~|!~|!=|=)\s*${STRING}\s*,?`);
const LINE_FILTER = new RegExp(String.raw`^\s*(\|=|\|~|!=|!~)\s*${STRING}`);

type Fields = Readonly<Record<string, string>>;

/** Whether a line is what a query asks for. */
export type LogFilter = (fields: Fields, line: string) => boolean;

function textOf(literal: string): string {
  return literal.startsWith('`') ? literal.slice(1, -1) : (JSON.parse(literal) as string);
}

/** Reads a query of the kind the head of this file says. @throws what of it is not known */
export function parseLogQuery(query: string): LogFilter {
  const filters: LogFilter[] = [];
  /** Takes matchers from the front of a text; gives what follows them. */
  function takeMatchers(text: string, known: (label: string) => boolean): string {
    let rest = text;
    for (let match = MATCHER.exec(rest); match !== null; match = MATCHER.exec(rest)) {
      const [whole, label = '', operator = '', literal = ''] = match;
      const wanted = textOf(literal);
      const valueOf = (fields: Fields): string => (known(label) ? (fields[label] ?? '') : '');
      filters.push((fields) => OPERATORS[operator]?.(valueOf(fields), wanted) === true);
      rest = rest.slice(whole.length).replace(/^\s*and\s/, '');
    }
    return rest;
  }
  const [, selector, pipeline = ''] = /^\s*\{([^}]*)\}(.*)$/s.exec(query) ?? [];
  if (selector === undefined || takeMatchers(selector, (label) => LABELS.includes(label)).trim() !== '')
    throw new Error(`parse error: ${query}`);
  let rest = pipeline;
  while (rest.trim() !== '') {
    const line = LINE_FILTER.exec(rest);
    if (line !== null) {
      const [whole, operator = '', literal = ''] = line;
      const wanted = textOf(literal);
      filters.push((_, text) => LINE_FILTERS[operator]?.(text, wanted) === true);
      rest = rest.slice(whole.length);
    } else if (/^\s*\|\s*json\b/.test(rest)) rest = rest.replace(/^\s*\|\s*json\b/, '');
    else {
      const after = /^\s*\|/.test(rest) ? takeMatchers(rest.replace(/^\s*\|/, ''), () => true) : rest;
      if (after.length >= rest.trimEnd().length - 1) throw new Error(`parse error: ${rest.trim()} in ${query}`);
      rest = after;
    }
  }
  return (fields, line) => filters.every((filter) => filter(fields, line));
}

function fieldsOf(line: LogLine): Fields {
  const entries = Object.entries(line).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { ...Object.fromEntries(entries), service_name: 'vireo' };
}

/** Answers `/loki/api/v1/query_range` from the lines there are when it is asked; any other path is not found. */
export function logBackend(
  lines: () => readonly LogLine[],
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const [path, query = ''] = splitQuery(request.url ?? '');
    if (!path.endsWith('/loki/api/v1/query_range')) {
      sendJson(response, 404, { message: 'page not found' });
      return;
    }
    const parameters = new URLSearchParams(query);
    const [start, end] = [milliseconds(parameters.get('start')), milliseconds(parameters.get('end'))];
    try {
      const wanted = parseLogQuery(parameters.get('query') ?? '');
      const found = lines()
        .map((line) => ({ fields: fieldsOf(line), text: JSON.stringify(line), atMs: Number(line['time']) }))
        .filter(({ fields, text, atMs }) => atMs >= start && atMs < end && wanted(fields, text))
        .reverse()
        .slice(0, Number(parameters.get('limit') ?? 100));
      const result = found.map(({ fields, text, atMs }) => ({
        // Structured metadata comes among the labels.
        stream: fields,
        values: [[`${String(atMs)}000000`, text]],
      }));
      sendJson(response, 200, { status: 'success', data: { resultType: 'streams', result } });
    } catch (error) {
      sendJson(response, 400, { status: 'error', error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** Nanoseconds as text, as the query has them. */
function milliseconds(ns: string | null): number {
  return ns === null ? Number.NaN : Number(ns.slice(0, -6));
}
