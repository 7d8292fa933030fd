// SPDX-License-Identifier: Apache-2.0

import { pathFault } from './path-hygiene.ts';

/** Percent-encodes every character, so many times. */
function encoded(text: string, times: number): string {
  let result = text;
  for (let i = 0; i < times; i++) {
    result = Array.from(result)
      .map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
      .join('');
  }
  return result;
}

describe('a path', () => {
  it.each(['/', '/metrics', '/-/ready', '/api/v1/hosts/esx%202%2F%C3%BC', '/api/v1/hosts/50%25', '/a..b/.hidden/c.'])(
    'is taken: %s',
    (path) => {
      expect(pathFault(path)).toBeUndefined();
    },
  );

  it.each([1, 2, 3])('with dots is refused however it is encoded, %s times', (times) => {
    expect(pathFault(`/api/v1/${encoded('..', times)}/hosts`)).toMatch(/"\.\."/);
    expect(pathFault(`/api/v1/x${encoded('/../', times)}hosts`)).toMatch(/"\.\."/);
    expect(pathFault(`/api/v1/%2${encoded('e', 0)}${encoded('.', times)}/hosts`)).toMatch(/"\.\."/);
    expect(pathFault(`/api/v1/.${encoded('.', times)}`)).toMatch(/"\.\."/);
  });

  it.each([0, 1, 2, 3])('with a backslash or an empty part is refused, encoded %s times', (times) => {
    expect(pathFault(`/api/v1/a${encoded('\\', times)}b`)).toMatch(/backslash/);
    expect(pathFault(`/api/${encoded('/', times)}v1`)).toMatch(/empty part/);
    expect(pathFault(`/api${encoded('//', times)}v1`)).toMatch(/empty part/);
  });

  it.each(['/a%00b', '/a%0d%0ab', '/a%7f', '/%', '/%zz', '/%ff', '/%c0%ae%c0%ae/'])('is refused: %s', (path) => {
    expect(pathFault(path)).toBeDefined();
  });

  it('that is encoded without end is refused, in no time', () => {
    const began = performance.now();
    expect(pathFault(`/${'%25'.repeat(1)}${'25'.repeat(4000)}2e`)).toMatch(/over and over/);
    expect(performance.now() - began).toBeLessThan(200);
  });
});
