// SPDX-License-Identifier: Apache-2.0

import { RemoteError, TimeoutError, TransportError } from '@vireo/libvirt';
import { PROBLEMS } from '../../contract/problems.ts';
import { ViaDaemonError } from '../../hosts/via-daemon.ts';
import { problemOfLibvirt } from './libvirt-problem.ts';

function remote(name: string, message = 'because'): RemoteError {
  const fields = {
    code: 0,
    domain: 10,
    message,
    level: 2,
    dom: null,
    str1: null,
    str2: null,
    str3: null,
    int1: 0,
    int2: 0,
    net: null,
  };
  return new RemoteError('DOMAIN_GET_XML_DESC', { number: 0, name, class: 'unknown' }, fields);
}

describe('an error of libvirt', () => {
  it.each([
    ['VIR_ERR_NO_DOMAIN', 404],
    ['VIR_ERR_OPERATION_INVALID', 409],
    ['VIR_ERR_OPERATION_TIMEOUT', 503],
    ['VIR_ERR_NO_SUPPORT', 501],
    ['VIR_ERR_OPERATION_UNSUPPORTED', 501],
    ['VIR_ERR_ARGUMENT_UNSUPPORTED', 422],
    ['VIR_ERR_CONFIG_UNSUPPORTED', 422],
    ['VIR_ERR_AGENT_UNRESPONSIVE', 504],
    ['VIR_ERR_AGENT_UNSYNCED', 504],
    ['VIR_ERR_OPERATION_DENIED', 403],
    ['VIR_ERR_ACCESS_DENIED', 403],
    ['VIR_ERR_INVALID_ARG', 400],
    ['VIR_ERR_SYSTEM_ERROR', 502],
    ['VIR_ERR_INTERNAL_ERROR', 502],
    ['VIR_ERR_OPERATION_FAILED', 502],
    ['VIR_ERR_RPC', 502],
    ['VIR_ERR_NO_CONNECT', 503],
    ['VIR_ERR_AUTH_FAILED', 503],
    ['VIR_ERR_AUTH_UNAVAILABLE', 503],
    ['VIR_ERR_OPERATION_ABORTED', 409],
    ['VIR_ERR_BLOCK_COPY_ACTIVE', 409],
    ['VIR_ERR_RESOURCE_BUSY', 409],
    ['VIR_ERR_MULTIPLE_DOMAINS', 409],
    ['VIR_ERR_9999', 502],
  ])('%s answers %s', (name, status) => {
    const problem = problemOfLibvirt(remote(name));
    expect(problem && PROBLEMS[problem.code].status).toBe(status);
    expect(problem?.message).toContain('because');
    expect(problem?.headers['Retry-After']).toBe(status === 503 ? '5' : undefined);
  });

  it('loses its secrets and its length on the way', () => {
    const problem = problemOfLibvirt(
      remote('VIR_ERR_SYSTEM_ERROR', `qemu -object secret,id=a,data=hunter2 rbd:password=hunter2 ${'x'.repeat(5000)}`),
    );
    expect(problem?.message).not.toContain('hunter2');
    expect(problem?.message.length).toBeLessThanOrEqual(500);
  });
});

it('a lost way to the daemon, and one that does not answer, are told apart', () => {
  expect(problemOfLibvirt(new TransportError('LV_CONN_REFUSED', 'no'))?.code).toBe('VIREO_HOST_LOST');
  expect(problemOfLibvirt(new ViaDaemonError('VIREO_VIA_SILENT', 'no'))?.code).toBe('VIREO_HOST_LOST');
  const call = { procedure: 'X', serial: 1, sentAt: 0, waitedMs: 10 };
  expect(problemOfLibvirt(new TimeoutError(call))?.code).toBe('VIREO_LIBVIRT_TIMEOUT');
  expect(problemOfLibvirt(new Error('ours'))).toBeUndefined();
});
