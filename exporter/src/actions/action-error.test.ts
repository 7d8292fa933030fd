// SPDX-License-Identifier: Apache-2.0

import { RemoteError, TimeoutError, TransportError } from '@vireo/libvirt';
import { ViaDaemonError } from '../hosts/via-daemon.ts';
import { ActionError, actionErrorOf, lockHolder } from './action-error.ts';

const NO_FIELDS = {
  domain: 10,
  level: 2,
  dom: null,
  net: null,
  str1: null,
  str2: null,
  str3: null,
  int1: -1,
  int2: -1,
};

function remote(code: number, name: string, message: string, str2: string | null = null): RemoteError {
  return new RemoteError(
    'DOMAIN_REBOOT',
    { number: code, name, class: 'retry' },
    { ...NO_FIELDS, code, message, str2 },
  );
}

describe('who holds a domain', () => {
  test.each([
    // Captured from libvirtd 9.0.0 with a QEMU stopped by SIGSTOP, 24 November 2026.
    ['cannot acquire state change lock (held by monitor=remoteDispatchDomainSuspend)', 'DomainSuspend'],
    ['cannot acquire state change lock (held by agent=remoteDispatchDomainReboot)', 'DomainReboot'],
    ['cannot acquire lock (held by monitor=remoteDispatchA agent=remoteDispatchB)', 'A and B'],
    ['cannot acquire state change lock', undefined],
    [null, undefined],
  ])('of %j is %j', (str2, holder) => {
    expect(lockHolder(remote(68, 'VIR_ERR_OPERATION_TIMEOUT', 'Timed out', str2))).toBe(holder);
  });
});

test.each([
  [remote(42, 'VIR_ERR_NO_DOMAIN', 'Domain not found'), 'VIREO_DOMAIN_UNKNOWN'],
  [remote(55, 'VIR_ERR_OPERATION_INVALID', 'not running'), 'VIREO_STATE'],
  [remote(68, 'VIR_ERR_OPERATION_TIMEOUT', 'Timed out'), 'VIREO_DOMAIN_BUSY'],
  [remote(74, 'VIR_ERR_ARGUMENT_UNSUPPORTED', 'agent not configured'), 'VIREO_ARGUMENT'],
  [remote(86, 'VIR_ERR_AGENT_UNRESPONSIVE', 'agent not connected'), 'VIREO_AGENT'],
  [remote(38, 'VIR_ERR_SYSTEM_ERROR', 'reset by peer'), 'VIREO_LIBVIRT'],
  [new TransportError('LV_CONN_REFUSED', 'nobody there'), 'VIREO_HOST_LOST'],
  [new TimeoutError({ procedure: 'DOMAIN_RESET', serial: 7, sentAt: 1, waitedMs: 5000 }), 'VIREO_LIBVIRT_TIMEOUT'],
  [new ActionError('VIREO_STATE', 'paused: resume first'), 'VIREO_STATE'],
  [new ViaDaemonError('VIREO_VIA_SILENT', 'no answer'), 'VIREO_HOST_LOST'],
  [new RangeError('a mistake of ours'), 'VIREO_INTERNAL'],
])('%s is %s', (error, code) => {
  expect(actionErrorOf(error).code).toBe(code);
});

test('the paths of a URI are told, for one of them is what is missing', () => {
  const text = 'connect failed: qemu+unix:///system?socket=/run/user/1000/libvirt/libvirt-sock: no socket there';
  expect(actionErrorOf(new TransportError('LV_CONN_REFUSED', text)).message).toContain(text);
  const secret = 'connect failed: https://storage.example/?sig=/run/user/1000/libvirt/libvirt-sock';
  expect(actionErrorOf(new TransportError('LV_CONN_REFUSED', secret)).message).not.toContain('/run/user');
});

test('a daemon that quotes a password does not get it into a task or the log', () => {
  const error = remote(38, 'VIR_ERR_SYSTEM_ERROR', 'cannot open https://root:hunter2@storage.example/disk: refused');
  const { message } = actionErrorOf(error);
  expect(message).not.toContain('hunter2');
  expect(message).toContain('storage.example');
});

test.each([
  new TransportError('LV_CONN_REFUSED', 'proxy https://root:hunter2@gate.example refused'),
  new Error('no such thing: https://root:hunter2@gate.example'),
])('nor does %s of our own side', (error) => {
  const { message } = actionErrorOf(error);
  expect(message).not.toContain('hunter2');
  expect(message).toContain('gate.example');
});
