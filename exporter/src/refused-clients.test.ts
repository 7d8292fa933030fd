// SPDX-License-Identifier: Apache-2.0
// What is counted and told of clients refused for their certificate.

import { refusedClients } from './refused-clients.ts';

describe('clients refused for their certificate', () => {
  const stranger = { reason: 'invalid', detail: 'CERT_HAS_EXPIRED', certificate: 'CN=old' } as const;

  it('are counted and told', () => {
    const counted: string[] = [];
    const lines: unknown[][] = [];
    const tell = refusedClients({
      onRefused: ({ method, reason }) => counted.push(`${method} ${reason}`),
      logger: { warn: (...line) => lines.push(line) },
    });
    tell({ ...stranger, address: '192.0.2.1' });
    expect(counted).toEqual(['client_certificate invalid']);
    expect(lines).toEqual([
      [
        {
          event: 'auth.denied',
          method: 'client_certificate',
          reason: 'CERT_HAS_EXPIRED',
          address: '192.0.2.1',
          certificate: 'CN=old',
        },
        'a client from 192.0.2.1 was refused for its certificate: CERT_HAS_EXPIRED',
      ],
    ]);
  });

  it('are all counted in a flood, but no address fills the log, nor keeps others out of it', () => {
    let counted = 0;
    const told: unknown[] = [];
    const tell = refusedClients({
      onRefused: () => counted++,
      logger: { warn: (fields) => told.push('address' in fields && fields.address) },
      now: () => 0,
    });
    for (let i = 0; i < 100; i++) tell({ ...stranger, address: '2001:db8::1' });
    tell({ ...stranger, address: '192.0.2.1' });
    expect(counted).toBe(101);
    expect(told).toEqual([...Array.from({ length: 10 }, () => '2001:db8::1'), '192.0.2.1']);
  });
});
