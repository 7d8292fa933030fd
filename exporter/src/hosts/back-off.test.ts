// SPDX-License-Identifier: Apache-2.0
import { backOffMs } from './back-off.ts';

describe('backOffMs', () => {
  it('doubles from one second and stops at thirty', () => {
    const middle = (attempt: number): number => backOffMs(attempt, () => 0.5);
    expect([1, 2, 3, 4, 5, 6, 7, 50].map(middle)).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  });

  it('spreads attempts by a quarter to either side', () => {
    expect(backOffMs(3, () => 0)).toBe(3000);
    expect(backOffMs(3, () => 1)).toBe(5000);
  });
});
