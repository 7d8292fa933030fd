// SPDX-License-Identifier: Apache-2.0
import { CertificateWatch } from './certificate-watch.ts';
import type { CertifiedConnection } from './certificate-watch.ts';
import type { ObservedCertificate } from './metrics/self-metrics.ts';

function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = performance.now() + 20_000;
    const look = (): void => {
      if (holds()) resolve();
      else if (performance.now() > deadline) reject(new Error('not within twenty seconds'));
      else setTimeout(look, 5);
    };
    look();
  });
}

describe('CertificateWatch', () => {
  const told: [string, readonly ObservedCertificate[]][] = [];
  let closed = 0;
  let watch: CertificateWatch;

  const connectionOf = (notAfter: number): CertifiedConnection => ({
    certificates: [{ of: 'daemon', notAfter }],
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  });

  beforeEach(() => {
    told.length = 0;
    closed = 0;
    watch = new CertificateWatch({ onCertificates: (host, seen) => told.push([host, seen]), intervalMs: 20 });
  });
  afterEach(() => watch.close());

  it('notices a renewed certificate by a connection of its own, which it closes', async () => {
    const open = (): Promise<CertifiedConnection> => {
      const renewed = connectionOf(2000);
      watch.take('kvm1', renewed, open);
      return Promise.resolve(renewed);
    };
    watch.take('kvm1', connectionOf(1000), open);
    await until(() => closed > 0);
    expect(told[0]).toEqual(['kvm1', [{ certificate: 'daemon', notAfter: 1000 }]]);
    expect(told[1]).toEqual(['kvm1', [{ certificate: 'daemon', notAfter: 2000 }]]);
  });

  it('opens nothing to a host without certificates, and goes on when a host is away', async () => {
    let asked = 0;
    let refused = 0;
    watch.take('local', { certificates: [] }, () => {
      asked += 1;
      return Promise.resolve(connectionOf(1));
    });
    watch.take('away', connectionOf(1), () => {
      refused += 1;
      return Promise.reject(new Error('refused'));
    });
    watch.take('kvm1', connectionOf(1), () => Promise.resolve(connectionOf(2)));
    await until(() => closed > 1 && refused > 1);
    expect(asked).toBe(0);
    expect(told.map(([host]) => host)).not.toContain('local');
  });

  it('gives up what it has under way when it is closed', async () => {
    let signal: AbortSignal | undefined;
    watch.take(
      'slow',
      connectionOf(1),
      (given) =>
        new Promise((_, reject) => {
          signal = given;
          given.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    );
    await until(() => signal !== undefined);
    await watch.close();
    expect(signal?.aborted).toBe(true);
  });
});
